//! Parses 1MSG's callbacks: `ack` in the vendor's specification, `hooks` in seeds 000 to 002, and Meta's
//! envelope if the channel forwards "raw hooks". One callback may mix them with customers' messages.

use jiff::Timestamp;
use serde_json::Value;

use crate::delivery::{Fact, Failure};
use crate::message::MessageId;
use crate::provider::Provider;
use crate::providers::callback::{Callback, Problem, Unparsable, envelopes};
use crate::providers::codes;
use crate::providers::lenient::{self, Object};
use crate::providers::status_item::{self, Parts, Report};
use crate::providers::status_word;

/// The members that may contain reports: an array, a single object, or either as a string with JSON.
const LISTS: [&str; 4] = ["hooks", "ack", "acks", "statuses"];
/// The members that may contain the message's id.
const IDS: [&str; 3] = ["id", "messageId", "message_id"];

/// Texts for which Meta has a code.
const WORDS: [(&str, &str); 6] = [
    ("part of an experiment", "130472"),
    ("healthy ecosystem", "131049"),
    ("24 hours", "131047"),
    ("re-engagement", "131047"),
    ("message undeliverable", "131026"),
    ("incapable of receiving this message", "131026"),
];

/// Parses the body of a POST whose path was verified.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Callback, Unparsable> {
    envelopes(body, received_at, |object, received_at, callback| {
        envelope(object, None, received_at, callback);
    })
}

/// Parses a reply to a poll, which has the same forms. A report without an id is about the polled message.
pub(super) fn parse_about(
    message: &MessageId,
    body: &[u8],
    received_at: Timestamp,
) -> Result<Callback, Unparsable> {
    envelopes(body, received_at, |object, received_at, callback| {
        envelope(object, Some(message), received_at, callback);
    })
}

fn envelope(envelope: &Object, about: Option<&MessageId>, received_at: Timestamp, callback: &mut Callback) {
    let before = callback.facts.len() + callback.unusable.len() + callback.ignored;
    for list in LISTS.map(|list| envelope.get(list)) {
        let objects = lenient::objects(list);
        callback.ignored += lenient::items(list).len().saturating_sub(objects.len());
        for item in &objects {
            status_item::add_object(item, callback, |item| report(item, about, received_at));
        }
    }
    let lists = LISTS.iter().chain(&["entry"]);
    if envelope.contains_key("status") && !lists.into_iter().any(|list| envelope.contains_key(*list)) {
        status_item::add_object(envelope, callback, |item| report(item, about, received_at));
    } else if ["entry", "changes", "value"].iter().any(|name| envelope.contains_key(*name)) {
        let mut parts = Parts::default();
        parts.add(envelope);
        parts.add_to(callback, |item| status_item::from_meta(Provider::OneMsg, item, received_at));
    }
    callback.ignored += lenient::items(envelope.get("messages")).len();
    if !envelope.contains_key("status")
        && let Some(error) = lenient::member(envelope, "error")
    {
        callback.unusable.push(Problem::Account(failure(error)));
    }
    if callback.facts.len() + callback.unusable.len() + callback.ignored == before {
        callback.skip_envelope(envelope);
    }
}

fn report(item: &Object, about: Option<&MessageId>, received_at: Timestamp) -> Result<Fact, Problem> {
    // A report whose id is not usable is about another message.
    let ids = match IDS.iter().find(|key| lenient::text(item.get(**key)).is_some()) {
        Some(_) => IDS.iter().filter_map(|key| lenient::id(item.get(*key))).collect(),
        None => about.cloned().into_iter().collect(),
    };
    Report {
        provider: Provider::OneMsg,
        ids,
        status: status_word::status(item).unwrap_or_default(),
        at: lenient::time(item.get("timestamp"), received_at),
        failure: lenient::member(item, "error").map(failure).or_else(|| status_item::first_error(item)),
        reference: status_item::reference(item),
        notification: None,
    }
    .fact()
}

/// A text, or an object like the one in a reply.
fn failure(error: &Value) -> Failure {
    let Value::String(text) = error else { return status_item::error(error) };
    let known = WORDS
        .iter()
        .find(|(phrase, _)| text.to_lowercase().contains(phrase))
        .map(|(_, code)| (*code).to_owned());
    let code = known.or_else(|| codes::find_in(text).map(|code| code.to_string()));
    status_item::failure(code, Some(text.clone()))
}

