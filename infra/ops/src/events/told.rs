//! The faults of an event, for display.

use shared::fault::Faults;

use super::Near;
use crate::output::style;

/// Each fault on a line with its place.
pub fn faults(faults: &Faults) -> String {
    let lines = faults.iter().map(|fault| format!("  {}: {}\n", style::strong(&fault.place), fault.problem));
    lines.collect::<Vec<_>>().concat()
}

/// Each similar entry on a line with its differences.
pub fn nearest(nearest: &[Near]) -> String {
    let line =
        |near: &Near| format!("  {}: {}\n", style::strong(&near.notification), near.differs.join("; "));
    nearest.iter().map(line).collect::<Vec<_>>().concat()
}
