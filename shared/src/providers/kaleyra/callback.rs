//! Kaleyra's callbacks: the V2 envelope around Meta's statuses, the short "not sent" object, and the flat variables of
//! V1 profiles as a GET query, a form or JSON.
//!
//! The ids in them are not shown to equal the reply's, so all of them are kept as aliases, and `extra_info.ref`, our
//! own reference, is what tells the notification.

use std::borrow::Cow;

use form_urlencoded::parse;
use jiff::Timestamp;
use serde_json::Value;

use crate::delivery::Failure;
use crate::message::{MessageId, Reference};
use crate::provider::Provider;
use crate::providers::callback::{Callback, Problem, Unparsable, envelopes};
use crate::providers::kaleyra::multipart;
use crate::providers::lenient::{self, Object};
use crate::providers::status_item::{self, Parts, Report};

/// The operator chooses which of a dozen variables a profile sends.
const MAX_VARIABLES: usize = 100;
/// `meta_object[value][statuses][0][errors][0][error_data][details]` has eight.
const MAX_NAMES: usize = 10;
/// The variables of a form whose values are read as they are: the value of any other one may be a whole envelope.
const VARIABLES: [&str; 13] = [
    "code",
    "error",
    "error_code",
    "extra_info",
    "id",
    "message_id",
    "meta_object",
    "reason",
    "ref",
    "ref1",
    "ref2",
    "status",
    "timestamp",
];
/// Kaleyra cuts `ref1` here.
const MAX_NAME_BYTES: usize = 255;

/// Reads the body of an authenticated POST: JSON, whatever its content type says, or a form.
pub fn read(body: &[u8], received_at: Timestamp) -> Result<Callback, Unparsable> {
    let read = envelopes(body, received_at, envelope);
    match (&read, form(body)) {
        (Err(Unparsable::CutOff { .. } | Unparsable::NotJson { .. }), Some(form)) => {
            Ok(read_pairs(&form, received_at))
        }
        _ => read,
    }
}

/// Reads the query of an authenticated GET. One without variables says nothing.
pub fn read_query(query: &str, received_at: Timestamp) -> Callback {
    read_pairs(query.as_bytes(), received_at)
}

/// What is no JSON, and not even the beginning of it, nor markup, is a form where a `=` stands in it, or where it is in
/// several parts.
fn form(body: &[u8]) -> Option<Cow<'_, [u8]>> {
    let form = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if form.starts_with(b"--") {
        return multipart::as_urlencoded(form).map(Cow::Owned);
    }
    let is_other = form.first().is_none_or(|byte| b"{[<".contains(byte));
    (!is_other && form.contains(&b'=')).then_some(Cow::Borrowed(form))
}

/// Of a variable that comes twice, the first counts, and of too many variables the first hundred. The page's recipes put
/// every value in quotes. A blank in an id is a `+` that wasn't encoded: an id has none. `amp;` before a name is left of an `&`
/// that was escaped for a web page.
fn read_pairs(pairs: &[u8], received_at: Timestamp) -> Callback {
    let mut callback = Callback::default();
    let mut variables = Object::new();
    for (name, value) in parse(&with_pluses(pairs)).take(MAX_VARIABLES) {
        let (name, mut value) = (unquoted(&name), unquoted(&value));
        let lower = name.trim_start_matches("amp;").to_lowercase();
        let names: Vec<&str> = lower
            .split(['[', ']', '.'])
            .map(|name| name.trim_matches(['"', '\'', ' ']))
            .filter(|name| !name.is_empty())
            .take(MAX_NAMES)
            .collect();
        if names.last().is_some_and(|name| ["id", "message_id"].contains(name)) {
            value = value.replace(' ', "+");
        }
        // A whole envelope as the value of a variable that has no other meaning, or in the place of a name.
        let has_no_meaning = names.first().is_none_or(|name| !VARIABLES.contains(name));
        let texts = [Some(&name), Some(&value).filter(|_| has_no_meaning)]
            .map(|text| text.map(|it| Value::from(it.as_str())));
        let inside: Vec<_> = texts.iter().flat_map(|text| lenient::objects(text.as_ref())).collect();
        if inside.is_empty() {
            insert(&mut variables, &names, value);
        }
        for object in inside {
            envelope(&object, received_at, &mut callback);
        }
    }
    if !variables.is_empty() {
        variables.values_mut().for_each(make_lists);
        envelope(&variables, received_at, &mut callback);
    }
    callback
}

