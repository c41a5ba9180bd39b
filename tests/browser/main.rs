//! The Studio's pages in a real browser: Chromium, driven by chromedriver.
//!
//! `cargo test --workspace` ignores these tests, because it has to work without a browser. `.ci/browser-test` installs what they
//! need and runs them.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test program")]

mod axe;
mod browser;
mod chromedriver;
mod elements;
mod keyboard;
mod picture;
mod site;
mod stories;
mod webdriver;
