//! The key of an invalid event's item.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::s;

/// Begins the partition key of an invalid event, and the index partitions of those that wait for the operator.
pub(super) const INVALID_PREFIX: &str = "INVALID#";
/// An earlier version stored one body per event id.
const FORMER_SK: &str = "EVENT";
const SK_PREFIX: &str = "EVENT#";

/// Identifies a stored invalid event: `<event id>#<body hash>`, or just the event id if an earlier version
/// stored it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvalidEventKey {
    /// The event's id, or the id of the queue message if the event has none.
    pub event_id: String,
    pub(super) body: Option<String>,
}

impl InvalidEventKey {
    /// Parses the keys of an item; `None` if it is not an invalid event.
    pub(super) fn parse(pk: &str, sk: &str) -> Option<Self> {
        let event_id = pk.strip_prefix(INVALID_PREFIX)?.to_owned();
        let body = sk.strip_prefix(SK_PREFIX).map(str::to_owned);
        (body.is_some() || sk == FORMER_SK).then_some(Self { event_id, body })
    }

    pub(super) fn pk(event_id: &str) -> AttributeValue {
        s(format!("{INVALID_PREFIX}{event_id}"))
    }

    /// The item's partition key and sort key.
    pub(super) fn key(&self) -> (AttributeValue, AttributeValue) {
        let sk = self.body.as_ref().map_or_else(|| FORMER_SK.to_owned(), |body| format!("{SK_PREFIX}{body}"));
        (Self::pk(&self.event_id), s(sk))
    }
}

impl fmt::Display for InvalidEventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.event_id)?;
        self.body.iter().try_for_each(|body| write!(f, "#{body}"))
    }
}
