//! Decides about a send that a provider finds valid: accepts it into the ledger, or refuses it as its recipient's magic
//! number requires.

use std::sync::Arc;
use std::time::SystemTime;

use super::behaviour::{Behaviour, Course, Intake, Posting, Reply};
use super::callbacks;
use super::facts::{self, Fact, Report};
use super::ids::Ids;
use super::ledger::AcceptedSend;
use super::magic;
use super::message::{Content, Message};
use super::outcome::{Outcome, Refusal};
use super::provider::Provider;
use super::whatsapp::{self, ErrorKind, WhatsAppError};
use super::world::World;

/// Decides about one send. `found` is WhatsApp's objection: a provider that checks with WhatsApp first has refused by
/// then, and Kaleyra learns of it after it has accepted.
pub(super) async fn take(
    world: &Arc<World>,
    sender: Option<&str>,
    message: Message,
    found: Option<WhatsAppError>,
) -> Outcome {
    if let Some(reply) = world.strange.as_ref().and_then(|open| open.refusal(&message)) {
        return Outcome::RefusedInAnotherWay(reply);
    }
    let behaviour = magic::behaviour(message.recipient.digits(), message.provider);
    match world.switches.intake(sender, &message, behaviour.intake) {
        Intake::Accept(reply) => accept(world, sender, message, behaviour, found, reply).await,
        Intake::ThrottleOnce | Intake::ThrottleAlways => Outcome::Refused(Refusal::Throttled),
        Intake::RefuseCredentialsOnce | Intake::RefuseCredentialsAlways => {
            Outcome::Refused(Refusal::Credentials)
        }
        Intake::NotOnWhatsApp => {
            let error = ErrorKind::NOT_ON_WHATSAPP.about("Message Undeliverable.");
            refuse(world, sender, message, behaviour, error).await
        }
        Intake::TemplateStopped => {
            let error = ErrorKind::TEMPLATE_PAUSED.about("Template is paused due to low quality");
            refuse(world, sender, message, behaviour, error).await
        }
        Intake::AccountTrouble | Intake::AccountTroubleExceptAtMeta => Outcome::Refused(Refusal::Account),
        Intake::ServerError => Outcome::ServerError,
        Intake::Redirect => Outcome::Redirect,
        Intake::Hang => Outcome::Hang,
    }
}

async fn refuse(
    world: &Arc<World>,
    sender: Option<&str>,
    message: Message,
    behaviour: Behaviour,
    error: WhatsAppError,
) -> Outcome {
    match message.provider {
        Provider::Kaleyra => accept(world, sender, message, behaviour, Some(error), Reply::Complete).await,
        Provider::OneMsg | Provider::Meta => Outcome::Refused(Refusal::WhatsApp(error)),
    }
}

async fn accept(
    world: &Arc<World>,
    sender: Option<&str>,
    message: Message,
    behaviour: Behaviour,
    found: Option<WhatsAppError>,
    reply: Reply,
) -> Outcome {
    // Seed 004: a provider that has accepted an invalid transition reports the message as failed.
    let found = match found {
        Some(error) => Some(Report::NotSent(error)),
        None => match (order_progress(world, sender, &message, behaviour.course), message.provider) {
            (Ok(()), _) => whatsapp::broken_link(&message.template).map(Report::Failed),
            (Err(error), Provider::Kaleyra) => Some(Report::Failed(error)),
            (Err(error), Provider::OneMsg | Provider::Meta) => {
                return Outcome::Refused(Refusal::WhatsApp(error));
            }
        },
    };
    let scale = world.switches.scale();
    let course = match found {
        Some(report) => facts::found_later(report, scale),
        None => facts::facts(behaviour.course, behaviour.posting, scale),
    };
    let ids = Ids::draw(message.provider, &message.recipient);
    let accepted = AcceptedSend {
        sender: sender.map(str::to_owned),
        message,
        ids: ids.clone(),
        at: SystemTime::now(),
        callbacks: Vec::new(),
        facts: dated(&course),
    };
    let (number, send) = world.accepted(accepted);
    let postings = facts::postings(&course, behaviour.posting);
    // A separate task, so that a disconnected caller doesn't cancel the callbacks.
    let posting = tokio::spawn(callbacks::post_all(Arc::clone(world), number, send, postings));
    if behaviour.posting == Posting::BeforeReply {
        let _ = posting.await;
    }
    match reply {
        Reply::Complete => Outcome::Accepted(ids),
        Reply::WithoutId => Outcome::AcceptedWithoutId,
        Reply::Queued => Outcome::Queued,
        Reply::CutOff => Outcome::CutOff(ids),
        Reply::Unreadable => Outcome::Unreadable(ids),
        Reply::Hang => Outcome::AcceptedInSilence,
        Reply::Reset => Outcome::Reset,
    }
}

/// A status that never reaches the customer doesn't advance the order, and an order that never does isn't introduced.
fn order_progress(
    world: &World,
    sender: Option<&str>,
    message: &Message,
    course: Course,
) -> Result<(), WhatsAppError> {
    let mut orders = world.orders(sender);
    let fails = matches!(course, Course::FailedAfterSent | Course::FailedAtOnce);
    if let Some(details) = message.template.order_details().filter(|_| !fails) {
        orders.introduce(message.provider, details)?;
    }
    let Content::OrderStatus(status) = &message.template.content else { return Ok(()) };
    orders.permits(message.provider, status)?;
    if !fails {
        orders.reach(message.provider, status);
    }
    Ok(())
}

fn dated(course: &[Fact]) -> Vec<(Report, SystemTime)> {
    let now = SystemTime::now();
    course.iter().map(|fact| (fact.report.clone(), now + fact.after)).collect()
}