#[cfg(test)]
mod tests {
    use hostile_json::any_json;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::delivery::FactKind;

    const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn call(body: &Value) -> Callback {
        parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap()
    }

    fn kinds(callback: &Callback) -> Vec<(&str, FactKind)> {
        callback.facts.iter().map(|fact| (fact.message_id.as_str(), fact.kind)).collect()
    }

    #[test]
    fn an_ack_becomes_a_fact_at_the_time_of_receipt() {
        let callback =
            call(&json!({"instanceId": "VID1", "ack": [{"id": "wamid.A=", "bsuid": "CO.1", "phone": "1",
            "chatId": "1@c.us", "status": "failed", "category": "utility", "userName": null,
            "error": "User's number is part of an experiment"}]}));
        let [fact] = callback.facts.as_slice() else { panic!("{callback:?}") };
        assert_eq!(
            (fact.message_id.as_str(), fact.kind, fact.at),
            ("wamid.A=", FactKind::Failed, RECEIVED_AT)
        );
        assert_eq!((fact.provider, fact.aliases.len(), &fact.reference), (Provider::OneMsg, 0, &None));
        assert_eq!(fact.failure.as_ref().unwrap().code.as_deref(), Some("130472"));
    }

    #[test]
    fn a_documented_hook_becomes_a_fact_at_its_own_time() {
        let callback = call(&json!({"hooks": [{"id": "wamid.A=", "type": "message", "status": "sent",
            "timestamp": "1654864094", "pricing": {}, "conversation": {"expiration_timestamp": 1_654_943_940},
            "recipient_id": "1"}]}));
        assert_eq!(kinds(&callback), [("wamid.A=", FactKind::Sent)]);
        assert_eq!(callback.facts[0].at, Timestamp::from_second(1_654_864_094).unwrap());
    }

    #[test]
    fn every_list_is_read_as_an_array_or_a_single_object() {
        for list in LISTS {
            let item = json!({"id": "a", "status": "delivered"});
            for value in [item.clone(), json!([item])] {
                let mut body = serde_json::Map::new();
                body.insert(list.to_owned(), value);
                for body in [json!(body), json!([body])] {
                    assert_eq!(kinds(&call(&body)), [("a", FactKind::Delivered)], "{body}");
                }
            }
        }
        let both =
            json!({"ack": [{"id": "a", "status": "viewed"}], "hooks": {"id": "b", "status": "undelivered"}});
        assert_eq!(kinds(&call(&both)), [("b", FactKind::Failed), ("a", FactKind::Read)]);
    }

    #[test]
    fn a_list_may_be_nested_or_a_string() {
        let item = json!({"id": "a", "status": "seen"});
        for list in [json!([[item]]), json!(json!([item]).to_string()), json!([item.to_string()])] {
            for body in [json!({"ack": list}), json!([[{"ack": list}]])] {
                let callback = call(&body);
                assert_eq!((kinds(&callback), callback.ignored), (vec![("a", FactKind::Read)], 0), "{body}");
            }
        }
        assert_eq!(call(&json!({"ack": ["x", "[7", "{}"]})).ignored, 2);
    }

    #[test]
    fn the_id_has_three_names_and_a_second_id_is_an_alias() {
        for key in IDS {
            assert_eq!(
                kinds(&call(&json!({"ack": {key: "a", "status": "played"}}))),
                [("a", FactKind::Read)]
            );
        }
        let callback =
            call(&json!({"ack": {"id": "a", "messageId": "b", "message_id": "a", "status": "sent"}}));
        let aliases: Vec<_> = callback.facts[0].aliases.iter().map(MessageId::as_str).collect();
        assert_eq!((kinds(&callback), aliases), (vec![("a", FactKind::Sent)], vec!["b"]));
    }

