//! The names of the items' attributes, for their readers, writers and expressions.
//!
//! Two names are also spelled by their types in `domain`: those of a stored `Progress` and of the members of a
//! `Reason`.

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
/// The attribute for DynamoDB's time to live.
pub(super) const EXPIRES_AT: &str = "expires_at";
/// The partition key of the index `due`.
pub(super) const DUE_BUCKET: &str = "due_bucket";
/// The sort key of the index `due`.
pub(super) const DUE_AT: &str = "due_at";

pub(super) const NOTIFICATION: &str = "notification";
pub(super) const PROVIDER: &str = "provider";
pub(super) const CLAIM_TOKEN: &str = "claim_token";
pub(super) const VERSION: &str = "version";
pub(super) const REFERENCE_ID: &str = "reference_id";
/// The time of the event whose message introduced `reference_id`.
pub(super) const REFERENCE_TIME: &str = "reference_time";
/// The provider that accepted the message with `reference_id`.
pub(super) const REFERENCE_PROVIDER: &str = "reference_provider";

pub(super) const STATE: &str = "state";
pub(super) const ATTEMPT: &str = "attempt";
pub(super) const FINGERPRINT: &str = "fingerprint";
pub(super) const UNCLEAR: &str = "unclear";
pub(super) const CREATED_AT: &str = "created_at";
pub(super) const UPDATED_AT: &str = "updated_at";
pub(super) const REASON: &str = "reason";
pub(super) const RESEND_SPENT: &str = "resend_spent";
pub(super) const REFUSED_BY: &str = "refused_by";
pub(super) const MENDABLE: &str = "mendable";
pub(super) const ROUNDS: &str = "rounds";
pub(super) const UNRECOGNISED_ROUNDS: &str = "unrecognised_rounds";
pub(super) const NO_CONSENT_AT: &str = "no_consent_at";
pub(super) const ALTHOUGH_LATE: &str = "although_late";
pub(super) const MESSAGE_IDS: &str = "message_ids";
pub(super) const REPLY_IDS: &str = "reply_ids";
pub(super) const RESENT: &str = "resent";
/// The number of requests to providers; missing in an item of an earlier version.
pub(super) const REQUESTS: &str = "requests";
pub(super) const TEMPLATE: &str = "template";
pub(super) const LANGUAGE: &str = "language";
/// The names of template and sender in the metrics; missing if they have none.
pub(super) const COUNTED_AS: &str = "counted_as";
pub(super) const COUNTED_FOR: &str = "counted_for";
pub(super) const EVENT_ID: &str = "event_id";
pub(super) const EVENT_TIME: &str = "event_time";
pub(super) const ORDER_STATUS: &str = "order_status";

/// The name of the sender whose order it is; missing for the default sender.
pub(super) const SENDER: &str = "sender";
pub(super) const ORDER_NUMBER: &str = "order_number";
pub(super) const NOTIFICATION_KEY: &str = "notification_key";
pub(super) const ACCEPTED_AT: &str = "accepted_at";
pub(super) const UNCONFIRMED_AT: &str = "unconfirmed_at";
pub(super) const POLLS: &str = "polls";
pub(super) const ALIASED: &str = "aliased";
/// The id under which the message with this id is stored.
pub(super) const ALIAS_OF: &str = "alias_of";
pub(super) const SENT_AT: &str = "sent_at";
pub(super) const DELIVERED_AT: &str = "delivered_at";
pub(super) const READ_AT: &str = "read_at";
pub(super) const FAILED_AT: &str = "failed_at";
pub(super) const FAILURE: &str = "failure";

pub(super) const RAW: &str = "raw";
pub(super) const FIRST_RECEIPT: &str = "first_receipt";
pub(super) const FOR_A_PERSON: &str = "for_a_person";
pub(super) const DUE_SINCE: &str = "due_since";
/// Whose arrival a stored event of a notification with a fallback awaits.
pub(super) const AWAITED: &str = "awaited";
pub(super) const FAULTS: &str = "faults";
pub(super) const RECEIVED_AT: &str = "received_at";
pub(super) const REPLAYED_AT: &str = "replayed_at";
pub(super) const REPLAYED_AS: &str = "replayed_as";
