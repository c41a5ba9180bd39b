//! Tests Kaleyra's callbacks in every envelope.

use hostile_json::any_json;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::delivery::{Fact, FactKind, Failure};
use crate::message::{MessageId, NotificationKey, OrderNumber, Reference};
use crate::provider::Provider;

const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);
const REFERENCE: &str = "notification/k-1/10482";

fn call(body: &Value) -> Callback {
    parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap()
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
fn a_message_that_was_not_sent_failed_at_the_time_of_receipt() {
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
fn the_flat_variables_of_v1_are_parsed_as_query_form_and_json() {
    let pairs = "id=4f2a%3A0&status=0&timestamp=1722834665&mobile=12025550100&error=to%2012025550100&error_code=5\
                 &ref=notification%2Fk-1%2F10482&ref1=order-cancelled&ref2=10482&status=sent";
    let flat = json!({"id": "4f2a:0", "status": 0, "timestamp": 1_722_834_665, "mobile": "12025550100",
        "error": "to 12025550100", "error_code": 5, "ref": REFERENCE, "ref1": "order-cancelled"});
    for callback in [
        parse_query(pairs, RECEIVED_AT),
        parse(pairs.as_bytes(), RECEIVED_AT).unwrap(),
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
fn a_notification_name_is_used_only_if_valid_and_beside_our_reference() {
    let name = |extra: Value| {
        only(&call(&json!({"status": "sent", "message_id": "a", "extra_info": extra}))).notification.clone()
    };
    assert_eq!(name(json!({"ref": REFERENCE, "ref1": "stock-arrived"})).as_deref(), Some("stock-arrived"));
    for strange in [json!(""), json!(7), json!(null), json!("a\u{0}b"), json!("x".repeat(256))] {
        assert_eq!(name(json!({"ref": REFERENCE, "ref1": strange})), None);
    }
    assert_eq!(name(json!({"ref": "another application's", "ref1": "order-cancelled"})), None);
    assert_eq!(name(json!({"ref1": REFERENCE})), None);
}

#[test]
fn our_reference_finds_the_message_without_a_usable_id() {
    let query = |query: &str| only(&parse_query(query, RECEIVED_AT)).clone();
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
fn a_placeholder_is_not_an_id() {
    let query = format!("status=delivered&ref={REFERENCE}");
    let without = only(&parse_query(&query, RECEIVED_AT)).message_id.clone();
    for id in ["null", "undefined", "None", "0", "N/A", "<message_id>", "%7B%7Bid%7D%7D", "-"] {
        let fact = only(&parse_query(&format!("id={id}&{query}"), RECEIVED_AT)).clone();
        assert_eq!((fact.message_id, fact.aliases.len()), (without.clone(), 0), "{id}");
        let callback = parse_query(&format!("id={id}&status=failed"), RECEIVED_AT);
        assert_eq!(
            (callback.facts.len(), callback.unusable.as_slice()),
            (0, &[Problem::NoMessageId][..]),
            "{id}"
        );
    }
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
        json!({"id": "102290129340398", "changes": [value], "extra_info": extra}),
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
fn every_order_number_survives_a_query() {
    for number in ["#2031", "A+7", "A 7", "R&D", "50%25", "a~23", "\"7\"", "10=5", "№7", "A/7", "1;2"] {
        let reference = Reference {
            order: OrderNumber::parse(number).unwrap().into(),
            key: NotificationKey::parse("k-1").unwrap(),
        };
        let wire = reference.to_wire();
        let encoded: String = form_urlencoded::byte_serialize(wire.as_bytes()).collect();
        let twice: String = form_urlencoded::byte_serialize(encoded.as_bytes()).collect();
        let old: String = form_urlencoded::byte_serialize(reference.to_string().as_bytes()).collect();
        for value in [wire.clone(), format!("\"{wire}\""), encoded, twice, old] {
            let callback = parse_query(&format!("ref={value}&status=read"), RECEIVED_AT);
            let fact = only(&callback);
            assert_eq!((fact.reference.as_ref(), fact.kind), (Some(&reference), FactKind::Read), "{value}");
        }
    }
    let order = |query: &str| {
        let fact = only(&parse_query(query, RECEIVED_AT)).clone();
        fact.reference.map(|reference| reference.order.to_string())
    };
    // The form of older releases, encoded or not.
    assert_eq!(order("ref=notification/k-1/A+7&status=read").as_deref(), Some("A+7"));
    assert_eq!(order("ref=notification%2Fk-1%2FA%2B7&status=read").as_deref(), Some("A+7"));
    assert_eq!(order("ref=notification%2Fk-1%2FA+7&status=read").as_deref(), Some("A 7"));
    assert_eq!(order("ref=notification/k-1/A%207&status=read").as_deref(), Some("A 7"));
    assert_eq!(order("id=a&ref=notification/k-1/&status=read"), None);
}

#[test]
fn a_body_of_named_variables_is_a_form() {
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
        format!("\u{feff}\r\n\u{feff}'id'='a'&status=DELIVERED&ref={encoded}\r\n"),
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
        let callback = parse(body.as_bytes(), RECEIVED_AT).unwrap();
        let fact = only(&callback);
        assert_eq!((ids(fact), fact.kind), (vec!["a"], FactKind::Delivered), "{body}");
        assert_eq!(fact.reference.as_ref().unwrap().to_string(), REFERENCE, "{body}");
    }
    // Truncated JSON and markup must not be parsed as a form, which would be empty.
    for body in [
        "{\"status\":\"a=b\"",
        "[\"a=b\"",
        "<status of=\"a\"/>",
        "--x\r\nid=a\r\n--x--",
        "status",
        "callback({\"message_id\":\"wamid.X==\",\"status\":\"read\"})",
        "a:2:{s:10:\"message_id\";s:9:\"wamid.X==\";}",
        "x\n{\"message_id\":\"wamid.X==\",\"status\":\"read\"}",
    ] {
        assert!(parse(body.as_bytes(), RECEIVED_AT).is_err(), "{body}");
    }
    let deep = format!("{}=1&id=a&status=read", "a[".repeat(100_000));
    assert_eq!(ids(only(&parse(deep.as_bytes(), RECEIVED_AT).unwrap())), ["a"]);
}

#[test]
fn the_documented_sample_is_parsed_with_its_trailing_comma() {
    let body = format!(
        r#"{{"meta_object":{{"value":{{"messaging_product":"whatsapp","statuses":[{{"id":"0a17f9c3",
            "status":"sent","timestamp":"1795165100","recipient_id":"12025550189"}}]}},"field":"messages"}},
            "extra_info":{{"trace_id":"8f14e45f","message_id":"wamid.A","waba_id":"1","ref":"{REFERENCE}"}},
            "status":"sent","message_id":"wamid.B",}}"#
    );
    let callback = parse(body.as_bytes(), RECEIVED_AT).unwrap();
    let fact = only(&callback);
    assert_eq!((ids(fact), fact.kind), (vec!["wamid.B", "wamid.A", "0a17f9c3"], FactKind::Sent));
    assert!(fact.reference.is_some());
}

