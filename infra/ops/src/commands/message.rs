//! `ops message`: from a provider's message id back to the order.

use clap::Args;
use serde::Serialize;
use shared::delivery::{DeliveryFacts, DeliveryStatus, FactKind};
use shared::message::{MessageId, MessageKey};
use shared::provider::Provider;
use shared::table::{MessageImage, NotificationView, Table};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::{Output, Report, style, time};
use crate::{told, words};

/// Finds the order of a provider's message id.
///
/// Reads the table and writes nothing: the order and the notification that the message tells, what was reported under this
/// id, and the other ids of the same message. A provider also reports about messages of other applications on the same
/// number; such an id is told as nobody's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops message onemsg <MESSAGE_ID> --local")]
pub struct Arguments {
    /// onemsg, kaleyra or meta.
    provider: Provider,
    /// The message's id, as the provider writes it.
    #[arg(value_name = "ID")]
    id: String,
}

/// A message, as it is told.
#[derive(Debug, Serialize)]
struct Message {
    provider: Provider,
    id: MessageId,
    /// None where no notification of ours is known to it.
    order: Option<String>,
    notification: Option<String>,
    key: Option<String>,
    reference: Option<String>,
    /// What became of the notification, in a sentence.
    told: Option<String>,
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
    let key = MessageKey { provider: arguments.provider, id };
    let table = deployment.table()?;
    let Some(image) = table.message_image(&key).await? else {
        let provider = words::provider(key.provider);
        return Err(Failure::not_found(format!("nothing is known of this message of {provider}")).with_remedy(
            "check the provider and the id (Kaleyra's callbacks name another id than its reply); messages are kept for 90 days",
        ));
    };
    let view = notification(&table, &image).await?;
    output.show(&Message::of(image, view.as_ref(), &Tool::called_for(deployment.named())));
    Ok(Exit::Fine)
}

async fn notification(table: &Table, image: &MessageImage) -> Result<Option<NotificationView>, Failure> {
    match &image.reference {
        Some(reference) => Ok(table.notification_view(reference).await?),
        None => Ok(None),
    }
}

impl Message {
    fn of(image: MessageImage, view: Option<&NotificationView>, tool: &Tool) -> Self {
        let MessageImage { message, reference, notification, accepted_at, unconfirmed_at, facts, .. } = image;
        let aliases = view.iter().flat_map(|view| &view.record.message_ids);
        let aliases = aliases.filter(|other| other.provider == message.provider && other.id != message.id);
        let status =
            |order: &str| Next::with("all that is known of the order", [tool.line(&["status", order])]);
        Self {
            aliases: aliases.map(|other| other.id.clone()).collect(),
            order: reference.as_ref().map(|reference| reference.order.to_string()),
            notification: notification.or_else(|| view.map(|view| view.notification.clone())),
            key: reference.as_ref().map(|reference| reference.key.to_string()),
            told: view.map(|view| told::sentence(view, jiff::Timestamp::now())),
            status: facts.status(),
            next: reference.as_ref().map(|reference| status(reference.order.as_str())),
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
        let provider = words::provider(self.provider);
        let mut lines = vec![format!("Message {} of {provider}", style::strong(self.id.as_str()))];
        match &self.order {
            Some(order) => {
                let notification = self.notification.as_deref().unwrap_or("a notification");
                lines.push(format!("tells {} of order {}", style::strong(notification), style::strong(order)));
                lines.extend(self.told.iter().map(|told| format!("  {told}")));
            }
            None => lines.push(style::pending(
                "reported to us, but no notification of ours is known to it: another application's, or of a send whose reply \
                 was lost",
            )),
        }
        let mut add = |name: &str, value: String| {
            lines.push(format!("  {}  {value}", style::weak(format!("{name:<11}"))));
        };
        if let Some(at) = self.accepted_at {
            add("accepted", time(at));
        }
        for kind in FactKind::ALL {
            let Some(at) = self.facts.at(kind) else { continue };
            let why = self.facts.failure.as_ref().filter(|_| kind == FactKind::Failed).map(told::failure);
            add(kind.name(), why.map_or_else(|| time(at), |why| format!("{}: {why}", time(at))));
        }
        if let Some(at) = self.unconfirmed_at {
            add(
                "unconfirmed",
                format!("{}: {provider} was asked for the last time, and could not tell", time(at)),
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
    use shared::message::Reference;

    use super::*;
    use crate::deployment::Named;

    fn told(reference: Option<&str>) -> String {
        let mut facts = DeliveryFacts::default();
        facts.add(FactKind::Sent, Timestamp::constant(1_795_165_200, 0), None);
        let image = MessageImage {
            message: MessageKey { provider: Provider::Kaleyra, id: MessageId::parse("id-1").unwrap() },
            reference: reference.map(|text| Reference::parse(text).unwrap()),
            notification: None,
            accepted_at: None,
            unconfirmed_at: None,
            facts,
            aliased: std::collections::BTreeSet::new(),
        };
        Message::of(image, None, &Tool::called_for(&Named::Environment)).text()
    }

    #[test]
    fn a_message_is_its_orders_or_nobodys() {
        let ours = told(Some("notification/k/10482"));
        assert!(ours.contains("of order") && ours.contains("ops status 10482"), "{ours}");
        let nobodys = told(None);
        assert!(nobodys.contains("no notification of ours is known to it"), "{nobodys}");
        assert!(nobodys.contains("2026-11-20 09:00:00 UTC") && !nobodys.contains("ops status"), "{nobodys}");
    }
}
