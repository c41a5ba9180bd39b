//! Small hashable forms of the table's records, with times in ticks. They omit the reason's text, which no decision
//! reads.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use shared::message::{MessageId, MessageKey};
use shared::protocol::{ClaimToken, Progress, Record, State, Step};
use shared::provider::Provider;

/// The model's unit of time: 30 s, the protocol's first wait.
pub(crate) type Tick = u8;

pub(crate) const TICK_SECONDS: u32 = 30;
const EPOCH: i64 = 1_780_000_000;

pub(crate) fn at(tick: Tick) -> Timestamp {
    Timestamp::from_second(EPOCH + i64::from(tick) * i64::from(TICK_SECONDS)).unwrap()
}

pub(crate) fn tick(at: Timestamp) -> Tick {
    let since = at.duration_since(Timestamp::from_second(EPOCH).unwrap());
    let ticks = since.as_secs() / i64::from(TICK_SECONDS);
    assert_eq!(SignedDuration::from_secs(ticks * i64::from(TICK_SECONDS)), since, "a time between two ticks");
    // The model never reaches a time beyond its end.
    Tick::try_from(ticks).unwrap_or(Tick::MAX)
}

/// The message of an attempt. Attempt and provider identify it, because an attempt is accepted at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) attempt: u8,
    pub(crate) provider: Provider,
}

impl Message {
    pub(crate) fn bit(self) -> u32 {
        1 << (usize::from(self.attempt) * Provider::WITH_WEBHOOK.len() + index(self.provider))
    }

    pub(crate) fn id(self) -> MessageId {
        MessageId::parse(&self.attempt.to_string()).unwrap()
    }
}

fn index(provider: Provider) -> usize {
    Provider::WITH_WEBHOOK.iter().position(|it| *it == provider).unwrap()
}

/// A notification's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CompactRecord {
    pub(crate) state: State,
    pub(crate) attempt: u8,
    pub(crate) provider: Option<Provider>,
    pub(crate) token: Option<u8>,
    pub(crate) unclear: bool,
    pub(crate) resend_spent: bool,
    /// A bit for each provider.
    pub(crate) refused: u8,
    pub(crate) mendable: bool,
    pub(crate) rounds: u8,
    pub(crate) unrecognised_rounds: u8,
    pub(crate) due: Option<Tick>,
    /// A bit for each message.
    pub(crate) ids: u32,
    /// A bit for each message whose id came in a reply.
    pub(crate) replies: u32,
    /// The index of its fingerprint in [`FINGERPRINTS`].
    pub(crate) content: u8,
}

/// The fingerprint of the catalogue's content, before and after its change.
pub(crate) const FINGERPRINTS: [&str; 2] = ["f", "g"];

impl From<CompactRecord> for Record {
    fn from(record: CompactRecord) -> Self {
        let refused = Provider::WITH_WEBHOOK.into_iter().filter(|it| record.refused & (1 << index(*it)) != 0);
        let attempts = (1..=record.attempt).flat_map(|attempt| {
            Provider::WITH_WEBHOOK.into_iter().map(move |provider| Message { attempt, provider })
        });
        let messages: Vec<Message> = attempts.collect();
        let those = |bits: u32| {
            let those = messages.iter().filter(move |it| bits & it.bit() != 0);
            those.map(|it| MessageKey { provider: it.provider, id: it.id() }).collect()
        };
        Self {
            state: record.state,
            attempt: u32::from(record.attempt),
            provider: record.provider,
            token: record.token.map(|token| ClaimToken(u64::from(token))),
            unclear: record.unclear,
            resend_spent: record.resend_spent,
            refused_by: refused.collect(),
            mendable: record.mendable,
            rounds: u32::from(record.rounds),
            unrecognised_rounds: u32::from(record.unrecognised_rounds),
            no_consent_at: None,
            due_at: record.due.map(at),
            reason: None,
            message_ids: those(record.ids),
            reply_ids: those(record.replies),
            although_late: false,
            resent: BTreeSet::new(),
            fingerprint: FINGERPRINTS[usize::from(record.content)].to_owned(),
            reference: None,
        }
    }
}

impl From<Record> for CompactRecord {
    fn from(record: Record) -> Self {
        let bits =
            |refused: BTreeSet<Provider>| refused.into_iter().fold(0, |all, it| all | (1 << index(it)));
        let message =
            |key: &MessageKey| Message { attempt: key.id.as_str().parse().unwrap(), provider: key.provider };
        Self {
            state: record.state,
            attempt: u8::try_from(record.attempt).unwrap(),
            provider: record.provider,
            token: record.token.map(|token| u8::try_from(token.0).unwrap()),
            unclear: record.unclear,
            resend_spent: record.resend_spent,
            refused: bits(record.refused_by),
            mendable: record.mendable,
            rounds: u8::try_from(record.rounds).unwrap(),
            unrecognised_rounds: u8::try_from(record.unrecognised_rounds).unwrap(),
            // No decision depends on the time since which a notification is held.
            due: record.due_at.filter(|_| record.state != State::Held).map(tick),
            ids: record.message_ids.iter().fold(0, |all, it| all | message(it).bit()),
            content: u8::from(record.fingerprint != FINGERPRINTS[0]),
            replies: record.reply_ids.iter().fold(0, |all, it| all | message(it).bit()),
        }
    }
}

/// An order's progress; a status is its index in the scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct CompactProgress {
    pub(crate) version: u8,
    pub(crate) sent: Option<u8>,
    pub(crate) sending: Option<u8>,
    pub(crate) lease_end: Option<Tick>,
    pub(crate) token: Option<u8>,
}

impl CompactProgress {
    pub(crate) fn into_progress(self, steps: &[Step]) -> Progress {
        let step = |index: u8| steps[usize::from(index)].clone();
        Progress {
            version: u32::from(self.version),
            sent: self.sent.map(step),
            sending: self.sending.map(step),
            lease_end: self.lease_end.map(at),
            token: self.token.map(|token| ClaimToken(u64::from(token))),
            // No scenario has order details.
            reference_id: None,
            reference_provider: None,
        }
    }

    pub(crate) fn from_progress(progress: &Progress, steps: &[Step]) -> Self {
        let index =
            |step: &Step| u8::try_from(steps.iter().position(|it| it.key == step.key).unwrap()).unwrap();
        Self {
            version: u8::try_from(progress.version).unwrap(),
            sent: progress.sent.as_ref().map(index),
            sending: progress.sending.as_ref().map(index),
            lease_end: progress.lease_end.map(tick),
            token: progress.token.map(|token| u8::try_from(token.0).unwrap()),
        }
    }
}
