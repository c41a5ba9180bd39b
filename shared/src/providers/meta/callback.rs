//! Parses Meta's callbacks: every status in every change of every entry, up to a thousand in one callback.

use jiff::Timestamp;

use crate::provider::Provider;
use crate::providers::callback::{Callback, Unparsable, envelopes};
use crate::providers::status_item::{self, Parts};

/// Parses the body of a POST whose signature was verified.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Callback, Unparsable> {
    envelopes(body, received_at, |envelope, received_at, callback| {
        let mut parts = Parts::default();
        parts.add(envelope);
        parts.add_to(callback, |item| status_item::from_meta(Provider::Meta, item, received_at));
    })
}

#[cfg(test)]
mod tests {
    use hostile_json::{PHONE, any_json};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::delivery::{FactKind, Failure};
    use crate::providers::Problem;

    const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn call(value: &Value) -> Callback {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "messages", "value": value}]}]});
        parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap()
    }

    #[test]
    fn a_status_becomes_a_fact() {
        let callback = call(&json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"},
            "statuses": [{"id": "wamid.A=", "status": "delivered", "timestamp": "1750028473",
                "recipient_id": "12025550100", "biz_opaque_callback_data": "notification/k-1/10482",
                "conversation": {"id": "c", "expiration_timestamp": 1_750_030_000}, "pricing": {}}]}));
        let [fact] = callback.facts.as_slice() else { panic!("{callback:?}") };
        assert_eq!(fact.message_id.as_str(), "wamid.A=");
        assert_eq!((fact.kind, fact.provider), (FactKind::Delivered, Provider::Meta));
        assert_eq!(fact.at, "2025-06-15T23:01:13Z".parse().unwrap());
        assert_eq!((&fact.failure, fact.aliases.len()), (&None, 0));
        let reference = fact.reference.as_ref().unwrap();
        assert_eq!((reference.key.as_str(), reference.order.as_str()), ("k-1", "10482"));
        assert_eq!((callback.unusable.len(), callback.ignored), (0, 0));
    }

    #[test]
    fn only_a_failure_has_an_error_and_it_is_the_first() {
        let errors = json!([{"code": 131_049, "title": "t"}, {"code": 1}]);
        let callback = call(&json!({"statuses": [
            {"id": "a", "status": "failed", "timestamp": 1_750_028_473, "errors": errors},
            {"id": "a", "status": "sent", "errors": errors},
            {"id": "b", "status": "failed"}]}));
        let failures: Vec<_> =
            callback.facts.iter().map(|fact| fact.failure.clone().and_then(|failure| failure.code)).collect();
        assert_eq!(failures, [Some("131049".to_owned()), None, None]);
        assert_eq!(callback.facts[1].at, RECEIVED_AT);
    }

    #[test]
    fn every_entry_and_change_is_parsed_and_other_items_are_counted() {
        let change =
            |id: &str| json!({"field": "messages", "value": {"statuses": [{"id": id, "status": "played"}]}});
        let body = json!({"entry": [
            {"changes": [change("a"), change("b"), {"field": "message_template_status_update", "value": {"event": "PAUSED"}}]},
            {"changes": [change("c"), {"field": "messages", "value": {"messages": [{"id": "x"}, {"id": "y"}]}}]},
            {"changes": []}, {}, 7]});
        let callback = parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap();
        let ids: Vec<_> = callback.facts.iter().map(|fact| fact.message_id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert!(callback.facts.iter().all(|fact| fact.kind == FactKind::Read));
        assert_eq!((callback.unusable.len(), callback.ignored), (0, 3));
    }

    #[test]
    fn unusable_reports_are_listed_and_the_others_are_parsed() {
        let callback = call(&json!({"errors": [{"code": 131_048, "title": "t"}], "statuses": [
            {"status": "sent"}, {"id": "", "status": "sent"}, {"id": "a b", "status": "sent"},
            {"id": "a", "status": "teleported"}, {"id": "a", "status": "deleted"}, {"id": "a"}, 7, {"id": "a", "status": "sent"}]}));
        assert_eq!(callback.facts.len(), 1);
        let limited = "the phone number is limited because its messages were reported as spam".to_owned();
        assert_eq!(
            callback.unusable,
            [
                Problem::NoMessageId,
                Problem::NoMessageId,
                Problem::NoMessageId,
                Problem::UnknownStatus("teleported".to_owned()),
                Problem::UnknownStatus(String::new()),
                Problem::Account(Failure { code: Some("131048".to_owned()), text: limited }),
            ]
        );
        assert_eq!(callback.ignored, 2);
    }

    #[test]
    fn restrictions_and_bans_are_account_errors_and_other_updates_are_not() {
        let update = |value: Value| {
            let change = json!({"field": "account_update", "value": value});
            let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "time": 1, "changes": [change]}]});
            let alone = parse(change.to_string().as_bytes(), RECEIVED_AT).unwrap();
            let callback = parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap();
            assert_eq!(callback, alone, "with and without an envelope");
            assert_eq!(callback.facts.len(), 0);
            callback
        };
        for (value, text) in [
            (
                json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [
                    {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1_641_848_867},
                    {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}]}),
                "ACCOUNT_RESTRICTION RESTRICTED_BIZ_INITIATED_MESSAGING RESTRICTED_ADD_PHONE_NUMBER_ACTION",
            ),
            (
                json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "x"}}),
                "DISABLED_UPDATE SCHEDULE_FOR_DISABLE",
            ),
            (
                json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}),
                "ACCOUNT_VIOLATION SCAM",
            ),
            (json!({"phone_number": PHONE, "event": "ACCOUNT_DELETED"}), "ACCOUNT_DELETED"),
            (json!({"event": "PARTNER_REMOVED"}), "PARTNER_REMOVED"),
            (
                json!({"event": "SOMETHING_NEW", "restriction_info": {"restriction_type": "RESTRICTED_ALL"}}),
                "SOMETHING_NEW RESTRICTED_ALL",
            ),
            (json!({"event": PHONE, "ban_info": {"waba_ban_state": format!("by {PHONE}")}}), ""),
        ] {
            let trouble = Problem::Account(Failure { code: None, text: text.to_owned() });
            assert_eq!(update(value.clone()).unusable, [trouble], "{value}");
        }
        let review = |decision: &str| {
            let change = json!({"field": "account_review_update", "value": {"decision": decision}});
            parse(change.to_string().as_bytes(), RECEIVED_AT).unwrap().unusable
        };
        assert_eq!(review("APPROVED"), []);
        assert_eq!(
            review("REJECTED"),
            [Problem::Account(Failure { code: None, text: "REJECTED".to_owned() })]
        );
        for value in [
            json!({"phone_number": PHONE, "event": "VERIFIED_ACCOUNT"}),
            json!({"event": "PARTNER_ADDED", "waba_info": {"waba_id": "1"}}),
            json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}),
            json!({"event": "ACCOUNT_UPDATE", "restriction_info": []}),
            json!({"event": 7, "ban_info": 7, "violation_info": [], "restriction_info": "x"}),
            json!({}),
        ] {
            let callback = update(value.clone());
            assert_eq!((callback.unusable.len(), callback.ignored), (0, 1), "{value}");
        }
    }

    #[test]
    fn payments_and_calls_are_not_delivery_facts() {
        for status in ["pending", "captured", "failed", "delivered"] {
            for item in [
                json!({"id": "wamid.A=", "type": "payment", "status": status, "timestamp": "1795769100",
                    "payment": {"reference_id": "ref-10482", "currency": "INR"}}),
                json!({"id": "wamid.A=", "status": status, "payment": {"reference_id": "ref-10482"}}),
                json!({"id": "wacid.A=", "type": "call", "status": status}),
            ] {
                let callback =
                    call(&json!({"statuses": [item, {"id": "b", "type": "message", "status": "sent"}]}));
                let ids: Vec<_> = callback.facts.iter().map(|fact| fact.message_id.as_str()).collect();
                assert_eq!((ids, callback.unusable.len(), callback.ignored), (vec!["b"], 0, 1), "{item}");
            }
        }
    }

    #[test]
    fn our_reference_finds_the_message_without_a_usable_id() {
        let fact = |id: Value| {
            let status =
                json!({"id": id, "status": "read", "biz_opaque_callback_data": "notification/k-1/10482"});
            call(&json!({"statuses": [status]})).facts.remove(0)
        };
        let without = fact(json!(null));
        assert_eq!(without.reference.as_ref().unwrap().to_string(), "notification/k-1/10482");
        assert!(without.message_id.as_str().starts_with("reference:"));
        assert_eq!(fact(json!("a b")), without);
        assert_eq!(fact(json!("wamid.A")).message_id.as_str(), "wamid.A");
    }

    #[test]
    fn an_invalid_text_does_not_affect_other_reports() {
        let body = br#"{"object":"whatsapp_business_account","entry":[{"changes":[
            {"field":"messages","value":{"contacts":[{"profile":{"name":"Ana \ud83d"}}],"messages":[{"id":"wamid.IN1"}]}},
            {"field":"messages","value":{"statuses":[{"id":"wamid.A=","timestamp":"1795769100","status":"delivered"}]}}]}]}"#;
        for body in [body.to_vec(), [b"\xef\xbb\xbf", &body[..]].concat()] {
            let callback = parse(&body, RECEIVED_AT).unwrap();
            assert_eq!((callback.facts.len(), callback.ignored), (1, 1));
        }
    }

    #[test]
    fn an_envelope_may_be_missing() {
        let item = json!({"id": "a", "status": "read"});
        for body in [
            json!([item]),
            item.clone(),
            json!({"statuses": [item]}),
            json!([{"field": "messages", "value": {"statuses": item}}]),
            json!({"id": "1", "changes": [{"field": "messages", "value": {"statuses": item}}]}),
        ] {
            let callback = parse(body.to_string().as_bytes(), RECEIVED_AT).unwrap();
            assert_eq!((callback.facts.len(), callback.ignored), (1, 0), "{body}");
        }
        let calls = json!({"field": "calls", "value": {"statuses": [item]}});
        assert_eq!(parse(calls.to_string().as_bytes(), RECEIVED_AT).unwrap().ignored, 1);
    }

    #[test]
    fn a_foreign_reference_is_ignored() {
        for data in [json!("customer1"), json!(7), json!(null), json!("notification/k")] {
            let callback =
                call(&json!({"statuses": [{"id": "a", "status": "sent", "biz_opaque_callback_data": data}]}));
            assert_eq!(callback.facts[0].reference, None, "{data}");
        }
    }

    #[test]
    fn a_thousand_statuses_in_one_call_are_parsed() {
        let statuses: Vec<_> =
            (0..1000).map(|n| json!({"id": format!("wamid.{n}"), "status": "read"})).collect();
        assert_eq!(call(&json!({"statuses": statuses})).facts.len(), 1000);
    }

    #[test]
    fn json_of_another_kind_is_ignored() {
        for body in ["null", "true", "7", "\"x\"", "{}", "[7]", r#"{"object":"page"}"#] {
            let callback = parse(body.as_bytes(), RECEIVED_AT).unwrap();
            assert_eq!((callback.facts.len(), callback.unusable.len()), (0, 0), "{body}");
        }
        let unknown = parse(br#"{"update":{"status":"read"}}"#, RECEIVED_AT).unwrap();
        assert_eq!((unknown.unusable.as_slice(), unknown.ignored), (&[Problem::UnknownEnvelope][..], 0));
        assert_eq!(parse(b"{\"entry\":[", RECEIVED_AT), Err(Unparsable::CutOff { line: 1, column: 10 }));
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(body: Vec<u8>) {
            let _ = parse(&body, RECEIVED_AT);
        }

        #[test]
        fn no_json_causes_a_panic_or_a_refusal(json in any_json(), value in any_json()) {
            prop_assert!(parse(json.to_string().as_bytes(), RECEIVED_AT).is_ok());
            call(&value);
        }
    }
}
