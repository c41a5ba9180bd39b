//! The providers' wire formats and their HTTP client.
