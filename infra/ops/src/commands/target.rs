//! Finds the notification that an argument selects.

use shared::message::{NotificationKey, OrderNumber, Reference};
use shared::table::Table;

use crate::failure::Failure;
use crate::next::Tool;

/// Finds it by its reference, by its key and an order, or by its key alone if exactly one held notification has it.
pub(in crate::commands) async fn find(
    table: &Table,
    text: &str,
    order: Option<&str>,
    tool: &Tool,
) -> Result<Reference, Failure> {
    let order = order.map(OrderNumber::parse).transpose().map_err(Failure::usage)?;
    if let Some(reference) = Reference::parse(text) {
        return match order.filter(|order| *order != reference.order.number) {
            None => Ok(reference),
            Some(order) => Err(Failure::usage(format!(
                "the reference belongs to order {}, not to order {order}",
                reference.order
            ))),
        };
    }
    let key = NotificationKey::parse(text).map_err(Failure::usage)?;
    if let Some(order) = order {
        return Ok(Reference { order: order.into(), key });
    }
    let held = table.held().await?.into_iter().map(|open| open.what);
    only(held.filter(|reference| reference.key == key).collect(), &key, tool)
}

/// Returns the only reference; fails unless there is exactly one.
fn only(mut held: Vec<Reference>, key: &NotificationKey, tool: &Tool) -> Result<Reference, Failure> {
    match (held.pop(), held.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Failure::usage(format!("several held notifications have the key {key}"))
            .with_remedy("add --order NUMBER")),
        (None, _) => Err(Failure::not_found(format!("no notification with the key {key} is held"))
            .with_remedy(format!("list the held notifications: {}", tool.line(&["held"])))),
    }
}

pub(in crate::commands) fn unknown(reference: &Reference, tool: &Tool) -> Failure {
    let Reference { order, key } = reference;
    Failure::not_found(format!("order {order} has no notification with the key {key}"))
        .with_remedy(format!("list its notifications: {}", tool.line(&["status", order.as_str()])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Named;
    use crate::exit::Exit;

    #[test]
    fn a_key_alone_selects_the_only_held_notification_with_it() {
        let reference = |text| Reference::parse(text).unwrap();
        let key = NotificationKey::parse("k").unwrap();
        let (one, other) = (reference("notification/k/1"), reference("notification/k/2"));
        let tool = Tool::for_deployment(&Named::Environment);
        let only = |held| only(held, &key, &tool);
        assert_eq!(only(vec![one.clone()]).unwrap(), one);
        assert_eq!(only(vec![one, other]).unwrap_err().exit(), Exit::Usage);
        let unknown = only(Vec::new()).unwrap_err();
        assert_eq!(unknown.exit(), Exit::NotFound);
        assert!(unknown.remedy().unwrap().contains("ops held"));
    }
}
