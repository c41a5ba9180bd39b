//! Kaleyra's callbacks: the V2 envelope around Meta's statuses, the short "not sent" object, and the flat variables of
//! V1 profiles as a GET query, a form or JSON.
//!
//! The ids in them are not shown to equal the reply's, so all of them are kept as aliases, and `extra_info.ref`, our
//! own reference, is what tells the notification.

use form_urlencoded::parse;
use jiff::Timestamp;
use serde_json::Value;

use crate::delivery::Failure;
use crate::message::{MessageId, Reference};
use crate::provider::Provider;
use crate::providers::callback::{Callback, Problem, Unparsable, envelopes};
use crate::providers::lenient::{self, Object};
use crate::providers::status_item::{self, Report};

/// The operator chooses which of a dozen variables a profile sends.
const MAX_VARIABLES: usize = 100;
/// Kaleyra cuts `ref1` here.
const MAX_NAME_BYTES: usize = 255;

/// Reads the body of an authenticated POST: JSON, whatever its content type says, or a form.
pub fn read(body: &[u8], received_at: Timestamp) -> Result<Callback, Unparsable> {
    let form = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if looks_like_a_form(form) {
        return Ok(read_pairs(form.trim_ascii_end(), received_at));
    }
    envelopes(body, received_at, envelope)
}

/// Reads the query of an authenticated GET. One without variables says nothing.
pub fn read_query(query: &str, received_at: Timestamp) -> Callback {
    read_pairs(query.as_bytes(), received_at)
}

/// A form begins with a variable's name and `=`; JSON with a bracket, a quote, a digit or a bare word.
fn looks_like_a_form(body: &[u8]) -> bool {
    let name = body.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
    name > 0 && body.get(name) == Some(&b'=')
}

/// Of a variable that comes twice, the first counts, and of too many variables the first hundred. The page's recipes put
/// every value in quotes. A blank in an id is a `+` that wasn't encoded: an id has none.
fn read_pairs(pairs: &[u8], received_at: Timestamp) -> Callback {
    let mut callback = Callback::default();
    let mut variables = Object::new();
    for (name, value) in parse(pairs).take(MAX_VARIABLES) {
        let mut value = unquoted(&value);
        if matches!(&*name, "id" | "message_id") {
            value = value.replace(' ', "+");
        }
        variables.entry(unquoted(&name)).or_insert(Value::String(value));
    }
    if !variables.is_empty() {
        envelope(&variables, received_at, &mut callback);
    }
    callback
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inside = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.unwrap_or(text).trim().to_owned()
}

fn envelope(envelope: &Object, received_at: Timestamp, callback: &mut Callback) {
    let value = envelope.get("meta_object").and_then(|object| object.get("value"));
    let statuses = lenient::items(value.and_then(|value| value.get("statuses")));
    let around = Around::of(envelope, statuses);
    for item in statuses {
        status_item::add_item(item, callback, |item| around.report(item, received_at).fact());
    }
    let errors = lenient::items(value.and_then(|value| value.get("errors")));
    callback.unusable.extend(errors.iter().map(status_item::error).map(Problem::Account));
    if !statuses.is_empty() {
        return;
    }
    if let Some(entries) = envelope.get("entry") {
        status_item::from_meta_entries(Provider::Kaleyra, entries, received_at, callback);
    } else if ["status", "message_id", "id"].iter().any(|key| envelope.contains_key(*key)) {
        status_item::add_object(envelope, callback, |item| around.report(item, received_at).fact());
    } else if let Some(failure) = coded_error(envelope) {
        callback.unusable.push(Problem::Account(failure));
    } else {
        callback.ignored += 1;
    }
}

/// What stands around the statuses and belongs to each of them.
struct Around {
    ids: Vec<MessageId>,
    status: Option<String>,
    failure: Option<Failure>,
    reference: Option<Reference>,
    notification: Option<String>,
}

impl Around {
    /// The samples have one status in an envelope. In one with statuses of several messages it could not be told whose
    /// the outer ids, reference and error are, so there they count for none.
    fn of(envelope: &Object, statuses: &[Value]) -> Self {
        let mut messages = statuses.iter().map(|item| lenient::text(item.get("id")));
        let first = messages.next();
        let extra = envelope.get("extra_info").and_then(Value::as_object);
        if messages.any(|id| Some(id) != first) {
            return Self {
                ids: Vec::new(),
                status: None,
                failure: None,
                reference: None,
                notification: None,
            };
        }
        let ids =
            [envelope.get("message_id"), extra.and_then(|extra| extra.get("message_id")), envelope.get("id")];
        Self {
            ids: ids.into_iter().filter_map(lenient::id).collect(),
            status: lenient::word(envelope.get("status")),
            failure: status_item::first_error(envelope).or_else(|| coded_error(envelope)),
            reference: extra.and_then(status_item::reference).or_else(|| status_item::reference(envelope)),
            notification: notification(extra.and_then(|extra| extra.get("ref1")))
                .or_else(|| notification(envelope.get("ref1"))),
        }
    }

