//! The checks of our own webhook, for display.

use crate::our_webhook::Check;
use crate::output::style;

/// One line for each check.
pub(super) fn text(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let judged = if check.is_passed() {
            style::good("as it should be")
        } else {
            style::bad(format!("and should be {}", check.expected))
        };
        format!("  {}: {}, {judged}", check.tried, check.found)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Whether all checks passed.
pub(super) fn passed(checks: &[Check]) -> bool {
    checks.iter().all(Check::is_passed)
}
