//! `ops message`: finds the order of a provider's message id.

use clap::Args;
use serde::Serialize;
use shared::delivery::{DeliveryFacts, DeliveryStatus};
use shared::message::{MessageId, MessageKey, OrderId};
use shared::protocol::Record;
use shared::provider::Provider;
use shared::table::{MessageRow, NotificationRow, ProviderAnswer, Table};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::order_id;
use crate::outcome;
use crate::output::{Output, Report, style, time};
use crate::provider_name::ProviderName;

/// Finds the order of a provider's message id.
///
/// Shows the message's order and notification, its delivery reports, and its other ids. Providers also report about messages
/// that other applications send from the same number; these have no order. Only reads the table.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops message onemsg <MESSAGE_ID> --local")]
pub struct Arguments {
    /// The provider that assigned the id.
    provider: ProviderName,
    /// The message's id, as the provider writes it.
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Debug, Serialize)]
struct Message {
    provider: Provider,
    id: MessageId,
    /// None if the message belongs to no notification.
    #[serde(flatten, serialize_with = "order_id::serialize_known")]
    order: Option<OrderId>,
    notification: Option<String>,
    key: Option<String>,
    reference: Option<String>,
    summary: Option<String>,
    /// The number of requests to providers; none if that is unknown.
    requests: Option<u32>,
    /// The answers of the providers that did not accept the notification, the earliest first.
    answers: Vec<ProviderAnswer>,
    status: DeliveryStatus,
    accepted_at: Option<jiff::Timestamp>,
    unconfirmed_at: Option<jiff::Timestamp>,
    #[serde(flatten)]
    facts: DeliveryFacts,
    aliases: Vec<MessageId>,
    next: Option<Next>,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let id = MessageId::parse(&arguments.id).map_err(Failure::usage)?;
    let key = MessageKey { provider: arguments.provider.into(), id };
    let (table, tool) = (deployment.table()?, Tool::for_deployment(deployment.named()));
    let Some(image) = table.message(&key).await? else {
        let owner = find_other_provider(&table, &key).await?;
        return Err(unknown(&key, owner, &tool));
    };
    let view = notification(&table, &image).await?;
    output.show(&Message::new(image, view.as_ref(), &tool));
    Ok(Exit::Fine)
}

/// Another provider that has a message with this id: 1MSG and Meta both use WhatsApp's own ids.
async fn find_other_provider(table: &Table, key: &MessageKey) -> Result<Option<Provider>, Failure> {
    for provider in Provider::ALL.into_iter().filter(|provider| *provider != key.provider) {
        if table.message(&MessageKey { provider, id: key.id.clone() }).await?.is_some() {
            return Ok(Some(provider));
        }
    }
    Ok(None)
}

fn unknown(key: &MessageKey, owner: Option<Provider>, tool: &Tool) -> Failure {
    let provider = key.provider.title();
    match owner {
        Some(owner) => {
            let owners = owner.title();
            Failure::not_found(format!("this is a message of {owners}, not of {provider}"))
                .with_remedy(tool.line(&["message", owner.name(), key.id.as_str()]))
        }
        None => Failure::not_found(format!("no message of {provider} or another provider has this id"))
            .with_remedy("check the id (Kaleyra uses different ids in its reply and its callbacks); messages are stored for 90 days"),
    }
}

async fn notification(table: &Table, image: &MessageRow) -> Result<Option<NotificationRow>, Failure> {
    match &image.reference {
        Some(reference) => Ok(table.notification_row(reference).await?),
        None => Ok(None),
    }
}

/// Whether all ids of a notification belong to one message: it was sent only once, and Kaleyra's reports use other ids
/// than its reply.
fn has_one_message(record: &Record) -> bool {
    record.resent.is_empty() && !record.resend_spent && record.provider == Some(Provider::Kaleyra)
}

