//! The encoding of a call doesn't matter: text or base64, with any stage, with a percent-encoded query.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;
use shared::provider::Provider;

use super::call::{BodyForm, Call, signature};
use super::{authentic, cold, kaleyra, message, meta, meta_value, put_secret, report, text};
use crate::support::Shop;

#[tokio::test]
async fn a_body_is_read_as_text_and_as_base64_behind_every_stage() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    for provider in Provider::WITH_WEBHOOK {
        for (n, (stage, form)) in [
            ("$default", BodyForm::Text),
            ("$default", BodyForm::Base64),
            ("prod", BodyForm::Text),
            ("prod", BodyForm::Base64),
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("wamid.{n}");
            let call = authentic(&shop, provider, &report(provider, &id));
            assert_eq!(call.to(&webhook, stage, form).await.status, 200, "{provider} {stage} {form:?}");
            assert!(message(&shop, provider, &id).await.is_some(), "{provider} {stage} {form:?}");
        }
    }
}

#[tokio::test]
async fn metas_signature_covers_the_bytes_and_not_their_base64() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    let secret = shop.simulator().account().meta.app_secret;
    // Bytes that no JSON writer would reproduce: another order, spaces, escapes, non-ASCII letters.
    let body = "{ \"entry\" :[{\"changes\":[{\"value\":{\"statuses\":[{\"status\":\"re\\u0061d\", \"id\":\"wamid.\u{e9}\"}]}}]}],\"a\":\"\u{1f4e6}\"}\r\n";
    let encoded = STANDARD.encode(body);

    let over_base64 = Call::post("/webhooks/meta", body)
        .header("x-hub-signature-256", signature(&secret, encoded.as_bytes()));
    assert_eq!(over_base64.to(&webhook, "$default", BodyForm::Base64).await.status, 401);
    assert_eq!(shop.scan().await, []);

    let over_bytes = Call::post("/webhooks/meta", body).signed(&secret);
    for form in [BodyForm::Base64, BodyForm::Text] {
        assert_eq!(over_bytes.to(&webhook, "$default", form).await.status, 200, "{form:?}");
    }
    // A content type whose body the gateway encodes in base64.
    let binary = over_bytes.header("content-type", "application/octet-stream");
    assert_eq!(binary.over_http(&shop).await.status, 200);
    assert!(message(&shop, Provider::Meta, "wamid.\u{e9}").await.is_some());
}

#[tokio::test]
async fn queries_are_percent_decoded_once() {
    let shop = Shop::open().await;
    put_secret(
        &shop,
        &json!({"kaleyra": {"bearer": "b"}, "meta": {"app_secret": "a", "verify_token": "t%6F k+n&"}}),
    );
    for query in [
        "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t%256F%20k%2Bn%26",
        "hub%2Emode=subscribe&hub%2Echallenge=1158201444&hub%2Everify_token=t%256F+k%2Bn%26",
    ] {
        let reply = Call::get("/webhooks/meta").query(query).over_http(&shop).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "1158201444"), "{query}");
    }
    let twice = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=t%6F%20k%2Bn%26";
    assert_eq!(Call::get("/webhooks/meta").query(twice).over_http(&shop).await.status, 403);

    let flat = "id=4f2a%3A0&status=not%20sent&timestamp=1795165200&error=no+such+number%21&error_code=5";
    let call = Call::get("/webhooks/kaleyra").query(flat).header("authorization", "Bearer b");
    assert_eq!(call.over_http(&shop).await.status, 200);
    let item = message(&shop, Provider::Kaleyra, "4f2a:0").await.unwrap();
    let failure = item["failure"].as_m().unwrap();
    assert_eq!(text(&item, "failed_at"), Some("2026-11-20T09:00:00.000Z"));
    assert_eq!((text(failure, "code"), text(failure, "text")), (Some("5"), Some("no such number!")));
}

#[tokio::test]
async fn a_path_secret_may_have_every_character_that_a_path_may_have() {
    let shop = Shop::open().await;
    let secret = "aZ09-._~!$'()*+,;=:@";
    put_secret(&shop, &json!({"onemsg": {"url_secret": secret}}));
    let webhook = cold(shop.local.variables());
    let body = report(Provider::OneMsg, "wamid.A").to_string();
    let call = Call::post(format!("/webhooks/onemsg/{secret}"), body);
    assert_eq!(call.over_http(&shop).await.status, 200);
    assert_eq!(call.to(&webhook, "prod", BodyForm::Text).await.status, 200);
}

#[tokio::test]
async fn a_form_is_read_whether_it_comes_as_text_or_as_base64() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    let form = |id: &str| format!("id={id}&status=DELIVERED&timestamp=1795165200&mobile=%2B12025550100");
    let over_http = kaleyra(&shop, &form("a")).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(over_http.over_http(&shop).await.status, 200);
    assert_eq!(kaleyra(&shop, &form("b")).to(&webhook, "$default", BodyForm::Text).await.status, 200);
    assert_eq!(kaleyra(&shop, &form("c")).to(&webhook, "$default", BodyForm::Base64).await.status, 200);
    for id in ["a", "b", "c"] {
        let item = message(&shop, Provider::Kaleyra, id).await.unwrap();
        assert_eq!(text(&item, "delivered_at"), Some("2026-11-20T09:00:00.000Z"), "{id}");
    }
}

#[tokio::test]
async fn a_large_call_is_read_in_either_form() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    // Meta's calls have up to 3 MB.
    let padding = "x".repeat(3 * 1024 * 1024 - 1024);
    let body = meta_value(&json!({"statuses": [{"id": "wamid.A", "status": "sent", "padding": padding}]}));
    let call = meta(&shop, &body);
    assert_eq!(call.over_http(&shop).await.status, 200);
    assert_eq!(call.to(&webhook, "$default", BodyForm::Base64).await.status, 200);
    assert!(message(&shop, Provider::Meta, "wamid.A").await.is_some());
    let get = call.method(Method::GET).over_http(&shop).await;
    assert_eq!(get.status, 403, "a GET with a body is no callback");
}
