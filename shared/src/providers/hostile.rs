//! Tests documented callbacks with faults in them, and calls with a wrong secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hostile_json::{PHONE, any_json, broken, broken_text};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::{collection, sample};
use serde_json::{Value, json};

use super::api::Api;
use super::authentication::Refused;
use super::callback::{Callback, Unparsable};
use super::http::Reply;
use super::registry::with_api;
use super::sanitizer::Sanitizer;
use super::webhook_call::{Call, Purpose, Route};
use super::{codes, kaleyra, meta, one_msg};
use crate::delivery::FactKind;
use crate::message::MessageId;
use crate::protocol::Answer;
use crate::provider::Provider;
use crate::secrets::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret};

const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

fn parse(provider: Provider, body: &[u8]) -> Result<Callback, Unparsable> {
    let route = Route { provider, purpose: Purpose::Callback, is_get: false, path_secret: None };
    Call { route, headers: &HeaderMap::new(), query: "", body }.parse_callback(RECEIVED_AT)
}

fn answers(reply: &Reply) -> impl Iterator<Item = Answer> {
    Provider::ALL
        .into_iter()
        .map(move |provider| with_api!(provider, P => P::answer(reply, &Sanitizer::default())))
}

/// Every form of callback that the three providers document, once each.
fn documented() -> Vec<Value> {
    let status = json!({"id": "wamid.A", "status": "failed", "timestamp": "1750028473", "recipient_id": PHONE,
        "biz_opaque_callback_data": "notification/k-1/10482", "conversation": {"id": "c", "expiration_timestamp": "1"},
        "errors": [{"code": 131_049, "title": "t", "message": "m", "error_data": {"details": format!("to {PHONE}")}}]});
    let value = json!({"messaging_product": "whatsapp", "metadata": {}, "statuses": [status, status],
        "errors": [{"code": 131_048, "title": format!("for {PHONE}")}], "messages": [{"id": "m", "from": PHONE}]});
    vec![
        json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}),
        json!({"instanceId": "VID1", "ack": [{"id": "wamid.A", "phone": PHONE, "status": "failed", "userName": null,
            "error": format!("no route to {PHONE}")}], "messages": [{"id": "m"}]}),
        json!({"hooks": [{"id": "wamid.A", "type": "message", "status": "sent", "timestamp": "1654864094", "pricing": {}}]}),
        json!({"meta_object": {"value": value, "field": "messages"}, "status": "sent", "message_id": "wamid.B",
            "extra_info": {"message_id": "wamid.C", "ref": "notification/k-1/10482", "ref1": "a", "ref2": "b"}}),
        json!({"code": "WAV2101", "status": "not sent", "reason": format!("limit of {PHONE}"), "message_id": "wamid.A",
            "extra_info": {"ref": "notification/k-1/10482"}}),
        json!({"id": "4f2a:0", "status": 0, "timestamp": 1_722_834_665, "mobile": PHONE, "error": PHONE, "error_code": 5,
            "ref": "notification/k-1/10482"}),
        json!([{"type": "calls", "calls": []}, {"ack": {"id": "a", "status": "viewed"}}]),
    ]
}

fn objects(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(objects).sum(),
        Value::Object(members) => 1 + members.values().map(objects).sum::<usize>(),
        _ => 0,
    }
}

