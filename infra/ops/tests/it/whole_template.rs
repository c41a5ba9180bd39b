//! A shop whose only template has every part: its files agree, the preview shows the message, and the provider sends it.

use std::path::PathBuf;

use insta::assert_snapshot;
use local::{Local, LocalOptions, demo};
use serde_json::{Value, json};

use crate::support::{PATIENCE, Ran, command, repository};

const CATALOGUE: &str = r#"
[notifications.order-shipped]
source      = ["oms"]
detail_type = ["Order Shipped"]
order       = "detail.order.number"
recipient   = "detail.customer.phone"
consent     = "detail.customer.whatsapp_opt_in"
max_age     = "3d"
providers   = ["meta", "kaleyra"]
header      = { image = "detail.product.picture" }
body        = { customer_name = "detail.customer.name", order_number = "detail.order.number" }
buttons     = [
    { index = 0, url = "detail.tracking_number" },
    { index = 2, code = "detail.coupon" },
    { index = 4, payload = "join('-', ['yes', detail.order.number])" },
]

[notifications.order-shipped.templates]
meta    = { name = "order_shipped", languages = ["en_US"] }
kaleyra = { name = "order_shipped", languages = ["en_US"] }
"#;

const DEFINITION: &str = r#"
name     = "order_shipped"
category = "MARKETING"

[texts.en]
codes   = { kaleyra = "en_US", meta = "en_US" }
header  = { image = "sample.png" }
body    = "Hello, {{customer_name}}! Order {{order_number}} is on its way."
samples = { customer_name = "Alexey", order_number = "10482" }
footer  = "Thank you."
buttons = [
    { text = "Track", url = "https://www.a-real-shop.com/track?n={{1}}", sample = "10482" },
    { text = "Orders", url = "https://www.a-real-shop.com/orders" },
    { code = "SAVE10" },
    { text = "Call us", phone = "+12025550100" },
    { text = "Yes", quick_reply = true },
    { text = "No", quick_reply = true },
]
"#;

/// The shop's files in a temporary folder, deleted on drop.
struct Shop(PathBuf);

impl Shop {
    fn new() -> Self {
        let shop = Self(std::env::temp_dir().join(format!("ops-whole-{:016x}", rand::random::<u64>())));
        for folder in ["definitions", "events"] {
            std::fs::create_dir_all(shop.0.join(folder)).unwrap();
        }
        std::fs::write(shop.0.join("notifications.toml"), CATALOGUE).unwrap();
        std::fs::write(shop.0.join("definitions/order_shipped.toml"), DEFINITION).unwrap();
        let read = std::fs::read_to_string(repository().join("tests/events/order-cancelled.json")).unwrap();
        let mut event: Value = serde_json::from_str(&read).unwrap();
        event["detail-type"] = json!("Order Shipped");
        event["detail"]["product"]["picture"] = json!("https://cdn.a-real-shop.com/headphones.jpg");
        event["detail"]["tracking_number"] = json!("1Z 999");
        event["detail"]["coupon"] = json!("NEXT5");
        shop.write_event(&event);
        shop
    }

