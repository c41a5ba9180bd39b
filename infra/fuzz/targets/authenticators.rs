//! Callers without a secret: whatever signature, token, header, path and query they send, the call is refused.
//!
//! The secrets are longer than a fuzzer finds by chance, and are in no seed.

#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use shared::providers::{kaleyra, meta, one_msg};
use shared::secrets::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret};

const SECRET: &str = "f0b1de1e-4c0a-4be6-8a0b-86ad3f1d1f54";

// The bytes are cut into a head, which authenticates, and a body.
fuzz_target!(|data: (&[u8], &[u8])| {
    let (head, body) = data;
    let text = String::from_utf8_lossy(head);

    let of_meta = MetaWebhookSecret { app_secret: SECRET.into(), verify_token: SECRET.into() };
    assert!(meta::signature::verify(Some(head), body, &[&of_meta]).is_err());
    assert!(meta::handshake::challenge(&text, &[&of_meta]).is_err());

    let of_one_msg = OneMsgWebhookSecret { url_secret: SECRET.into() };
    assert!(one_msg::path_secret::verify(Some(&text), &[&of_one_msg]).is_err());

    let Ok(value) = HeaderValue::from_bytes(head) else { return };
    let headers: HeaderMap = ["authorization", "x-key"]
        .map(|name| (HeaderName::from_static(name), value.clone()))
        .into_iter()
        .collect();
    let secrets = [
        KaleyraWebhookSecret::Header { name: "x-key".to_owned(), value: SECRET.into() },
        KaleyraWebhookSecret::Basic { username: "kaleyra".to_owned(), password: SECRET.into() },
        KaleyraWebhookSecret::Bearer(SECRET.into()),
    ];
    for secret in &secrets {
        assert!(kaleyra::authentication::verify(&headers, &[secret]).is_err());
    }
});
