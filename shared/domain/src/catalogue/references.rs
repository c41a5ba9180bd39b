//! Where order statuses get their `reference_id`.

use super::{ContentRule, Entry};
use crate::fault::Fault;

/// Lets order statuses omit the `reference_id` if a notification has `order_details`: the order's progress remembers what it
/// sent. Otherwise a rule without the expression could never be sent, and is reported, unless a faulty notification may be the one
/// with `order_details`.
pub(super) fn link(name: &str, entries: &mut [Entry], faults: &mut Vec<Fault>) {
    let has_details = |entry: &Entry| match &entry.content {
        ContentRule::Template(rule) => rule.order_details.is_some(),
        ContentRule::OrderStatus(_) => false,
    };
    let has_all_entries = faults.is_empty();
    let is_reference_remembered = entries.iter().any(has_details);
    for entry in entries {
        let ContentRule::OrderStatus(rule) = &mut entry.content else { continue };
        rule.is_reference_remembered = is_reference_remembered;
        if rule.reference_id.is_none() && !is_reference_remembered && has_all_entries {
            faults.push(Fault::new(
                format!("{name}: [notifications.{}] reference_id", entry.name),
                "is missing, and no notification has order_details, whose reference_id would be remembered; write, for \
                 example, reference_id = \"detail.order.reference_id\"",
            ));
        }
    }
}
