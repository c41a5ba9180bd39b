//! Tests the authenticators: a call without the secret is refused, with any headers, path and query.
//!
//! The secrets are too long for a fuzzer to find by chance, and no seed contains them.

#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use shared::message::Sender;
use shared::provider::Provider;
use shared::providers::{Call, Purpose, Route};
use shared::secrets::{
    KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret, Readable, Senders, WebhookSecrets,
};

const SECRET: &str = "f0b1de1e-4c0a-4be6-8a0b-86ad3f1d1f54";

// The first part of the input is used as every credential; the second part is the body.
fuzz_target!(|data: (&[u8], &[u8])| {
    let (head, body) = data;
    let text = String::from_utf8_lossy(head);
    let value = HeaderValue::from_bytes(head).ok();
    let headers: HeaderMap = ["authorization", "x-key", "x-hub-signature-256"]
        .into_iter()
        .filter_map(|name| Some((HeaderName::from_static(name), value.clone()?)))
        .collect();
    for kaleyra in [
        KaleyraWebhookSecret::Header { name: "x-key".to_owned(), value: SECRET.into() },
        KaleyraWebhookSecret::Basic { username: "kaleyra".to_owned(), password: SECRET.into() },
        KaleyraWebhookSecret::Bearer(SECRET.into()),
    ] {
        let secrets = WebhookSecrets {
            onemsg: Some(OneMsgWebhookSecret { url_secret: SECRET.into() }),
            kaleyra: Some(kaleyra),
            meta: Some(MetaWebhookSecret {
                app_secret: SECRET.into(),
                verify_token: SECRET.into(),
                phone_number_id: None,
            }),
        };
        let mut secrets = Senders::from(secrets);
        if let Ok(acme) = Sender::parse("acme") {
            secrets.named.insert(acme, Readable(Ok(secrets.default.clone())));
        }
        for provider in Provider::WITH_WEBHOOK {
            for purpose in [Purpose::Callback, Purpose::Handshake, Purpose::Probe] {
                let is_get = purpose != Purpose::Callback;
                let route = Route { provider, purpose, is_get, path_secret: Some(&text) };
                let call = Call { route, headers: &headers, query: &text, body };
                assert!(call.authenticate(&[&secrets]).is_err(), "{provider} {purpose:?}");
            }
        }
    }
});