/// The pairs with `%2B` for every `+` beside a `/`. What encodes forms encodes both, so that a value with a bare `/` was not
/// encoded, and its `+` is no blank: references of older releases have such order numbers.
fn with_pluses(pairs: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.split(|byte| *byte == b'&').enumerate() {
        encoded.extend((index > 0).then_some(b'&'));
        let is_bare = pair.contains(&b'/');
        for byte in pair {
            match byte {
                b'+' if is_bare => encoded.extend(b"%2B"),
                byte => encoded.push(*byte),
            }
        }
    }
    encoded
}

/// Puts a value where its name says: `extra_info[ref]` and `extra_info.ref` are members of an object.
fn insert(object: &mut Object, names: &[&str], value: String) {
    match names {
        [] => {}
        [name] => {
            object.entry(*name).or_insert(Value::String(value));
        }
        [name, inside @ ..] => {
            if let Value::Object(object) = object.entry(*name).or_insert_with(|| Object::new().into()) {
                insert(object, inside, value);
            }
        }
    }
}

/// Makes lists of objects whose members are numbered, as in `statuses[0]`.
fn make_lists(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.values_mut().for_each(make_lists);
    if members.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        *value = std::mem::take(members).into_iter().map(|(_, item)| item).collect();
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inside = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.unwrap_or(text).trim().to_owned()
}

fn envelope(envelope: &Object, received_at: Timestamp, callback: &mut Callback) {
    let meta_objects = lenient::objects(envelope.get("meta_object"));
    let mut parts = Parts::default();
    for object in &meta_objects {
        parts.add(object);
    }
    if let Some(entries) = envelope.get("entry") {
        parts.add_entries(entries);
    } else if envelope.contains_key("statuses") {
        parts.add_value(envelope);
    }
    let has_items = !parts.items.is_empty();
    let around = Around::of(envelope, &meta_objects, &parts.items);
    let before = callback.unusable.len() + callback.ignored;
    parts.read(callback, |item| around.report(item, received_at).fact());
    if has_items {
        return;
    }
    if ["status", "message_id", "id"].iter().any(|key| envelope.contains_key(*key)) {
        status_item::add_object(envelope, callback, |item| around.report(item, received_at).fact());
    } else if let Some(failure) = coded_error(envelope) {
        callback.unusable.push(Problem::Account(failure));
    } else if callback.unusable.len() + callback.ignored == before {
        callback.ignored += 1;
    }
}

/// What stands around the statuses and belongs to each of them.
#[derive(Default)]
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
    fn of(envelope: &Object, meta_objects: &[Cow<'_, Object>], items: &[&Object]) -> Self {
        let mut messages = items.iter().map(|item| lenient::text(item.get("id")));
        let first = messages.next();
        if messages.any(|id| Some(id) != first) {
            return Self::default();
        }
        let extras = extras(envelope);
        let ids = std::iter::once(envelope.get("message_id"))
            .chain(extras.iter().map(|extra| extra.get("message_id")))
            .chain(std::iter::once(envelope.get("id")));
        let mut names =
            extras.iter().map(|extra| extra.get("ref1")).chain(std::iter::once(envelope.get("ref1")));
        Self {
            ids: ids.filter_map(lenient::id).collect(),
            status: lenient::word(envelope.get("status")),
            failure: status_item::first_error(envelope).or_else(|| coded_error(envelope)),
            reference: reference(envelope)
                .or_else(|| meta_objects.iter().find_map(|object| reference(object))),
            notification: names.find_map(notification),
        }
    }

    fn report(&self, item: &Object, received_at: Timestamp) -> Report {
        Report {
            provider: Provider::Kaleyra,
            ids: self.ids.iter().cloned().chain(lenient::id(item.get("id"))).collect(),
            status: lenient::word(item.get("status")).or_else(|| self.status.clone()).unwrap_or_default(),
            at: lenient::time(item.get("timestamp"), received_at),
            failure: status_item::first_error(item).or_else(|| self.failure.clone()),
            reference: self.reference.clone().or_else(|| reference(item)),
            notification: self.notification.clone(),
        }
    }
}