    fn report(&self, item: &Object, received_at: Timestamp) -> Report {
        Report {
            provider: Provider::Kaleyra,
            ids: self.ids.iter().cloned().chain(lenient::id(item.get("id"))).collect(),
            status: lenient::word(item.get("status")).or_else(|| self.status.clone()).unwrap_or_default(),
            at: lenient::time(item.get("timestamp"), received_at),
            failure: status_item::first_error(item).or_else(|| self.failure.clone()),
            reference: self.reference.clone().or_else(|| status_item::reference(item)),
            notification: self.notification.clone(),
        }
    }
}

/// The catalogue's name for a notification, as a request's `ref1` gave it.
fn notification(value: Option<&Value>) -> Option<String> {
    let name = value?.as_str()?.trim();
    let is_one = (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.chars().any(char::is_control)
        && Reference::parse(name).is_none();
    is_one.then(|| name.to_owned())
}

/// `code` and `reason` (V2), or `error_code` and `error` (V1).
fn coded_error(envelope: &Object) -> Option<Failure> {
    [("code", "reason"), ("error_code", "error")].into_iter().find_map(|(code, said)| {
        let code = lenient::text(envelope.get(code));
        let said = lenient::text(envelope.get(said));
        (code.is_some() || said.is_some()).then(|| status_item::failure(code, said))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::delivery::{Fact, FactKind};
    use crate::hostile::any_json;

    const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);
    const REFERENCE: &str = "notification/k-1/10482";

    fn call(body: &Value) -> Callback {
        read(body.to_string().as_bytes(), RECEIVED_AT).unwrap()
    }

    fn only(callback: &Callback) -> &Fact {
        let [fact] = callback.facts.as_slice() else { panic!("{callback:?}") };
        fact
    }

    fn ids(fact: &Fact) -> Vec<&str> {
        std::iter::once(&fact.message_id).chain(&fact.aliases).map(MessageId::as_str).collect()
    }

    #[test]
    fn the_v2_envelope_becomes_a_fact_with_every_id_and_our_reference() {
        let callback = call(&json!({
            "meta_object": {"value": {"messaging_product": "whatsapp", "metadata": {}, "statuses": [
                {"id": "0123456789abcdef0123456789abcdef", "status": "sent", "timestamp": "1722834665",
                 "recipient_id": "1"}]}, "field": "messages"},
            "extra_info": {"message_id": "wamid.A", "waba_id": "1", "ref": REFERENCE, "ref1": "order-cancelled",
                "ref2": "10482"},
            "status": "sent", "message_id": "wamid.A"}));
        let fact = only(&callback);
        assert_eq!((fact.provider, fact.kind), (Provider::Kaleyra, FactKind::Sent));
        assert_eq!(ids(fact), ["wamid.A", "0123456789abcdef0123456789abcdef"]);
        assert_eq!(fact.at, Timestamp::from_second(1_722_834_665).unwrap());
        assert_eq!(fact.reference.as_ref().unwrap().to_string(), REFERENCE);
        assert_eq!(fact.notification.as_deref(), Some("order-cancelled"));
        assert_eq!((&fact.failure, callback.unusable.len(), callback.ignored), (&None, 0, 0));
    }

    #[test]
    fn a_message_that_was_not_sent_has_failed_at_the_time_of_receipt() {
        let callback =
            call(&json!({"code": "WAV2101", "status": "not sent", "reason": "Account daily limit reached",
            "message_id": "wamid.A", "extra_info": {"message_id": "AXXX", "ref": REFERENCE}}));
        let fact = only(&callback);
        assert_eq!((fact.kind, fact.at, ids(fact)), (FactKind::Failed, RECEIVED_AT, vec!["wamid.A", "AXXX"]));
        let text = "Account daily limit reached".to_owned();
        assert_eq!(fact.failure, Some(Failure { code: Some("WAV2101".to_owned()), text }));
        assert!(fact.reference.is_some());
    }

    #[test]
    fn the_flat_variables_of_v1_come_as_query_form_and_json() {
        let pairs = "id=4f2a%3A0&status=0&timestamp=1722834665&mobile=12025550100&error=to%2012025550100&error_code=5\
                     &ref=notification%2Fk-1%2F10482&ref1=order-cancelled&ref2=10482&status=sent";
        let flat = json!({"id": "4f2a:0", "status": 0, "timestamp": 1_722_834_665, "mobile": "12025550100",
            "error": "to 12025550100", "error_code": 5, "ref": REFERENCE, "ref1": "order-cancelled"});
        for callback in [
            read_query(pairs, RECEIVED_AT),
            read(pairs.as_bytes(), RECEIVED_AT).unwrap(),
            call(&flat),
            call(&json!([flat])),
        ] {
            let fact = only(&callback);
            assert_eq!((fact.kind, ids(fact)), (FactKind::Failed, vec!["4f2a:0"]));
            assert_eq!(fact.at, Timestamp::from_second(1_722_834_665).unwrap());
            assert_eq!(fact.failure, Some(Failure { code: Some("5".to_owned()), text: "to […]".to_owned() }));
            assert_eq!(fact.reference.as_ref().unwrap().to_string(), REFERENCE);
            assert_eq!(fact.notification.as_deref(), Some("order-cancelled"));
        }
    }

    #[test]
    fn a_name_counts_only_with_our_reference_and_where_it_can_be_one() {
        let name = |extra: Value| {
            only(&call(&json!({"status": "sent", "message_id": "a", "extra_info": extra})))
                .notification
                .clone()
        };
        assert_eq!(
            name(json!({"ref": REFERENCE, "ref1": "stock-arrived"})).as_deref(),
            Some("stock-arrived")
        );
        for strange in [json!(""), json!(7), json!(null), json!("a\u{0}b"), json!("x".repeat(256))] {
            assert_eq!(name(json!({"ref": REFERENCE, "ref1": strange})), None);
        }
        assert_eq!(name(json!({"ref": "another application's", "ref1": "order-cancelled"})), None);
        assert_eq!(name(json!({"ref1": REFERENCE})), None);
    }

    #[test]
    fn our_reference_finds_the_message_without_a_usable_id() {
        let query = |query: &str| only(&read_query(query, RECEIVED_AT)).clone();
        let encoded = "notification%2Fk-1%2F10482";
        let first = query(&format!("status=delivered&ref={encoded}"));
        assert_eq!(
            (first.kind, first.reference.as_ref().unwrap().to_string().as_str()),
            (FactKind::Delivered, REFERENCE)
        );
        assert!(first.message_id.as_str().starts_with("reference:") && first.aliases.is_empty());
        for fact in [
            query(&format!("status=%22delivered%22&ref=%22{encoded}%22")),
            query("status=\"DELIVERED\"&ref1=\"notification/k-1/10482\""),
            query(&format!("message_id=&status=delivered&biz_opaque_callback_data={encoded}")),
            only(&call(&json!({"status": "delivered", "extra_info": {"ref2": REFERENCE}}))).clone(),
            only(&call(&json!({"status": "delivered", "message_id": ["a"], "ref": REFERENCE}))).clone(),
        ] {
            assert_eq!(
                (&fact.message_id, &fact.reference, fact.kind),
                (&first.message_id, &first.reference, first.kind)
            );
        }
        assert_ne!(query("status=delivered&ref=notification/k-2/10482").message_id, first.message_id);
        assert_eq!(ids(&query("id=\"wamid.A+b==\"&status=\"sent\"")), ["wamid.A+b=="]);
    }

    #[test]
    fn the_pages_sample_is_read_with_its_trailing_comma() {
        let body = format!(
            r#"{{"meta_object":{{"value":{{"messaging_product":"whatsapp","statuses":[{{"id":"0a17f9c3",
            "status":"sent","timestamp":"1795165100","recipient_id":"12025550189"}}]}},"field":"messages"}},
            "extra_info":{{"trace_id":"8f14e45f","message_id":"wamid.A","waba_id":"1","ref":"{REFERENCE}"}},
            "status":"sent","message_id":"wamid.B",}}"#
        );
        let callback = read(body.as_bytes(), RECEIVED_AT).unwrap();
        let fact = only(&callback);
        assert_eq!((ids(fact), fact.kind), (vec!["wamid.B", "wamid.A", "0a17f9c3"], FactKind::Sent));
        assert!(fact.reference.is_some());
    }

    #[test]
    fn payments_are_no_facts_and_an_error_without_a_message_is_the_accounts() {
        for body in [
            json!({"meta_object": {"value": {"statuses": [{"id": "a", "type": "payment", "status": "failed"}]}}}),
            json!({"message_id": "a", "type": "payment", "status": "failed", "ref": REFERENCE}),
        ] {
            let callback = call(&body);
            assert_eq!(
                (callback.facts.len(), callback.unusable.len(), callback.ignored),
                (0, 0, 1),
                "{body}"
            );
        }
        let callback = call(&json!({"code": "WAV2101", "reason": "Account daily limit reached"}));
        assert!(matches!(callback.unusable.as_slice(), [Problem::Account(_)]), "{callback:?}");
    }

    #[test]
    fn the_status_is_each_items_own_or_the_envelopes() {
        for (status, kind) in [
            ("SENT", FactKind::Sent),
            ("DELIVERED", FactKind::Delivered),
            ("READ", FactKind::Read),
            ("FAILED", FactKind::Failed),
            ("NOT-SENT", FactKind::Failed),
        ] {
            assert_eq!(only(&call(&json!({"status": status, "message_id": "a"}))).kind, kind);
            let inside = json!({"meta_object": {"value": {"statuses": {"id": "a"}}}, "status": status});
            assert_eq!(only(&call(&inside)).kind, kind);
        }
    }

    #[test]
    fn a_failures_error_comes_from_the_item_before_the_envelope() {
        let envelope = |errors: Value| {
            call(
                &json!({"meta_object": {"value": {"statuses": [{"id": "a", "status": "failed", "errors": errors}]}},
                "code": "WAV2101", "reason": "limit"}),
            )
        };
        let code = |callback: &Callback| only(callback).failure.clone().unwrap().code;
        assert_eq!(code(&envelope(json!([{"code": 131_026}]))).as_deref(), Some("131026"));
        assert_eq!(code(&envelope(json!([]))).as_deref(), Some("WAV2101"));
    }

    #[test]
    fn what_stands_around_statuses_of_several_messages_belongs_to_none() {
        let statuses = json!([{"id": "a", "status": "sent"}, {"id": "b", "status": "read"}]);
        let body = |statuses: Value| {
            call(
                &json!({"meta_object": {"value": {"statuses": statuses}}, "message_id": "m", "extra_info": {"ref": REFERENCE}}),
            )
        };
        let apart = body(statuses);
        assert_eq!(apart.facts.iter().map(ids).collect::<Vec<_>>(), [["a"], ["b"]]);
        assert!(apart.facts.iter().all(|fact| fact.reference.is_none()));
        let together = body(json!([{"id": "a", "status": "sent"}, {"id": "a", "status": "read"}]));
        assert_eq!(together.facts.iter().map(ids).collect::<Vec<_>>(), [["m", "a"], ["m", "a"]]);
        assert!(together.facts.iter().all(|fact| fact.reference.is_some()));
    }

    #[test]
    fn what_cannot_be_used_is_named_and_the_rest_ignored() {
        let problems = |body: Value| call(&body).unusable;
        assert_eq!(problems(json!({"status": "sent"})), [Problem::NoMessageId]);
        assert_eq!(problems(json!({"id": "a"})), [Problem::UnknownStatus(String::new())]);
        assert_eq!(
            problems(json!({"id": "a", "status": "queued"})),
            [Problem::UnknownStatus("queued".to_owned())]
        );
        assert!(matches!(
            problems(json!({"meta_object": {"value": {"errors": [{"code": 131_048}]}}})).as_slice(),
            [Problem::Account(_)]
        ));
        for body in [json!({}), json!(null), json!([]), json!({"meta_object": {"value": {"messages": [{}]}}})]
        {
            let callback = call(&body);
            assert_eq!((callback.facts.len(), callback.unusable.len()), (0, 0), "{body}");
        }
        assert_eq!(read_query("", RECEIVED_AT), Callback::default());
        assert_eq!(read_query("probe=1", RECEIVED_AT).ignored, 1);
    }

    #[test]
    fn a_body_of_no_known_make_is_refused() {
        assert_eq!(read(b"", RECEIVED_AT), Err(Unparsable::Empty));
        assert_eq!(read(b"<xml/>", RECEIVED_AT), Err(Unparsable::NotJson { line: 1, column: 1 }));
        assert!(matches!(read(b"{\"status\"", RECEIVED_AT), Err(Unparsable::CutOff { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, query: String) {
            let _ = read(&body, RECEIVED_AT);
            read_query(&query, RECEIVED_AT);
        }

        #[test]
        fn no_json_makes_it_panic_or_is_refused(json in any_json(), statuses in any_json()) {
            prop_assert!(read(json.to_string().as_bytes(), RECEIVED_AT).is_ok());
            call(&json!({"meta_object": {"value": {"statuses": statuses}}, "extra_info": json}));
        }
    }
}
