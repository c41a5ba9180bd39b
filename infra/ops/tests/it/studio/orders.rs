//! The orders' pages.

use jiff::Timestamp;
use serde_json::Value;

use crate::support::{Rig, repository};

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_page_has_its_time_line_and_the_message_as_the_customer_sees_it() {
    let rig = Rig::played().await;
    let studio = rig.studio().await;

    let list = studio.get("/").await.with_status(200);
    assert!(list.html.contains(r#"href="/orders/10494""#), "{}", list.text());

    let page = studio.get("/orders?number=+10494&sender=").await.with_status(200);
    let text = page.text();
    for expected in [
        "Order 10494",
        "The event happened Order Ready for Pickup from wms",
        "1MSG accepted it wamid.",
        "1MSG reported: delivered",
        "1MSG reported: read",
        "Hello, Alexey!",
        "Main Street 5, until 20:00",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    // Both languages, and the customer's is chosen; the ticks say so to those who can't see their colour.
    assert!(text.contains("en (this customer's)") && text.contains("¡Hola, Alexey!"), "{text}");
    assert!(page.html.contains(r#"aria-label="read""#), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_stands_below_the_message_that_failed() {
    let rig = Rig::start().await;
    let text = std::fs::read_to_string(repository().join("tests/events/pickup-ready.json")).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    event["time"] = Timestamp::now().to_string().into();
    event["detail"]["customer"]["phone"] = "+12025550102".into();
    rig.local.publisher().unwrap().publish(&event).await.unwrap();
    let studio = rig.studio().await;
    let text = studio
        .until("/orders/10494", |text| text.contains("AWS End User Messaging SMS reported: delivered"))
        .await;
    for expected in [
        "1MSG reported: failed Meta chose not to deliver it",
        "Then: a text message",
        "order 10494 is ready for pickup",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_and_an_impossible_number_say_so() {
    let rig = Rig::start().await;
    let studio = rig.studio().await;
    let unknown = studio.get("/orders/99999").await.with_status(404);
    assert!(unknown.text().contains("This order has no notification."), "{}", unknown.text());
    let impossible = studio.get(&format!("/orders/{}", "9".repeat(2000))).await.with_status(400);
    assert!(impossible.text().contains("This can't be shown"), "{}", impossible.text());
    assert_eq!(studio.get("/no/such/page").await.status, 404);
    // A browser resolves these as parts of a path.
    for number in ["..", "."] {
        let page = studio.get(&format!("/orders?number={number}&sender=")).await.with_status(404);
        assert!(page.text().contains(&format!("Order {number} Order number")), "{}", page.text());
    }
    let slash = studio.get("/orders?number=A%2F1+x%23%3F&sender=").await.with_status(404);
    assert!(slash.text().contains("Order A/1 x#?"), "{}", slash.text());
    let sender = studio.get("/orders?number=1&sender=Acme").await.with_status(400);
    assert!(
        sender.text().contains("This can't be shown") && sender.text().contains("Figures"),
        "{}",
        sender.text()
    );
    // What a browser is given is the text, not its markup.
    let markup = studio.get("/orders/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!markup.html.contains("<script>alert"), "{}", markup.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_event_a_message_has_placeholders_until_the_event_is_pasted() {
    let rig = Rig::played().await;
    let studio = rig.studio_of_environment().await;
    let page = studio.get("/orders/10482").await.with_status(200);
    let text = page.text();
    assert!(text.contains("placeholders of the current template stand for the values"), "{text}");
    assert!(
        text.contains("Order #{{2}} for \"{{3}}\" has been cancelled.") && !text.contains("Alexey"),
        "{text}"
    );

    let pasted = page.form("Show the order with it");
    let event = rig.local.bus().order_events().into_iter().map(|event| event.envelope);
    let event = event.into_iter().find(|event| event["detail-type"] == "Order Cancelled").unwrap();
    let shown = studio.submit(&pasted.clone().with("event", &event.to_string())).await.with_status(200);
    let expected = "Hello, Alexey! Order #10482 for \"Wireless headphones\" has been cancelled.";
    assert!(shown.text().contains(expected), "{}", shown.text());
    let faulty = studio.submit(&pasted.with("event", "[]")).await.with_status(400);
    assert!(faulty.text().contains("is not a JSON object"), "{}", faulty.text());
}
