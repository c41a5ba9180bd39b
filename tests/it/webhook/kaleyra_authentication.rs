//! Kaleyra's callback profile sends a custom header, Basic or Bearer credentials: only the configured method is
//! accepted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::simulator::KaleyraCallbackProfile;
use serde_json::json;
use shared::provider::Provider;

use super::authentication::assert_refused;
use super::call::{Call, Reply};
use super::{kaleyra, message, put_secret, report};
use crate::support::Shop;

const SECRET: &str = "8c1fb1f5a7e04d6c";

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

/// The configured profile is accepted, with POST and with GET, and none of `wrong` is.
async fn only_the_profile_is_accepted(profile: KaleyraCallbackProfile, wrong: &[(&str, &str, &str)]) {
    let shop = Shop::open().await;
    shop.simulator().set_kaleyra_callback_profile(profile);
    put_secret(&shop, &shop.simulator().webhook_secrets_json());
    let body = report(Provider::Kaleyra, "wamid.forged").to_string();

    let strangers = wrong.iter().flat_map(|(what, name, value)| {
        [
            (*what, Call::post("/webhooks/kaleyra", body.clone()).header(name, *value)),
            (*what, Call::post("/webhooks/kaleyra", "{").header(name, *value)),
            (*what, Call::get("/webhooks/kaleyra").query("id=wamid.forged&status=sent").header(name, *value)),
        ]
    });
    let nothing = ("no authentication", Call::post("/webhooks/kaleyra", body.clone()));
    assert_refused(&shop, 401, strangers.chain([nothing]).collect()).await;

    let taken = Reply { status: 200, body: String::new() };
    assert_eq!(kaleyra(&shop, &body).over_http(&shop).await, taken);
    assert!(message(&shop, Provider::Kaleyra, "wamid.forged").await.is_some());
    let flat = kaleyra(&shop, "").method(http::Method::GET).query("id=4f2a&status=sent");
    assert_eq!(flat.over_http(&shop).await, taken);
    assert!(message(&shop, Provider::Kaleyra, "4f2a").await.is_some());
}

#[tokio::test]
async fn a_custom_header_must_have_the_value() {
    let profile =
        KaleyraCallbackProfile::Header { name: "X-Callback-Key".to_owned(), value: SECRET.to_owned() };
    only_the_profile_is_accepted(
        profile,
        &[
            ("another value", "X-Callback-Key", "another"),
            ("an empty value", "X-Callback-Key", ""),
            ("its beginning", "X-Callback-Key", &SECRET[..SECRET.len() - 1]),
            ("with an extra character", "X-Callback-Key", &format!("{SECRET}0")),
            ("in another header", "X-Callback", SECRET),
            ("as Bearer", "Authorization", &format!("Bearer {SECRET}")),
            ("as Basic", "Authorization", &basic(&format!("X-Callback-Key:{SECRET}"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn basic_needs_user_and_password() {
    let profile =
        KaleyraCallbackProfile::Basic { username: "kaleyra".to_owned(), password: SECRET.to_owned() };
    only_the_profile_is_accepted(
        profile,
        &[
            ("another password", "Authorization", &basic("kaleyra:another")),
            ("no password", "Authorization", &basic("kaleyra:")),
            ("no colon", "Authorization", &basic(&format!("kaleyra{SECRET}"))),
            ("another user", "Authorization", &basic(&format!("another:{SECRET}"))),
            ("no user", "Authorization", &basic(&format!(":{SECRET}"))),
            ("its beginning", "Authorization", &basic(&format!("kaleyra:{}", &SECRET[..8]))),
            ("no base64", "Authorization", &format!("Basic kaleyra:{SECRET}")),
            ("nothing", "Authorization", "Basic "),
            ("an empty header", "Authorization", ""),
            ("as Bearer", "Authorization", &format!("Bearer {SECRET}")),
            ("in another header", "X-Authorization", &basic(&format!("kaleyra:{SECRET}"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn bearer_needs_the_token() {
    only_the_profile_is_accepted(
        KaleyraCallbackProfile::Bearer(SECRET.to_owned()),
        &[
            ("another token", "Authorization", "Bearer another"),
            ("an empty token", "Authorization", "Bearer "),
            ("its beginning", "Authorization", &format!("Bearer {}", &SECRET[..8])),
            ("twice", "Authorization", &format!("Bearer {SECRET} {SECRET}")),
            ("without a scheme", "Authorization", SECRET),
            ("as Basic", "Authorization", &basic(&format!(":{SECRET}"))),
            ("as a separate header", "Bearer", SECRET),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_scheme_is_accepted_in_any_case() {
    let shop = Shop::open().await;
    put_secret(&shop, &json!({"kaleyra": {"bearer": SECRET}}));
    for (scheme, id) in [("bearer", "a"), ("BEARER", "b"), ("Bearer", "c")] {
        let call = Call::post("/webhooks/kaleyra", report(Provider::Kaleyra, id).to_string())
            .header("authorization", format!("{scheme} {SECRET}"));
        assert_eq!(call.over_http(&shop).await.status, 200, "{scheme}");
        assert!(message(&shop, Provider::Kaleyra, id).await.is_some(), "{scheme}");
    }
}