    #[test]
    fn raw_hooks_are_parsed_in_metas_envelope() {
        let callback =
            call(&json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",
            "value": {"statuses": [{"id": "wamid.A", "status": "read", "timestamp": "1750028473"}]}}]}]}));
        assert_eq!(kinds(&callback), [("wamid.A", FactKind::Read)]);
        assert_eq!(callback.facts[0].provider, Provider::OneMsg);
    }

    #[test]
    fn parts_of_envelopes_and_nested_envelopes_are_parsed() {
        let statuses = json!([{"id": "wamid.A", "status": "read"}]);
        let change = json!({"field": "messages", "value": {"statuses": statuses}});
        for body in [
            change.clone(),
            json!({"id": "1", "changes": [change]}),
            json!({"entry": json!([{"changes": [change]}]).to_string()}),
            json!({"entry": [{"changes": [{"field": "messages", "value": json!({"statuses": statuses}).to_string()}]}]}),
            json!({"entry": {"changes": {"value": {"statuses": statuses.to_string()}}}}),
            json!({"data": {"ack": statuses}, "event": "ack"}),
            json!({"payload": json!({"ack": statuses}).to_string()}),
            json!({"body": [{"ack": statuses}, {"messages": []}]}),
            // A relay's own members describe its own call.
            json!({"status": "ok", "data": {"ack": statuses}}),
            json!({"status": 200, "code": 0, "error": null, "payload": json!({"ack": statuses}).to_string()}),
            json!({"status": "sent", "event": "message.ack", "data": {"ack": statuses}}),
            json!({"status": "ok", "type": "webhook", "data": statuses}),
            json!({"type": "message_status", "data": {"id": "wamid.A", "status": "read"}}),
            json!({"status": "success", "errors": [], "body": {"entry": [{"changes": [change]}]}}),
        ] {
            let callback = call(&body);
            assert_eq!(
                (kinds(&callback), callback.unusable.len()),
                (vec![("wamid.A", FactKind::Read)], 0),
                "{body}"
            );
        }
        for body in [
            json!({"event": "x", "message": {"id": "wamid.A", "status": "read"}}),
            json!({"data": {"data": {"ack": statuses}}}),
        ] {
            let callback = call(&body);
            assert_eq!(
                (callback.facts.len(), callback.unusable, callback.ignored),
                (0, vec![Problem::UnknownEnvelope], 0),
                "{body}"
            );
        }
        // An outer report counts beside the inner ones.
        let both = call(&json!({"id": "wamid.B", "status": "sent", "data": {"ack": statuses}}));
        assert_eq!(kinds(&both), [("wamid.B", FactKind::Sent), ("wamid.A", FactKind::Read)]);
        let both = call(&json!({"error": "instance is not active", "data": {"ack": statuses}}));
        assert_eq!((kinds(&both), both.unusable.len()), (vec![("wamid.A", FactKind::Read)], 1));
        let outer =
            call(&json!({"id": "wamid.B", "status": "sent", "data": {"id": "wamid.A", "status": "failed"}}));
        assert_eq!(kinds(&outer), [("wamid.B", FactKind::Sent)]);
        // The envelope's type applies to the bare report in it.
        for about in ["payment", "payment.failed", "calls", "order", "Transaction"] {
            for name in ["type", "event"] {
                let other = call(&json!({name: about, "data": {"id": "wamid.A", "status": "failed"}}));
                assert_eq!(
                    (other.facts.len(), other.unusable.len(), other.ignored),
                    (0, 0, 1),
                    "{name} {about}"
                );
            }
        }
        for about in ["order_status", "callback", "message.failed", "order-notification"] {
            let own = call(&json!({"type": about, "data": {"id": "wamid.A", "status": "failed"}}));
            assert_eq!(kinds(&own), [("wamid.A", FactKind::Failed)], "{about}");
        }
        let account = call(&json!({"error": "instance is not active", "data": {}}));
        assert!(matches!(account.unusable.as_slice(), [Problem::Account(_)]));
    }

    #[test]
    fn an_error_text_has_its_code_or_is_redacted() {
        for (error, code, text) in [
            (
                json!("User's number is part of an experiment"),
                Some("130472"),
                "the customer's number is part of an experiment of Meta's",
            ),
            (
                json!("to maintain HEALTHY ecosystem engagement"),
                Some("131049"),
                "Meta chose not to deliver it, to keep a healthy ecosystem",
            ),
            (
                json!("more than 24 hours have passed"),
                Some("131047"),
                "the customer's last message is more than 24 hours old",
            ),
            (
                json!("Re-engagement message"),
                Some("131047"),
                "the customer's last message is more than 24 hours old",
            ),
            (json!("Message undeliverable"), Some("131026"), "the customer can't be reached on WhatsApp"),
            (json!("(#131026) Undeliverable"), Some("131026"), "the customer can't be reached on WhatsApp"),
            (json!("no route to 12025550100"), None, "no route to […]"),
            (
                json!({"code": 131_026, "message": "m"}),
                Some("131026"),
                "the customer can't be reached on WhatsApp",
            ),
            (json!({"message": "m"}), None, "m"),
        ] {
            let callback = call(&json!({"ack": {"id": "a", "status": "failed", "error": error}}));
            let expected = Failure { code: code.map(str::to_owned), text: text.to_owned() };
            assert_eq!(callback.facts[0].failure, Some(expected), "{error}");
        }
        let bare = call(&json!({"ack": {"id": "a", "status": "failed", "error": null}}));
        assert_eq!(bare.facts[0].failure, None);
    }

    #[test]
    fn a_bare_array_and_every_time_format_are_parsed() {
        let callback = call(&json!([{"id": "a", "status": "sent", "timestamp": "1795165100000"},
            {"id": "a", "status": "delivered", "timestamp": "2026-11-20T08:59:00Z"}]));
        assert_eq!(kinds(&callback), [("a", FactKind::Sent), ("a", FactKind::Delivered)]);
        let times: Vec<_> = callback.facts.iter().map(|fact| fact.at.as_second()).collect();
        assert_eq!(times, [1_795_165_100, 1_795_165_140]);
        let payment = call(&json!({"ack": [{"id": "a", "type": "payment", "status": "failed"}]}));
        assert_eq!((payment.facts.len(), payment.unusable.len(), payment.ignored), (0, 0, 1));
        let document =
            |status: &str| call(&json!({"ack": [{"id": "a", "type": "document", "status": status}]}));
        assert_eq!(kinds(&document("delivered")), [("a", FactKind::Delivered)]);
        assert_eq!((document("failed").facts.len(), document("failed").ignored), (0, 1));
        let pending = call(&json!({"ack": [{"id": "a", "status": 0}]}));
        assert_eq!(pending.unusable, [Problem::UnknownStatus("0".to_owned())]);
    }

    #[test]
    fn an_error_without_a_message_is_an_account_error() {
        let callback = call(&json!({"instanceId": "VID1", "error": "instance is not active"}));
        let text = "instance is not active".to_owned();
        assert_eq!(callback.unusable, [Problem::Account(Failure { code: None, text })]);
    }

    #[test]
    fn a_byte_order_mark_and_trailing_commas_are_accepted() {
        for body in [
            &b"\xef\xbb\xbf{\"ack\":[{\"id\":\"a\",\"status\":\"read\"}]}"[..],
            b"{\"ack\":[{\"id\":\"a\" \"status\":\"read\",},]}",
            b"{\"ack\":[{\"id\":\"a\",\"status\":\"read\",\"name\":\"Jos\xe9\",\"n\":1e999}]}",
        ] {
            assert_eq!(kinds(&parse(body, RECEIVED_AT).unwrap()), [("a", FactKind::Read)]);
        }
    }

    #[test]
    fn messages_calls_and_unknown_entries_are_ignored_beside_facts() {
        let mixed = call(&json!({"messages": [{"id": "m1"}, {"id": "m2"}],
            "ack": [{"id": "a", "status": "sent"}, {"id": "b", "status": "new"}, {"status": "sent"}, "x"]}));
        assert_eq!(kinds(&mixed), [("a", FactKind::Sent)]);
        assert_eq!(mixed.unusable, [Problem::UnknownStatus("new".to_owned()), Problem::NoMessageId]);
        assert_eq!(mixed.ignored, 3);
        for other in
            [json!({"type": "calls", "calls": []}), json!({}), json!("x"), json!(null), json!({"ack": []})]
        {
            let callback = call(&other);
            assert_eq!((callback.facts.len(), callback.unusable.len()), (0, 0), "{other}");
        }
        let calls = call(&json!({"type": "calls", "calls": [{"id": "c1", "status": "RINGING"}]}));
        assert_eq!((calls.unusable.len(), calls.ignored), (0, 1));
    }

    #[test]
    fn a_body_that_is_not_json_is_refused() {
        assert_eq!(parse(b"ack=1", RECEIVED_AT), Err(Unparsable::NotJson { line: 1, column: 1 }));
        assert_eq!(parse(b"", RECEIVED_AT), Err(Unparsable::Empty));
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(body: Vec<u8>) {
            let _ = parse(&body, RECEIVED_AT);
        }

        #[test]
        fn no_json_causes_a_panic_or_a_refusal(json in any_json(), list in any_json()) {
            prop_assert!(parse(json.to_string().as_bytes(), RECEIVED_AT).is_ok());
            call(&json!({"ack": list}));
        }
    }
}
