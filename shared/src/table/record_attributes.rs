//! The attributes of a notification's record: written and parsed.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::answers;
use super::item::{Item, n, optional, or_default, required, s, set, time};
use super::keys::{DUE_PREFIX, HELD_PREFIX, LEASE_PREFIX, bucket};
use super::name::{
    ALTHOUGH_LATE, ATTEMPT, CLAIM_TOKEN, DUE_AT, DUE_BUCKET, FINGERPRINT, MENDABLE, MESSAGE_IDS,
    NO_CONSENT_AT, PROVIDER, REASON, REFERENCE_ID, REFERENCE_TIME, REFUSED_BY, REPLY_IDS, RESEND_SPENT,
    RESENT, ROUNDS, STATE, UNCLEAR, UNRECOGNISED_ROUNDS, UPDATED_AT,
};
use crate::message::Reference;
use crate::protocol::{ClaimToken, OrderReference, Record, State};

/// Attributes with their next values. An attribute without a value is removed, such as the reason for a past wait,
/// unless an update only adds to it.
pub(super) type Changes = Vec<(String, Option<AttributeValue>)>;

/// The changes of these attributes.
pub(super) fn changes<const N: usize>(attributes: [(&str, Option<AttributeValue>); N]) -> Changes {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The attributes of a record in this state at this time.
pub(super) fn record_attributes(record: &Record, reference: &Reference, now: Timestamp) -> Changes {
    let due_bucket = |_| {
        let prefix = match record.state {
            State::Sending => LEASE_PREFIX,
            State::Held => HELD_PREFIX,
            _ => DUE_PREFIX,
        };
        bucket(prefix, reference.key.as_str())
    };
    let flag = |flag: bool| flag.then_some(AttributeValue::Bool(true));
    changes([
        (STATE, Some(s(record.state.name()))),
        (ATTEMPT, Some(n(record.attempt))),
        (FINGERPRINT, Some(s(&record.fingerprint))),
        (UNCLEAR, Some(AttributeValue::Bool(record.unclear))),
        (UPDATED_AT, Some(time(now))),
        (PROVIDER, record.provider.map(|provider| s(provider.name()))),
        (DUE_BUCKET, record.due_at.map(due_bucket)),
        (DUE_AT, record.due_at.map(time)),
        (REASON, record.reason.as_ref().map(|reason| AttributeValue::M(answers::reason_item(reason)))),
        (CLAIM_TOKEN, record.token.map(claim_token)),
        (RESEND_SPENT, flag(record.resend_spent)),
        (MENDABLE, flag(record.mendable)),
        (ALTHOUGH_LATE, flag(record.although_late)),
        (ROUNDS, count(record.rounds)),
        (UNRECOGNISED_ROUNDS, count(record.unrecognised_rounds)),
        (NO_CONSENT_AT, record.no_consent_at.map(time)),
        (REFUSED_BY, set(record.refused_by.iter().map(|provider| provider.name()))),
        (MESSAGE_IDS, set(&record.message_ids)),
        (REPLY_IDS, set(&record.reply_ids)),
        (RESENT, set(&record.resent)),
        (REFERENCE_ID, record.reference.as_ref().map(|reference| s(reference.id.as_str()))),
        (REFERENCE_TIME, record.reference.as_ref().map(|reference| time(reference.time))),
    ])
}

/// A count; none is left out.
pub(super) fn count(count: impl Into<i64>) -> Option<AttributeValue> {
    let count = count.into();
    (count != 0).then(|| n(count))
}

/// Parses the attributes of [`record_attributes`]. Those that an earlier version did not write have defaults.
pub(super) fn record(item: &Item) -> serde_dynamo::Result<Record> {
    let reference = optional(item, REFERENCE_ID)?.zip(optional(item, REFERENCE_TIME)?);
    Ok(Record {
        state: required(item, STATE)?,
        attempt: required(item, ATTEMPT)?,
        provider: optional(item, PROVIDER)?,
        token: optional(item, CLAIM_TOKEN)?,
        // A record written by an earlier version does not show whether a message may have been sent.
        unclear: optional(item, UNCLEAR)?.unwrap_or(true),
        resend_spent: or_default(item, RESEND_SPENT)?,
        refused_by: or_default(item, REFUSED_BY)?,
        mendable: or_default(item, MENDABLE)?,
        rounds: or_default(item, ROUNDS)?,
        unrecognised_rounds: or_default(item, UNRECOGNISED_ROUNDS)?,
        no_consent_at: optional(item, NO_CONSENT_AT)?,
        due_at: optional(item, DUE_AT)?,
        reason: optional(item, REASON)?,
        message_ids: or_default(item, MESSAGE_IDS)?,
        reply_ids: or_default(item, REPLY_IDS)?,
        although_late: or_default(item, ALTHOUGH_LATE)?,
        resent: or_default(item, RESENT)?,
        fingerprint: required(item, FINGERPRINT)?,
        reference: reference.map(|(id, time)| OrderReference { id, time }),
    })
}

pub(super) fn claim_token(token: ClaimToken) -> AttributeValue {
    AttributeValue::N(token.0.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::item::item;
    use super::*;
    use crate::message::{MessageKey, ReferenceId};
    use crate::protocol::{Held, Reason, ReasonClass};
    use crate::provider::Provider;

    #[test]
    fn a_record_survives_writing_and_parsing() {
        let now = Timestamp::constant(1_795_165_200, 0);
        let ids = |id: &str| BTreeSet::from([MessageKey::try_from(format!("meta#{id}")).unwrap()]);
        let full = Record {
            state: State::Waiting,
            attempt: 2,
            provider: Some(Provider::Meta),
            token: Some(ClaimToken(u64::MAX)),
            unclear: true,
            resend_spent: true,
            refused_by: [Provider::Kaleyra].into(),
            mendable: true,
            rounds: 3,
            unrecognised_rounds: 1,
            no_consent_at: Some(now),
            due_at: Some(now),
            reason: Some(Reason::new(ReasonClass::Template, "132015", "paused")),
            message_ids: ids("wamid.A"),
            reply_ids: ids("wamid.B"),
            although_late: true,
            resent: ["2026-11-20T09:00:00Z ann".to_owned()].into(),
            fingerprint: "f".to_owned(),
            reference: Some(OrderReference { id: ReferenceId::parse("R-1", 35).unwrap(), time: now }),
        };
        let reference = Reference::parse("notification/k/10482").unwrap();
        for written in [full, Record::untried("f")] {
            let changes = record_attributes(&written, &reference, now);
            let item = changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            assert_eq!(record(&item).unwrap(), written);
        }
    }

    #[test]
    fn a_record_of_an_earlier_version_is_unclear() {
        let old = record(&item([(STATE, s("held")), (ATTEMPT, n(1)), (FINGERPRINT, s("f"))])).unwrap();
        assert_eq!((old.held_as(), old.token), (Some(Held::Unclear), None));
    }
}
