//! The messages that the simulated providers and AWS's services have accepted.

use std::collections::{BTreeMap, BTreeSet};

use shared::delivery::FactKind;
use shared::message::{MessageId, MessageKey, Reference};
use shared::provider::Provider;
use shared::providers::aws::reference_tag;
use simulator::aws::{AwsLedger, AwsSend, AwsService, AwsTrouble};
use simulator::{AcceptedSend, CallbackAnswer, Course, Intake, Reply, behaviour};

use super::evidence::{CallbackEnd, CallbackSeen, Planned, ReplySeen, SendSeen};
use crate::Local;
use crate::truth::{fact_kind, order_of, simulated};

/// The messages that the WhatsApp providers have accepted.
pub(super) fn sends(local: &Local, planned: &Planned) -> Vec<SendSeen> {
    let events = &planned.events;
    let known: BTreeSet<&str> = events.iter().filter_map(|event| event.due.notification()).collect();
    let by_order: BTreeMap<&str, &str> = events
        .iter()
        .filter(|event| event.status.is_none())
        .filter_map(|event| Some((event.order.as_str(), event.due.notification()?)))
        .collect();
    let ledger = local.simulator().ledger();
    ledger
        .accepted
        .iter()
        .filter_map(|send| {
            let echoed = send.message.echo.key().map(|key| planned.first_reference(key));
            let echoed = echoed.filter(|key| known.contains(key));
            let notification = echoed.or_else(|| by_order.get(order_of(send)?).copied());
            seen(send, notification.map(str::to_owned))
        })
        .collect()
}

/// None only if the simulator's own id is invalid.
fn seen(send: &AcceptedSend, notification: Option<String>) -> Option<SendSeen> {
    let provider = Provider::WITH_WEBHOOK.into_iter().find(|it| simulated(*it) == send.message.provider)?;
    let key = |id: &str| Some(MessageKey { provider, id: MessageId::parse(id).ok()? });
    let behaviour = behaviour(send.message.recipient.digits(), send.message.provider);
    let callbacks = send.callbacks.iter().filter_map(|callback| {
        let end = match callback.answer {
            CallbackAnswer::Status(200..=299) => CallbackEnd::Taken,
            CallbackAnswer::Status(_) | CallbackAnswer::TimedOut | CallbackAnswer::Unreachable => {
                CallbackEnd::GivenUp
            }
            CallbackAnswer::NotPosted => return None,
        };
        Some(CallbackSeen { kind: fact_kind(callback.status)?, end, tries: callback.tries })
    });
    Some(SendSeen {
        provider,
        notification,
        message: key(&send.ids.wamid)?,
        ids: [&send.ids.reply, &send.ids.wamid, &send.ids.status]
            .into_iter()
            .filter_map(|id| key(id))
            .collect(),
        at: send.at,
        language: send.message.template.language.clone(),
        reaches_the_customer: send.reaches_the_customer(),
        reply: reply(behaviour.intake),
        polled: match provider {
            Provider::OneMsg => happens(behaviour.course).iter().copied().collect(),
            _ => BTreeSet::new(),
        },
        callbacks: callbacks.collect(),
    })
}

/// The accepted text messages and e-mails.
pub(super) fn sends_of_aws(local: &Local, planned: &Planned) -> Vec<SendSeen> {
    let known: BTreeSet<&str> = planned
        .events
        .iter()
        .filter_map(|event| event.fallback.as_ref())
        .flat_map(|fallback| fallback.channels.iter().map(|channel| channel.reference.as_str()))
        .collect();
    let AwsLedger { accepted, reports, .. } = local.simulator().aws_ledger();
    let mut by_message: BTreeMap<&str, Vec<CallbackSeen>> = BTreeMap::new();
    for report in &reports {
        let kind = fact_kind(report.status);
        let seen = kind.map(|kind| CallbackSeen { kind, end: CallbackEnd::Taken, tries: 1 });
        by_message.entry(&report.message_id).or_default().extend(seen);
    }
    let seen = |send: &AwsSend| {
        let provider = match send.service {
            AwsService::Sms => Provider::AwsSms,
            AwsService::Email => Provider::AwsEmail,
            AwsService::WhatsApp => Provider::AwsWhatsApp,
        };
        let reference = send.reference.as_deref().and_then(|text| {
            Reference::parse(text).or_else(|| reference_tag::decode(text)).map(|it| it.to_string())
        });
        let notification = reference.map(|reference| planned.first_reference(&reference).to_owned());
        let trouble = AwsTrouble::of_recipient(send.service, &send.recipient);
        let message = MessageKey { provider, id: MessageId::parse(&send.message_id).ok()? };
        Some(SendSeen {
            provider,
            notification: notification.filter(|reference| known.contains(reference.as_str())),
            ids: BTreeSet::from([message.clone()]),
            message,
            at: send.at,
            language: String::new(),
            reaches_the_customer: trouble.is_none_or(AwsTrouble::may_reach_the_customer),
            reply: match trouble {
                Some(AwsTrouble::AcceptedInSilence) => ReplySeen::Lost,
                _ => ReplySeen::Complete,
            },
            polled: BTreeSet::new(),
            callbacks: by_message.get(send.message_id.as_str()).cloned().unwrap_or_default(),
        })
    };
    accepted.iter().filter_map(seen).collect()
}

fn happens(course: Course) -> &'static [FactKind] {
    match course {
        Course::Read => &[FactKind::Sent, FactKind::Delivered, FactKind::Read],
        Course::Delivered => &[FactKind::Sent, FactKind::Delivered],
        Course::ReadWithoutDelivered => &[FactKind::Sent, FactKind::Read],
        Course::FailedAfterSent => &[FactKind::Sent, FactKind::Failed],
        Course::FailedAtOnce => &[FactKind::Failed],
        Course::FailedThenDelivered => &[FactKind::Sent, FactKind::Failed, FactKind::Delivered],
    }
}

fn reply(intake: Intake) -> ReplySeen {
    match intake {
        Intake::Accept(Reply::WithoutId) => ReplySeen::WithoutId,
        Intake::Accept(Reply::CutOff | Reply::Unreadable | Reply::Hang | Reply::Reset | Reply::Queued) => {
            ReplySeen::Lost
        }
        _ => ReplySeen::Complete,
    }
}