    fn event(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.0.join("events/order-shipped.json")).unwrap())
            .unwrap()
    }

    fn write_event(&self, event: &Value) {
        std::fs::write(self.0.join("events/order-shipped.json"), event.to_string()).unwrap();
    }

    #[track_caller]
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.0.join(file)).unwrap();
        assert!(text.contains(from), "{from} in {file}");
        std::fs::write(self.0.join(file), text.replace(from, to)).unwrap();
    }

    async fn ops(&self, arguments: &[&str]) -> Ran {
        let mut tool = command();
        tool.current_dir(&self.0).env_remove("CATALOGUE_PATH").env_remove("OPS_DEFINITIONS").args(arguments);
        let files = ["--catalogue", "notifications.toml", "--definitions", "definitions"];
        Ran::from_output(tool.args(files).output().await.unwrap())
    }

    async fn check(&self) -> Ran {
        self.ops(&["check", "--events", "events", "--event-sources", "oms"]).await
    }

    async fn preview(&self, more: &[&str]) -> Ran {
        self.ops(&[&["preview", "events/order-shipped.json", "--now"], more].concat()).await
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_message_is_shown_as_the_customer_sees_it_and_as_json() {
    let shop = Shop::new();
    shop.check().await.ended_with(0);
    assert_snapshot!("preview", shop.preview(&["--provider", "meta"]).await);
    let report: Value = serde_json::from_str(&shop.preview(&["--json"]).await.ended_with(0)).unwrap();
    let [message] = report["messages"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!(message["header"], json!({"image": "https://cdn.a-real-shop.com/headphones.jpg"}));
    assert_eq!(
        message["buttons"],
        json!([
            {"text": "Track", "url": "https://www.a-real-shop.com/track?n=1Z%20999"},
            {"text": "Orders", "url": "https://www.a-real-shop.com/orders"},
            {"text": "Copy offer code", "code": "NEXT5"},
            {"text": "Call us", "phone": "+12025550100"},
            {"text": "Yes", "payload": "yes-10482"},
            {"text": "No", "payload": null}
        ])
    );
}

#[tokio::test]
async fn every_kind_of_header_is_shown() {
    let shop = Shop::new();
    let mut event = shop.event();
    event["detail"]["shop"] =
        json!({"lat": 48.2082, "lon": 16.3738, "name": "Our shop", "street": "Graben 1"});
    shop.write_event(&event);
    let (mut given, mut defined) =
        ("{ image = \"detail.product.picture\" }".to_owned(), "{ image = \"sample.png\" }".to_owned());
    for (rule, header, line) in [
        (
            "{ text = { order_number = \"detail.order.number\" } }",
            "{ text = \"Order {{order_number}}\", sample = \"1\" }",
            "│ Order 10482",
        ),
        (
            "{ video = \"detail.product.picture\" }",
            "{ video = \"sample.mp4\" }",
            "│ [video] https://cdn.a-real-shop.com/headphones.jpg",
        ),
        (
            "{ document = \"detail.product.picture\", filename = \"join('', ['Invoice ', detail.order.number, '.pdf'])\" }",
            "{ document = \"sample.pdf\" }",
            "│ [document: Invoice 10482.pdf] https://cdn.a-real-shop.com/headphones.jpg",
        ),
        (
            "{ location = { latitude = \"detail.shop.lat\", longitude = \"detail.shop.lon\", name = \"detail.shop.name\", address = \"detail.shop.street\" } }",
            "{ location = true }",
            "│ [map] Our shop, Graben 1 48.2082, 16.3738",
        ),
    ] {
        shop.change("notifications.toml", &given, rule);
        shop.change("definitions/order_shipped.toml", &defined, header);
        (given, defined) = (rule.to_owned(), header.to_owned());
        let shown = shop.preview(&[]).await.ended_with(0);
        assert!(shown.contains(line), "{line}\nnot in\n{shown}");
    }
}

#[tokio::test]
async fn a_suffix_that_is_a_whole_address_is_a_fault_of_the_sample() {
    let shop = Shop::new();
    let mut event = shop.event();
    event["detail"]["tracking_number"] = json!("https://www.a-real-shop.com/track?n=1Z999");
    shop.write_event(&event);
    assert_snapshot!(shop.check().await, @r#"
    exit code 1
    fault: events/order-shipped.json: [notifications.order-shipped] buttons: gives button 0 a whole address, and meta's order_shipped in en_US already has one, https://www.a-real-shop.com/track?n=: give only what follows it
    fault: events/order-shipped.json: [notifications.order-shipped] buttons: gives button 0 a whole address, and kaleyra's order_shipped in en_US already has one, https://www.a-real-shop.com/track?n=: give only what follows it
    Fix 2 faults before you deploy.
    "#);
    let previewed = shop.preview(&[]).await.ended_with(1);
    assert!(previewed.contains("gives button 0 a whole address"), "{previewed}");
}

#[tokio::test]
async fn what_the_template_does_not_take_is_a_fault_with_what_to_write() {
    let shop = Shop::new();
    shop.change("notifications.toml", "index = 2", "index = 1");
    shop.change("notifications.toml", "{ image =", "{ video =");
    shop.change("notifications.toml", "order_number =", "number =");
    assert_snapshot!(shop.check().await, @r#"
    exit code 1
    fault: notifications.toml: [notifications.order-shipped] header: gives a video, and the header of order_shipped takes an image
      write: header = { image = "…" }, as definitions/order_shipped.toml defines it
    fault: notifications.toml: [notifications.order-shipped] body: gives nothing for {{order_number}} of order_shipped
      write: body = { customer_name = "…", order_number = "…" }, as definitions/order_shipped.toml defines it
    fault: notifications.toml: [notifications.order-shipped] buttons: give button 1 a code, and the one of order_shipped is the same in every message
      write: buttons = [{ index = 0, url = "…" }, { index = 2, code = "…" }], as definitions/order_shipped.toml defines it
    fault: notifications.toml: [notifications.order-shipped] buttons: give button 2 nothing, and the one of order_shipped takes a code
      write: buttons = [{ index = 0, url = "…" }, { index = 2, code = "…" }], as definitions/order_shipped.toml defines it
    Fix 4 faults before you deploy.
    "#);
    let previewed = shop.preview(&[]).await.ended_with(1);
    assert!(previewed.contains("[notifications.order-shipped] header: gives a video"), "{previewed}");
}

#[tokio::test]
async fn the_faults_of_a_part_say_what_to_write() {
    let shop = Shop::new();
    shop.change(
        "definitions/order_shipped.toml",
        "header  = { image = \"sample.png\" }",
        "header = { picture = \"a\" }",
    );
    shop.change("definitions/order_shipped.toml", "?n={{1}}", "?n={{number}}");
    shop.change("notifications.toml", "image = \"detail.product.picture\"", "image = true");
    assert_snapshot!(shop.check().await, @r#"
    exit code 1
    fault: notifications.toml: [notifications.order-shipped] header image: is true, not a text with an expression; the same value for all events is image = "`true`"
      write: image = "…"
    fault: definitions/order_shipped.toml: [texts.en] header picture: is not a key of this table; its keys are text, sample, image, video, document, location
    fault: definitions/order_shipped.toml: [texts.en] header: is one of text, image, video, document, location, and this one has none of these
      write: header = { image = "https://www.your-shop.com/sample.jpg" }
    fault: definitions/order_shipped.toml: [texts.en] buttons[0] url: has a variable that is not {{1}} at its end, the only one that Meta takes
      write: url = "https://www.your-shop.com/orders/{{1}}"
    Fix 4 faults before you deploy.
    "#);
}

#[tokio::test]
async fn catalogue_definition_and_the_providers_account_make_one_message() {
    let shop = Shop::new();
    let catalogue = shop.0.join("notifications.toml");
    let options = LocalOptions {
        catalogue: catalogue.clone(),
        definitions: shop.0.join("definitions"),
        timing: 0.1,
        ..LocalOptions::default()
    };
    let local = Local::start(options).await.unwrap();
    demo::play_shop(&local, &catalogue, &shop.0.join("events"), PATIENCE).await.unwrap();
    let ledger = local.simulator().ledger();
    let [send] = ledger.accepted_about("10482").try_into().unwrap();
    let held = local.simulator().account().meta.templates;
    assert_snapshot!(held[0].show(&send.message.template), @r#"
    [image: https://cdn.a-real-shop.com/headphones.jpg]
    Hello, Alexey! Order 10482 is on its way.
    Thank you.
    [Track: https://www.a-real-shop.com/track?n=1Z%20999]
    [Orders: https://www.a-real-shop.com/orders]
    [Copy offer code: NEXT5]
    [Call us: +12025550100]
    [Yes]
    [No]
    "#);
}
