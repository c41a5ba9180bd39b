//! Where a test runs the functions: in the test's process, or each as a separate program.
//!
//! `FUNCTIONS=programs cargo test --workspace --test it -- open_world` selects the programs, which Cargo builds as part of the
//! package `tests`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::Functions;

/// The environment variable that selects the programs. If it isn't set, the functions run in this process.
pub const FUNCTIONS: &str = "FUNCTIONS";
/// The variable's only value.
pub const PROGRAMS: &str = "programs";

const NAMES: [&str; 5] =
    ["order-notifier", "delivery-webhook", "delivery-events", "delivery-sweeper", "status-publisher"];

/// Reads the variable. Any value but [`PROGRAMS`] is an error.
pub fn chosen() -> anyhow::Result<Functions> {
    let Some(choice) = std::env::var_os(FUNCTIONS) else { return Ok(Functions::Here) };
    if choice != PROGRAMS {
        bail!("{FUNCTIONS} must be {PROGRAMS}, but is {}", choice.display());
    }
    let paths: anyhow::Result<_> = NAMES.into_iter().map(|name| Ok((name, path(name)?))).collect();
    Ok(Functions::Programs(paths?))
}

/// The path of a function's program, in the folder of this test's program.
pub fn path(function: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe().context("the path of this program can't be read")?;
    let folder = test.ancestors().nth(2).context("this program is not in a target folder")?;
    Ok(folder.join(format!("{function}-program")))
}
