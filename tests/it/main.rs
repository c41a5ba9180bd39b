//! End-to-end suites.

#[cfg(test)]
mod readme;
#[cfg(test)]
mod template;