/// The objects of `extra_info`, which may be one, an array, or either of them as a text. Where they are of several messages,
/// it could not be told which is this one's.
fn extras(object: &Object) -> Vec<Cow<'_, Object>> {
    let extras = lenient::objects(object.get("extra_info"));
    let differ = |of: fn(&Object) -> Option<String>| {
        let mut named = extras.iter().filter_map(|extra| of(extra));
        let first = named.next();
        named.any(|other| Some(other) != first)
    };
    let are_of_several = differ(|extra| status_item::reference(extra).map(|it| it.to_string()))
        || differ(|extra| lenient::text(extra.get("message_id")));
    if are_of_several { Vec::new() } else { extras }
}

/// Our reference in an object or in its `extra_info`, which may also be the reference itself.
fn reference(object: &Object) -> Option<Reference> {
    let bare = || status_item::written_reference(object.get("extra_info")?.as_str()?);
    let inside = extras(object).iter().find_map(|extra| status_item::reference(extra));
    inside.or_else(bare).or_else(|| status_item::reference(object))
}

/// The catalogue's name for a notification, as a request's `ref1` gave it.
fn notification(value: Option<&Value>) -> Option<String> {
    let name = value?.as_str()?.trim();
    let is_one = (1..=MAX_NAME_BYTES).contains(&name.len())
        && !name.chars().any(char::is_control)
        && status_item::written_reference(name).is_none();
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
    use crate::message::{NotificationKey, OrderNumber};

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
    fn our_reference_is_found_in_every_envelope() {
        let status = json!({"id": "0a17", "status": "delivered", "timestamp": "1722834665"});
        let value = json!({"value": {"statuses": [status]}, "field": "messages"});
        let extra = json!({"message_id": "wamid.A", "ref": REFERENCE, "ref1": "stock-arrived"});
        let entry = json!([{"id": "1", "changes": [value]}]);
        for body in [
            json!({"meta_object": value, "extra_info": extra.to_string()}),
            json!({"meta_object": value, "extra_info": [extra]}),
            json!({"meta_object": value, "extra_info": json!([extra]).to_string()}),
            json!({"meta_object": value, "extra_info": [extra.to_string()]}),
            json!({"meta_object": [value], "extra_info": extra}),
            json!({"meta_object": value.to_string(), "extra_info": extra}),
            json!({"meta_object": {"entry": entry}, "extra_info": extra}),
            json!({"meta_object": {"value": [{"statuses": status}]}, "extra_info": extra}),
            json!({"meta_object": {"statuses": [status]}, "extra_info": extra}),
            json!({"meta_object": status, "extra_info": extra}),
            json!({"object": "whatsapp_business_account", "entry": entry, "extra_info": extra}),
            json!({"statuses": [status], "extra_info": extra}),
            json!({"meta_object": value, "extra_info": [extra, {"ref": REFERENCE}]}),
            json!(json!({"meta_object": value, "extra_info": extra}).to_string()),
            json!([json!({"meta_object": value, "extra_info": extra}).to_string()]),
        ] {
            let callback = call(&body);
            let fact = only(&callback);
            assert_eq!((ids(fact), fact.kind), (vec!["wamid.A", "0a17"], FactKind::Delivered), "{body}");
            assert_eq!(fact.reference.as_ref().unwrap().to_string(), REFERENCE, "{body}");
            assert_eq!(fact.notification.as_deref(), Some("stock-arrived"), "{body}");
            assert_eq!((callback.unusable.len(), callback.ignored), (0, 0), "{body}");
        }
        for body in [
            json!({"meta_object": value, "extra_info": REFERENCE}),
            json!({"meta_object": {"value": value["value"], "extra_info": extra}}),
            json!({"meta_object": {"value": {"statuses": [{"id": "0a17", "status": "sent", "extra_info": extra}]}}}),
        ] {
            assert_eq!(only(&call(&body)).reference.as_ref().unwrap().to_string(), REFERENCE, "{body}");
        }
        let other = json!({"message_id": "wamid.B", "ref": "notification/k-2/7"});
        for of_several in [json!([extra, other]), json!([extra, {"message_id": "wamid.B"}])] {
            let callback = call(&json!({"meta_object": value, "extra_info": of_several}));
            assert_eq!((ids(only(&callback)), &only(&callback).reference), (vec!["0a17"], &None));
        }
    }

    #[test]
    fn every_order_number_comes_back_from_a_query() {
        for number in ["#2031", "A+7", "A 7", "R&D", "50%25", "a~23", "\"7\"", "10=5", "№7", "A/7", "1;2"] {
            let reference = Reference {
                order: OrderNumber::parse(number).unwrap(),
                key: NotificationKey::parse("k-1").unwrap(),
            };
            let wire = reference.to_wire();
            let encoded: String = form_urlencoded::byte_serialize(wire.as_bytes()).collect();
            let twice: String = form_urlencoded::byte_serialize(encoded.as_bytes()).collect();
            let old: String = form_urlencoded::byte_serialize(reference.to_string().as_bytes()).collect();
            for value in [wire.clone(), format!("\"{wire}\""), encoded, twice, old] {
                let callback = read_query(&format!("ref={value}&status=read"), RECEIVED_AT);
                let fact = only(&callback);
                assert_eq!(
                    (fact.reference.as_ref(), fact.kind),
                    (Some(&reference), FactKind::Read),
                    "{value}"
                );
            }
        }
        let order = |query: &str| {
            let fact = only(&read_query(query, RECEIVED_AT)).clone();
            fact.reference.map(|reference| reference.order.to_string())
        };
        // What an older release sent, encoded or not.
        assert_eq!(order("ref=notification/k-1/A+7&status=read").as_deref(), Some("A+7"));
        assert_eq!(order("ref=notification%2Fk-1%2FA%2B7&status=read").as_deref(), Some("A+7"));
        assert_eq!(order("ref=notification%2Fk-1%2FA+7&status=read").as_deref(), Some("A 7"));
        assert_eq!(order("ref=notification/k-1/A%207&status=read").as_deref(), Some("A 7"));
        assert_eq!(order("id=a&ref=notification/k-1/&status=read"), None);
    }

    #[test]
    fn what_is_no_json_and_names_variables_is_a_form() {
        let encoded = "notification%2Fk-1%2F10482";
        let json =
            json!({"message_id": "a", "status": "delivered", "extra_info": {"ref": REFERENCE}, "x": "a=b&c"});
        let as_form: String = form_urlencoded::byte_serialize(json.to_string().as_bytes()).collect();
        for body in [
            format!("message_id=a&extra_info%5Bref%5D={encoded}&status=delivered"),
            format!("extra_info%5Bref%5D={encoded}&extra_info%5Bmessage_id%5D=a&status=delivered"),
            format!("extra_info[ref]={encoded}&extra_info[message_id]=a&status=delivered"),
            format!("extra_info['ref']={encoded}&extra_info.message_id=a&status=delivered"),
            format!("\"id\"=\"a\"&\"status\"=\"delivered\"&\"ref\"=\"{encoded}\""),
            format!("%22id%22=%22a%22&status=delivered&ref={encoded}"),
            format!("\u{feff}\r\n'id'='a'&status=DELIVERED&ref={encoded}\r\n"),
            format!("&id=a&status=delivered&ref={encoded}&"),
            format!(
                "meta_object[value][statuses][0][id]=a&meta_object[value][statuses][0][status]=delivered&ref={encoded}"
            ),
            format!("statuses[0][id]=a&statuses[0][status]=delivered&extra_info[ref]={encoded}"),
            format!("id=a&status=delivered&extra_info=%7B%22ref%22%3A%22{encoded}%22%7D"),
            format!("payload={as_form}"),
            format!("event={as_form}"),
            format!("message={as_form}"),
            format!("Message_ID=a&amp;Status=DELIVERED&amp;Ref={encoded}"),
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\na\r\n--x\r\nContent-Disposition: form-data; \
                     name=\"status\"\r\n\r\nDelivered\r\n--x\r\nContent-Disposition: form-data; name=\"ref\"\r\n\r\n{REFERENCE}\r\n--x--"
            ),
            format!("{as_form}="),
        ] {
            let callback = read(body.as_bytes(), RECEIVED_AT).unwrap();
            let fact = only(&callback);
            assert_eq!((ids(fact), fact.kind), (vec!["a"], FactKind::Delivered), "{body}");
            assert_eq!(fact.reference.as_ref().unwrap().to_string(), REFERENCE, "{body}");
        }
        // No form: broken JSON and markup, which would be read as nothing.
        for body in
            ["{\"status\":\"a=b\"", "[\"a=b\"", "<status of=\"a\"/>", "--x\r\nid=a\r\n--x--", "status"]
        {
            assert!(read(body.as_bytes(), RECEIVED_AT).is_err(), "{body}");
        }
        let deep = format!("{}=1&id=a&status=read", "a[".repeat(100_000));
        assert_eq!(ids(only(&read(deep.as_bytes(), RECEIVED_AT).unwrap())), ["a"]);
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