impl Message {
    fn new(image: MessageRow, view: Option<&NotificationRow>, tool: &Tool) -> Self {
        let MessageRow { message, reference, notification, accepted_at, unconfirmed_at, facts, .. } = image;
        // Reports with our reference are in the notification's item, under one id of the message.
        let own = view.and_then(|view| view.messages.iter().find(|it| it.message == message));
        let own = own.map_or(facts, |own| own.facts.clone());
        let facts = match view {
            Some(view) if own == DeliveryFacts::default() && has_one_message(&view.record) => view.facts(),
            _ => own,
        };
        let aliases = view.iter().flat_map(|view| &view.record.message_ids);
        let aliases = aliases.filter(|other| other.provider == message.provider && other.id != message.id);
        let status = |order: &OrderId| Next::with("show the whole order", [tool.status(order)]);
        Self {
            aliases: aliases.map(|other| other.id.clone()).collect(),
            order: reference.as_ref().map(|reference| reference.order.clone()),
            notification: notification.or_else(|| view.map(|view| view.notification.clone())),
            key: reference.as_ref().map(|reference| reference.key.to_string()),
            summary: view.map(|view| outcome::summary(view, jiff::Timestamp::now())),
            requests: view.and_then(|view| view.requests),
            answers: view.map(|view| view.answers.clone()).unwrap_or_default(),
            status: facts.status(),
            next: reference.as_ref().map(|reference| status(&reference.order)),
            reference: reference.map(|reference| reference.to_string()),
            provider: message.provider,
            id: message.id,
            accepted_at,
            unconfirmed_at,
            facts,
        }
    }
}

impl Report for Message {
    fn text(&self) -> String {
        let provider = self.provider.title();
        let mut lines = vec![format!("Message {} of {provider}", style::strong(self.id.as_str()))];
        match &self.order {
            Some(order) => {
                let notification = self.notification.as_deref().unwrap_or("a notification");
                lines.push(format!("belongs to {} of order {}", style::strong(notification), order_id::shown(order)));
                lines.extend(self.summary.iter().map(|summary| format!("  {summary}")));
            }
            None => lines.push(style::pending(
                "belongs to no notification: it was sent by another application, or by a request whose reply was lost",
            )),
        }
        let mut add = |name: &str, value: String| {
            lines.push(format!("  {}  {value}", style::weak(format!("{name:<11}"))));
        };
        for answer in outcome::answers(&self.answers) {
            add("answer", answer);
        }
        for (name, when) in outcome::times(self.accepted_at, &self.facts) {
            add(name, when);
        }
        if let Some(at) = self.unconfirmed_at {
            add(
                "unconfirmed",
                format!("{}: {provider} did not know the delivery status at the last poll", time(at)),
            );
        }
        for alias in &self.aliases {
            add("also", alias.as_str().to_owned());
        }
        if let Some(reference) = &self.reference {
            add("reference", reference.clone());
        }
        lines.extend(self.next.iter().flat_map(Next::lines));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::delivery::FactKind;
    use shared::message::Reference;

    use super::*;
    use crate::deployment::Named;

    fn text(reference: Option<&str>) -> String {
        let mut facts = DeliveryFacts::default();
        facts.add(FactKind::Sent, Timestamp::constant(1_795_165_200, 0), None);
        let message = MessageKey { provider: Provider::Kaleyra, id: MessageId::parse("id-1").unwrap() };
        let reference = reference.map(|text| Reference::parse(text).unwrap());
        let image = MessageRow { reference, facts, ..MessageRow::new(message) };
        Message::new(image, None, &Tool::for_deployment(&Named::Environment)).text()
    }

    #[test]
    fn an_id_of_another_provider_is_reported_with_that_provider() {
        let key = MessageKey { provider: Provider::Meta, id: MessageId::parse("id-1").unwrap() };
        let tool = Tool::for_deployment(&Named::Environment);
        let others = unknown(&key, Some(Provider::OneMsg), &tool);
        assert_eq!(others.exit(), Exit::NotFound);
        assert_eq!(others.problem(), "this is a message of 1MSG, not of Meta");
        assert_eq!(others.remedy(), Some("ops message onemsg id-1"));
        assert!(unknown(&key, None, &tool).problem().contains("or another provider has this id"));
    }

    #[test]
    fn only_an_assigned_message_has_an_order() {
        let ours = text(Some("notification/k/10482"));
        assert!(ours.contains("of order") && ours.contains("ops status 10482"), "{ours}");
        let unassigned = text(None);
        assert!(unassigned.contains("belongs to no notification"), "{unassigned}");
        assert!(
            unassigned.contains("2026-11-20 09:00:00 UTC") && !unassigned.contains("ops status"),
            "{unassigned}"
        );
    }
}