/// Checks what must hold for every parsed callback: each fact is safe for the table and the log.
fn is_storable(provider: Provider, callback: &Callback) -> Result<(), TestCaseError> {
    for fact in &callback.facts {
        prop_assert_eq!(fact.provider, provider);
        prop_assert!(fact.aliases.len() <= 3 && !fact.aliases.contains(&fact.message_id));
        let ids = std::iter::once(&fact.message_id).chain(&fact.aliases);
        prop_assert!(ids.map(MessageId::as_str).all(|id| (1..=512).contains(&id.len())));
        prop_assert!(fact.at.as_second() >= 1_500_000_000);
        prop_assert!(fact.at.duration_since(RECEIVED_AT) <= SignedDuration::from_hours(24));
        prop_assert!(fact.failure.is_none() || fact.kind == FactKind::Failed);
        if let Some(failure) = &fact.failure {
            prop_assert!(
                failure.text.chars().count() <= 201 && !failure.text.contains(PHONE),
                "{}",
                failure.text
            );
            prop_assert!(failure.code.as_deref().is_none_or(|code| codes::storable(code).is_some()));
        }
    }
    for problem in &callback.unusable {
        let line = problem.to_string();
        prop_assert!(line.len() < 1000 && !line.contains(PHONE) && !line.contains('\n'), "{line}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic_or_an_acceptance(status in 100u16..700, body: Vec<u8>) {
        let reply = Reply { status, retry_after: None, error_type: None, body };
        prop_assert!(!answers(&reply).any(|answer| matches!(answer, Answer::Accepted(_))));
    }

    #[test]
    fn no_json_causes_a_panic_and_no_refusing_status_an_acceptance(status in 100u16..700, json in any_json()) {
        let reply = Reply { status, retry_after: None, error_type: None, body: json.to_string().into() };
        let accepted = answers(&reply).any(|answer| matches!(answer, Answer::Accepted(_)));
        prop_assert!(!accepted || (200..300).contains(&status));
    }

    #[test]
    fn facts_of_broken_callbacks_are_safe_to_store(json in broken(documented())) {
        let body = json.to_string();
        for provider in Provider::WITH_WEBHOOK {
            let callback = parse(provider, body.as_bytes());
            prop_assert!(callback.is_ok(), "{provider} {callback:?}");
            let callback = callback.unwrap_or_default();
            is_storable(provider, &callback)?;
            prop_assert!(callback.facts.len() + callback.unusable.len() <= objects(&json) + json.to_string().len());
        }
    }

    #[test]
    fn facts_of_broken_text_are_safe_to_store(body in broken_text(documented())) {
        for provider in Provider::WITH_WEBHOOK {
            match parse(provider, &body) {
                Ok(callback) => is_storable(provider, &callback)?,
                Err(error) => prop_assert!(!error.to_string().contains(PHONE)),
            }
        }
    }

    #[test]
    fn facts_of_any_variables_are_safe_to_store(
        pairs in collection::vec((
            sample::select(vec!["id", "status", "timestamp", "error", "error_code", "ref", "message_id", "mobile", "errors", "meta_object", ""]),
            prop_oneof!["[ -~]{0,40}", sample::select(vec![PHONE, "0", "sent", "%", "%zz", "%ff%fe", "+", "=", "&&"]).prop_map(str::to_owned)],
        ), 0..120),
    ) {
        let form = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let query = kaleyra::callback::parse_query(&form, RECEIVED_AT);
        is_storable(Provider::Kaleyra, &query)?;
        prop_assert!(query.facts.len() + query.unusable.len() <= 1);
        if let Ok(callback) = kaleyra::callback::parse(form.as_bytes(), RECEIVED_AT) {
            is_storable(Provider::Kaleyra, &callback)?;
        }
    }
}

/// A secret and a wrong value for it: another text, or the secret with a changed bit or a changed end.
fn secret_and_another() -> impl Strategy<Value = (String, Vec<u8>)> {
    ("[!-~]{1,40}", any::<(Index, u8)>(), 0usize..4, any::<Vec<u8>>())
        .prop_map(|(secret, (place, bit), how, other)| {
            let mut bytes = secret.clone().into_bytes();
            match how {
                0 => bytes[place.index(secret.len())] ^= 1 << (bit % 8),
                1 => bytes.truncate(place.index(secret.len())),
                2 => bytes.push(bit),
                _ => bytes = other,
            }
            (secret, bytes)
        })
        .prop_filter("another one", |(secret, other)| secret.as_bytes() != other)
}

fn kaleyra_secret(json: &Value) -> KaleyraWebhookSecret {
    serde_json::from_value(json.clone()).unwrap()
}

proptest! {
    #[test]
    fn metas_signature_accepts_no_other_body_and_no_other_secret(
        body: Vec<u8>, (secret, other) in secret_and_another(), tag in any::<[u8; 32]>(), header: Vec<u8>,
    ) {
        let secrets = MetaWebhookSecret { app_secret: secret.as_str().into(), verify_token: "t".into(), phone_number_id: None };
        let check = |header: &[u8], body: &[u8]| meta::signature::verify(Some(header), body, &[&secrets]);
        let sign = |key: &[u8], body: &[u8]| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
            format!("sha256={}", hex::encode(aws_lc_rs::hmac::sign(&key, body))).into_bytes()
        };
        let right = sign(secret.as_bytes(), &body);
        prop_assert_eq!(check(&right, &body), Ok(()));
        prop_assert_eq!(check(format!("sha256={}", hex::encode(tag)).as_bytes(), &body), Err(Refused::Wrong));
        prop_assert!(check(&header, &body).is_err());
        prop_assert_eq!(check(&right, &[&body[..], b" "].concat()), Err(Refused::Wrong));
        for end in 0..right.len() {
            prop_assert_eq!(check(&right[..end], &body), Err(Refused::Malformed));
        }
        // HMAC pads a key with zeros, so the secret followed by zeros is the same key.
        let trimmed: Vec<u8> = other.iter().rev().skip_while(|byte| **byte == 0).copied().collect();
        if trimmed.into_iter().rev().ne(secret.bytes()) {
            prop_assert_eq!(check(&sign(&other, &body), &body), Err(Refused::Wrong));
        }
    }

    #[test]
    fn metas_handshake_accepts_no_other_token((secret, other) in secret_and_another(), query: String) {
        let secrets = MetaWebhookSecret { app_secret: "s".into(), verify_token: secret.as_str().into(), phone_number_id: None };
        let ask = |token: &[u8]| {
            let token: String = form_urlencoded::byte_serialize(token).collect();
            let query = format!("hub.mode=subscribe&hub.challenge=7&hub.verify_token={token}");
            meta::handshake::challenge(&query, &[&secrets])
        };
        prop_assert_eq!(ask(secret.as_bytes()), Ok("7".to_owned()));
        prop_assert!(ask(&other).is_err());
        prop_assert!(meta::handshake::challenge(&query, &[&secrets]).is_err());
    }

    #[test]
    fn one_msgs_path_accepts_no_other_secret((secret, other) in secret_and_another()) {
        let secrets = OneMsgWebhookSecret { url_secret: secret.as_str().into() };
        let check = |segment: &str| one_msg::path_secret::verify(Some(segment), &[&secrets]);
        prop_assert_eq!(check(&secret), Ok(()));
        if let Ok(other) = std::str::from_utf8(&other) {
            prop_assert!(check(other).is_err());
        }
    }

    #[test]
    fn kaleyras_headers_accept_no_other_secret((secret, other) in secret_and_another(), value: Vec<u8>) {
        let check = |name: &'static str, value: &[u8], secret: &Value| {
            let headers = HeaderValue::from_bytes(value).map(|value| (HeaderName::from_static(name), value));
            let headers: HeaderMap = headers.into_iter().collect();
            kaleyra::authentication::verify(&headers, &[&kaleyra_secret(secret)])
        };
        let header = json!({"header": {"name": "x-key", "value": secret}});
        prop_assert_eq!(check("x-key", secret.as_bytes(), &header), Ok(()));
        // White space around a header's value or a token is not part of it.
        if other.trim_ascii() != secret.as_bytes() {
            let bearer = json!({"bearer": secret});
            prop_assert!(check("x-key", &other, &header).is_err());
            prop_assert!(check("authorization", &[b"Bearer ", &other[..]].concat(), &bearer).is_err());
        }
        let basic = json!({"basic": {"username": "u", "password": secret}});
        let encoded = |password: &[u8]| {
            format!("Basic {}", STANDARD.encode([b"u:", password].concat())).into_bytes()
        };
        prop_assert_eq!(check("authorization", &encoded(secret.as_bytes()), &basic), Ok(()));
        prop_assert!(check("authorization", &encoded(&other), &basic).is_err());
        for secret in [&header, &basic, &json!({"bearer": secret})] {
            prop_assert!(check("authorization", &value, secret).is_err());
        }
    }
}
