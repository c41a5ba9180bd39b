//! Formats faults and similar entries for text reports.

use shared::fault::Faults;

use super::Near;
use crate::output::style;

/// One line for each fault.
pub fn faults(faults: &Faults) -> String {
    let lines = faults.iter().map(|fault| format!("  {}: {}\n", style::strong(&fault.place), fault.problem));
    lines.collect::<Vec<_>>().concat()
}

/// One line for each similar entry, with its differences from the event.
pub fn nearest(nearest: &[Near]) -> String {
    let line =
        |near: &Near| format!("  {}: {}\n", style::strong(&near.notification), near.differs.join("; "));
    nearest.iter().map(line).collect::<Vec<_>>().concat()
}
