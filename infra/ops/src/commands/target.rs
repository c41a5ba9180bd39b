//! Finds the notification that an argument selects.

use shared::message::{NotificationKey, OrderId, OrderNumber, Reference, Sender};
use shared::table::Table;

use crate::failure::Failure;
use crate::next::Tool;
use crate::order_id;

/// The order that the command line names beside a notification.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Order<'a> {
    /// `--order`.
    pub(in crate::commands) number: Option<&'a str>,
    /// `--sender`.
    pub(in crate::commands) sender: Option<&'a Sender>,
}

/// Finds it by its reference, by its key and an order, or by its key alone if exactly one held notification has it.
pub(in crate::commands) async fn find(
    table: &Table,
    text: &str,
    Order { number, sender }: Order<'_>,
    tool: &Tool,
) -> Result<Reference, Failure> {
    let number = number.map(OrderNumber::parse).transpose().map_err(Failure::usage)?;
    if let Some(reference) = Reference::parse(text) {
        return consistent(reference, number, sender);
    }
    let key = NotificationKey::parse(text).map_err(Failure::usage)?;
    if let Some(number) = number {
        return Ok(Reference { order: OrderId { sender: sender.cloned(), number }, key });
    }
    let held = table.held().await?.into_iter().map(|open| open.what);
    let is_senders = |reference: &Reference| sender.is_none() || reference.order.sender.as_ref() == sender;
    only(held.filter(|reference| reference.key == key && is_senders(reference)).collect(), &key, tool)
}

/// The reference, unless the options name another order or another sender.
fn consistent(
    reference: Reference,
    number: Option<OrderNumber>,
    sender: Option<&Sender>,
) -> Result<Reference, Failure> {
    let own = &reference.order;
    if let Some(number) = number.filter(|number| *number != own.number) {
        return Err(Failure::usage(format!("the reference belongs to order {own}, not to order {number}")));
    }
    if let Some(sender) = sender.filter(|sender| own.sender.as_ref() != Some(sender)) {
        let owner = own.sender.as_ref().map_or_else(|| "the default sender".to_owned(), Sender::to_string);
        return Err(Failure::usage(format!("the reference belongs to an order of {owner}, not of {sender}"))
            .with_remedy("omit --sender: a reference contains its sender"));
    }
    Ok(reference)
}

/// Returns the only reference; fails unless there is exactly one.
fn only(mut held: Vec<Reference>, key: &NotificationKey, tool: &Tool) -> Result<Reference, Failure> {
    let is_any_named = held.iter().any(|reference| reference.order.sender.is_some());
    match (held.pop(), held.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Failure::usage(format!("several held notifications have the key {key}"))
            .with_remedy(if is_any_named {
                "name one by its reference, or add --order NUMBER and --sender NAME"
            } else {
                "add --order NUMBER"
            })),
        (None, _) => Err(Failure::not_found(format!("no notification with the key {key} is held"))
            .with_remedy(format!("list the held notifications: {}", tool.line(&["held"])))),
    }
}

pub(in crate::commands) fn unknown(reference: &Reference, tool: &Tool) -> Failure {
    let Reference { order, key } = reference;
    Failure::not_found(format!("order {} has no notification with the key {key}", order_id::plain(order)))
        .with_remedy(format!("list its notifications: {}", tool.status(order)))
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
        let of_acme =
            only(vec![reference("notification/k/1"), reference("notification:acme/k/1")]).unwrap_err();
        assert!(of_acme.remedy().unwrap().contains("--sender NAME"));
    }

    #[test]
    fn options_that_contradict_the_reference_are_usage_errors() {
        let reference = || Reference::parse("notification:acme/k/1").unwrap();
        let number = |text| Some(OrderNumber::parse(text).unwrap());
        let (acme, beta) = (Sender::parse("acme").unwrap(), Sender::parse("beta").unwrap());
        assert_eq!(consistent(reference(), number("1"), Some(&acme)).unwrap(), reference());
        assert_eq!(consistent(reference(), None, None).unwrap(), reference());
        for (number, sender, said) in [
            (number("2"), None, "belongs to order 1, not to order 2"),
            (None, Some(&beta), "belongs to an order of acme, not of beta"),
        ] {
            let failure = consistent(reference(), number, sender).unwrap_err();
            assert!(failure.exit() == Exit::Usage && failure.problem().contains(said), "{failure:?}");
        }
        let of_default =
            consistent(Reference::parse("notification/k/1").unwrap(), None, Some(&beta)).unwrap_err();
        assert!(of_default.problem().contains("of the default sender, not of beta"), "{of_default:?}");
    }
}