#[test]
fn payments_are_not_facts_and_an_error_without_a_message_is_an_account_error() {
    for body in [
        json!({"meta_object": {"value": {"statuses": [{"id": "a", "type": "payment", "status": "failed"}]}}}),
        json!({"message_id": "a", "type": "payment", "status": "failed", "ref": REFERENCE}),
    ] {
        let callback = call(&body);
        assert_eq!((callback.facts.len(), callback.unusable.len(), callback.ignored), (0, 0, 1), "{body}");
    }
    let callback = call(&json!({"code": "WAV2101", "reason": "Account daily limit reached"}));
    assert!(matches!(callback.unusable.as_slice(), [Problem::Account(_)]), "{callback:?}");
}

#[test]
fn an_items_status_takes_precedence_over_the_envelopes() {
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
fn an_items_error_takes_precedence_over_the_envelopes() {
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
fn outer_members_are_ignored_with_statuses_of_several_messages() {
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
fn unusable_reports_are_listed_and_other_entries_ignored() {
    let problems = |body: Value| call(&body).unusable;
    assert_eq!(problems(json!({"status": "sent"})), [Problem::NoMessageId]);
    assert_eq!(problems(json!({"id": "a"})), [Problem::UnknownStatus(String::new())]);
    assert_eq!(
        problems(json!({"id": "a", "status": "teleported"})),
        [Problem::UnknownStatus("teleported".to_owned())]
    );
    assert_eq!(problems(json!({"status": "ok"})), [Problem::NoReport]);
    let queued = call(&json!({"id": "a", "status": "queued"}));
    assert_eq!((queued.unusable.len(), queued.ignored), (0, 1));
    for other in [
        json!({"id": "a", "from": "12025550100", "to": "12025550199", "type": "text", "text": "Thank you"}),
        json!({"message_id": "a", "from": "12025550100", "body": "Thank you", "name": "Alexey"}),
        json!({"id": "a", "status": "success"}),
    ] {
        let callback = call(&other);
        assert_eq!((callback.facts.len(), callback.unusable.len(), callback.ignored), (0, 0, 1), "{other}");
    }
    assert_eq!(
        only(&call(&json!({"id": "a", "status": "sent", "from": "1", "text": "x"}))).kind,
        FactKind::Sent
    );
    assert!(matches!(
        problems(json!({"meta_object": {"value": {"errors": [{"code": 131_048}]}}})).as_slice(),
        [Problem::Account(_)]
    ));
    for body in [json!({}), json!(null), json!([]), json!({"meta_object": {"value": {"messages": [{}]}}})] {
        let callback = call(&body);
        assert_eq!((callback.facts.len(), callback.unusable.len()), (0, 0), "{body}");
    }
    assert_eq!(parse_query("", RECEIVED_AT), Callback::default());
    assert_eq!(parse_query("probe=1", RECEIVED_AT).ignored, 1);
}

#[test]
fn a_body_in_an_unknown_format_is_refused() {
    assert_eq!(parse(b"", RECEIVED_AT), Err(Unparsable::Empty));
    assert_eq!(parse(b"<xml/>", RECEIVED_AT), Err(Unparsable::NotJson { line: 1, column: 1 }));
    assert!(matches!(parse(b"{\"status\"", RECEIVED_AT), Err(Unparsable::CutOff { .. })));
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(body: Vec<u8>, query: String) {
        let _ = parse(&body, RECEIVED_AT);
        parse_query(&query, RECEIVED_AT);
    }

    #[test]
    fn no_json_causes_a_panic_or_a_refusal(json in any_json(), statuses in any_json()) {
        prop_assert!(parse(json.to_string().as_bytes(), RECEIVED_AT).is_ok());
        call(&json!({"meta_object": {"value": {"statuses": statuses}}, "extra_info": json}));
    }
}
