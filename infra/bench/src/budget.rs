//! The budget in `infra/bench/budget.toml`: the maximum size of a function, and the maximum number of requests of a
//! message.
//!
//! Sizes are of the x86-64 build. `tests/requests` counts the requests and reads the same file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::figures::megabytes;
use crate::measure::sizes::Size;

const BUDGET: &str = include_str!("../budget.toml");
/// The shop's catalogue, which is built into order-notifier as it is: its bytes aren't the program's.
const CATALOGUE: &str = include_str!("../../../notifications.toml");
/// The function that has it.
const HAS_THE_CATALOGUE: &str = "OrderNotifier";

/// The maximum sizes of all programs.
#[derive(Debug, Clone, Deserialize)]
struct Budget {
    /// By the function's name in the template.
    sizes: BTreeMap<String, SizeBudget>,
}

/// The maximum sizes of one function's program.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeBudget {
    /// The binary, in bytes.
    binary: u64,
    /// The zip, in bytes.
    zip: u64,
}

impl Budget {
    fn read() -> anyhow::Result<Self> {
        toml::from_str(BUDGET).context("infra/bench/budget.toml can't be parsed")
    }
}

/// Prints the size of every function in this output folder of `sam build`. Fails if a function exceeds its budget, is
/// missing, or has no budget.
pub fn check_sizes(folder: &Path) -> anyhow::Result<String> {
    let budget = Budget::read()?.sizes;
    let mut faults = Vec::new();
    let mut lines = Vec::new();
    for (function, allowed) in &budget {
        let mut size = Size::measure(&folder.join(function).join("bootstrap"))?;
        if function == HAS_THE_CATALOGUE {
            size = size.without(CATALOGUE)?;
        }
        for (what, bytes, limit) in
            [("binary", size.binary_bytes, allowed.binary), ("zip", size.zip_bytes, allowed.zip)]
        {
            let (actual, maximum) = (megabytes(bytes), megabytes(limit));
            lines.push(format!("{function}: {what} {actual:.2} MB of {maximum:.2} MB"));
            if bytes > limit {
                faults.push(format!("{function}'s {what} has {bytes} bytes, {} too many", bytes - limit));
            }
        }
    }
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if folder.join(&name).join("bootstrap").exists() && !budget.contains_key(&name) {
            faults.push(format!("{name} has no budget"));
        }
    }
    if !faults.is_empty() {
        bail!("{}\nover infra/bench/budget.toml:\n{}", lines.join("\n"), faults.join("\n"));
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_names_every_function() {
        let budget = Budget::read().unwrap();
        let functions: Vec<&str> = budget.sizes.keys().map(String::as_str).collect();
        assert_eq!(
            functions,
            ["DeliveryEvents", "DeliverySweeper", "DeliveryWebhook", "OrderNotifier", "StatusPublisher"]
        );
    }

    #[test]
    fn the_error_names_functions_that_are_too_large_or_have_no_budget() {
        let folder = std::env::temp_dir().join(format!("bench-budget-{}", std::process::id()));
        let budget = Budget::read().unwrap().sizes;
        for (function, allowed) in &budget {
            std::fs::create_dir_all(folder.join(function)).unwrap();
            let file = std::fs::File::create(folder.join(function).join("bootstrap")).unwrap();
            let too_many = allowed.binary + u64::try_from(CATALOGUE.len()).unwrap() + 1;
            file.set_len(if function == HAS_THE_CATALOGUE { too_many } else { 1 }).unwrap();
        }
        let error = check_sizes(&folder).unwrap_err().to_string();
        assert!(error.contains("OrderNotifier's binary has") && error.contains(", 1 too many"), "{error}");
        assert!(!error.contains("DeliveryWebhook's"), "{error}");
        std::fs::create_dir_all(folder.join("Another")).unwrap();
        std::fs::write(folder.join("Another/bootstrap"), "x").unwrap();
        assert!(check_sizes(&folder).unwrap_err().to_string().contains("Another has no budget"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
