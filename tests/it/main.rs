//! End-to-end suites.

#[cfg(test)]
mod template;
