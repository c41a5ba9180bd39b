//! End-to-end suites.

mod template;
