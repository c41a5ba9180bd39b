//! A call that isn't authenticated is refused before its body is parsed, and writes nothing.

use http::Method;
use shared::provider::Provider;

use super::call::{Call, Reply, signature};
use super::{message, meta, one_msg, report};
use crate::support::Shop;

/// Every call is refused with this status and an empty body, and leaves the table unchanged.
pub async fn assert_refused(shop: &Shop, status: u16, calls: Vec<(&str, Call)>) {
    let before = shop.scan().await;
    for (what, call) in calls {
        let reply = call.over_http(shop).await;
        assert_eq!(reply, Reply { status, body: String::new() }, "{what}");
    }
    assert_eq!(shop.scan().await, before);
}

#[tokio::test]
async fn metas_callbacks_need_a_signature_over_exactly_these_bytes() {
    let shop = Shop::open().await;
    let secret = shop.simulator().account().meta.app_secret;
    let body = report(Provider::Meta, "wamid.forged").to_string();
    let call = || Call::post("/webhooks/meta", body.clone());
    let with = |signature: &str| call().header("X-Hub-Signature-256", signature);
    let right = signature(&secret, body.as_bytes());
    let digits = right.trim_start_matches("sha256=");
    let last_changed = match right.strip_suffix('0') {
        Some(rest) => format!("{rest}1"),
        None => format!("{}0", &right[..right.len() - 1]),
    };

    assert_refused(
        &shop,
        401,
        vec![
            ("no signature", call()),
            ("an empty signature", with("")),
            ("a scheme and nothing else", with("sha256=")),
            ("no scheme", with(digits)),
            ("another secret's", call().signed("another")),
            ("an empty secret's", call().signed("")),
            ("the verify token's", call().signed(&shop.simulator().account().meta.verify_token)),
            ("one digit changed", with(&last_changed)),
            ("truncated", with(&right[..right.len() - 2])),
            ("with extra digits", with(&format!("{right}00"))),
            ("of SHA-1's name", with(&format!("sha1={digits}"))),
            ("of SHA-1's name and length", with(&format!("sha1={}", &digits[..40]))),
            ("of another algorithm", with(&format!("sha512={digits}{digits}"))),
            ("in the header of SHA-1", call().header("X-Hub-Signature", right.as_str())),
            ("over other bytes", with(&signature(&secret, b"{}"))),
            ("over no bytes", with(&signature(&secret, b""))),
            ("a body changed after signing", with(&right).body(body.replace("forged", "f0rged"))),
            ("a body with a space more", with(&right).body(format!("{body} "))),
            ("an empty body", with(&right).body("")),
            ("a body that can't be read", call().body("{").signed("another")),
            ("another provider's secret", kaleyra_secret(&shop, call())),
        ],
    )
    .await;

    assert_eq!(with(&right).over_http(&shop).await, Reply { status: 200, body: String::new() });
    assert!(message(&shop, Provider::Meta, "wamid.forged").await.is_some());
}

fn kaleyra_secret(shop: &Shop, call: Call) -> Call {
    super::authenticated(&shop.simulator().account().kaleyra.webhook, call)
}

#[tokio::test]
async fn metas_handshake_answers_the_challenge_to_the_verify_token_only() {
    let shop = Shop::open().await;
    let token = shop.simulator().account().meta.verify_token;
    let handshake = |query: String| Call::get("/webhooks/meta").query(query);
    let asked = |token: &str| {
        handshake(format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"))
    };

    let reply = asked(&token).over_http(&shop).await;
    assert_eq!(reply, Reply { status: 200, body: "1158201444".to_owned() });

    assert_refused(
        &shop,
        403,
        vec![
            ("another token", asked("another")),
            ("a token's beginning", asked(&token[..token.len() - 1])),
            ("a token with an extra digit", asked(&format!("{token}0"))),
            ("an empty token", asked("")),
            ("the app secret", asked(&shop.simulator().account().meta.app_secret)),
            ("no token", handshake("hub.mode=subscribe&hub.challenge=1".to_owned())),
            ("no query", handshake(String::new())),
            (
                "another mode",
                handshake(format!("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={token}")),
            ),
            (
                "a challenge with a script",
                handshake(format!("hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token={token}")),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_handshake_that_meta_makes_succeeds() {
    let shop = Shop::open().await;
    let handshake = shop.simulator().verify_meta_webhook().await;
    assert_eq!(handshake, local::simulator::Handshake::Verified);
}

#[tokio::test]
async fn one_msgs_callbacks_and_probes_need_the_secret_in_the_path() {
    let shop = Shop::open().await;
    let secret = shop.simulator().account().one_msg.url_secret;
    let body = report(Provider::OneMsg, "wamid.forged").to_string();
    let wrong = [
        ("another secret", "another".to_owned()),
        ("its beginning", secret[..secret.len() - 1].to_owned()),
        ("its end", secret[1..].to_owned()),
        ("with an extra character", format!("{secret}0")),
        ("in capitals", secret.to_uppercase()),
        ("twice", secret.repeat(2)),
        ("a space", "%20".to_owned()),
        ("a zero byte after it", format!("{secret}%00")),
        ("Meta's", shop.simulator().account().meta.app_secret),
    ];
    let calls = wrong.iter().flat_map(|(what, secret)| {
        let path = format!("/webhooks/onemsg/{secret}");
        [
            (*what, Call::post(path.clone(), body.clone())),
            (*what, Call::post(path.clone(), "{")),
            (*what, Call::get(path)),
        ]
    });
    assert_refused(&shop, 401, calls.collect()).await;

    let probe = one_msg(&shop, "").method(Method::GET).over_http(&shop).await;
    assert_eq!(probe, Reply { status: 200, body: String::new() });
    assert_eq!(shop.scan().await, []);
    assert_eq!(one_msg(&shop, &body).over_http(&shop).await.status, 200);
    assert!(message(&shop, Provider::OneMsg, "wamid.forged").await.is_some());
}

#[tokio::test]
async fn a_meta_signature_authenticates_no_other_providers_call() {
    let shop = Shop::open().await;
    let secret = shop.simulator().account().meta.app_secret;
    assert_refused(
        &shop,
        401,
        vec![
            ("Kaleyra's", Call::post("/webhooks/kaleyra", "{}").signed(&secret)),
            ("1MSG's", Call::post("/webhooks/onemsg/x", "{}").signed(&secret)),
            ("Meta's own, with another body", meta(&shop, "{}").body("[]")),
        ],
    )
    .await;
}
