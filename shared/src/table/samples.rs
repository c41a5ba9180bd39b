//! Delivery facts for the tests of merging.

use jiff::Timestamp;

use crate::delivery::{Fact, FactKind};
use crate::message::{MessageId, Reference};
use crate::provider::Provider;

const AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

/// A fact about a message; the report names the first id, and the others as aliases.
pub(super) fn fact(ids: &[&str], kind: FactKind, reference: Option<&str>) -> Fact {
    let mut ids = ids.iter().map(|id| MessageId::parse(id).unwrap());
    Fact {
        provider: Provider::Kaleyra,
        message_id: ids.next().unwrap(),
        aliases: ids.collect(),
        kind,
        at: AT,
        failure: None,
        reference: reference.map(|text| Reference::parse(text).unwrap()),
        notification: None,
        business_number: None,
    }
}
