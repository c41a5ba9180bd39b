//! The Studio's pages in a real browser: Chromium, driven by chromedriver.
//!
//! `cargo test --workspace` ignores these tests, because it has to work without a browser. `.ci/browser-test` installs what they
//! need and runs them.

#[cfg(test)]
mod axe;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod chromedriver;
#[cfg(test)]
mod elements;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod webdriver;
