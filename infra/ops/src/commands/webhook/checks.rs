//! Formats the checks of the webhook.

use crate::output::style;
use crate::webhook_probe::Check;

/// One line for each check.
pub(super) fn text(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let judged = if check.is_passed() {
            style::good("as expected")
        } else {
            style::bad(format!("but expected {}", check.expected))
        };
        format!("  {}: {}, {judged}", check.tried, check.found)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn passed(checks: &[Check]) -> bool {
    checks.iter().all(Check::is_passed)
}
