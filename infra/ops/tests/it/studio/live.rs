//! The page of what happens now.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use serde_json::Value;

use crate::support::{Rig, SAMPLES, Studio, repository};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happened_is_listed_with_its_order_and_its_text() {
    let rig = Rig::played().await;
    let studio = rig.studio().await;
    let page = studio.get("/live").await.with_status(200);
    let text = page.text();
    for expected in [
        "event in wms order 10494 Order Ready for Pickup",
        "request out onemsg order 10494",
        "callback in onemsg order 10494",
        "status event out",
        "Secrets and phone numbers are masked.",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(page.html.contains(r#"href="/orders/10494""#), "{}", page.html);

    let (_, line) = page.html.split_once("request out").unwrap();
    let (_, path) = line.split_once("<p class=\"live-text\"><a href=\"").unwrap();
    let text = studio.get(path.split('"').next().unwrap()).await.with_status(200).text();
    assert!(text.contains("POST /") && text.contains("HTTP/1.1 2"), "{text}");
    studio.get("/live/lines/999999").await.with_status(404);
}

/// The events of the stream, until one contains `end`.
async fn stream(studio: &Studio, last: &str, end: &str) -> String {
    let request = studio.request(Method::GET, "/live/stream").header(COOKIE, &studio.cookie);
    let mut answer = request.header("last-event-id", last).send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
    let mut text = String::new();
    while !text.contains(end) {
        let chunk = answer.chunk().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_goes_on_after_the_last_event_of_an_earlier_connection() {
    let rig = Rig::start().await;
    let studio = rig.studio().await;
    let (first, rig) = tokio::join!(stream(&studio, "0", "status event out"), rig.play());
    assert!(first.contains("id: 1\n") && first.contains("event in"), "{first}");
    let later = stream(&studio, "3", "id: 5\n").await;
    assert!(!later.contains("id: 3\n") && later.contains("id: 4\n"), "{later}");
    drop(rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_secrets_nor_phone_numbers_appear() {
    let rig = Rig::played().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = rig.local.lookup_url();
    let get =
        async |path: &str| client.get(format!("{url}{path}")).send().await.unwrap().text().await.unwrap();
    let mut shown = get("/live").await;
    let lines: Vec<Value> = serde_json::from_str(&shown).unwrap();
    let (mut requests, mut callbacks) = (0, 0);
    for line in &lines {
        requests += usize::from(line["kind"] == "request");
        callbacks += usize::from(line["kind"] == "callback");
        // As the text is written, not as JSON escapes it.
        let texts: Value = serde_json::from_str(&get(&format!("/live/{}", line["id"])).await).unwrap();
        shown.push_str(texts["sent"].as_str().unwrap());
        shown.push_str(texts["answer"].as_str().unwrap_or_default());
    }
    assert!(requests >= SAMPLES.len() && callbacks > 0, "{requests} requests, {callbacks} callbacks");

    let account = rig.local.simulator().account();
    let mut hidden = vec![
        account.one_msg.token,
        account.one_msg.url_secret,
        account.kaleyra.api_key,
        account.meta.token,
        account.meta.app_secret,
        account.meta.verify_token,
        "sha256=".to_owned(),
        "Bearer ".to_owned(),
        "AWS4-HMAC".to_owned(),
    ];
    // `{"kaleyra": {"header": {"name": …, "value": …}}}`
    let secrets: Value = serde_json::from_str(&rig.local.simulator().webhook_secrets_json()).unwrap();
    hidden.extend(secrets.pointer("/kaleyra/header/value").and_then(Value::as_str).map(str::to_owned));
    for name in SAMPLES {
        let path = repository().join(format!("tests/events/{name}.json"));
        let event = std::fs::read_to_string(path).unwrap();
        let numbers = event.split(|c: char| !c.is_ascii_digit() && c != '+');
        hidden.extend(
            numbers.filter(|run| run.starts_with('+') && run.len() > 8).map(|number| number[1..].to_owned()),
        );
    }
    assert!(hidden.len() > 10 + 3, "the samples have phone numbers");
    // A number without its country, which the notification refuses and the line of the event shows.
    let invalid = repository().join("tests/events/order-cancelled-invalid.json");
    let invalid: Value = serde_json::from_str(&std::fs::read_to_string(invalid).unwrap()).unwrap();
    let id = invalid["detail"]["order"]["number"].as_str().unwrap();
    assert!(shown.contains(&format!("\"number\": \"{id}\"")), "the event is shown");
    hidden.push(invalid["detail"]["customer"]["phone"].as_str().unwrap().to_owned());
    for secret in hidden {
        assert!(!shown.contains(&secret), "{secret} is shown");
    }
}
