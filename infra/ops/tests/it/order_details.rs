//! A shop that sends an order's details and then its statuses: its files agree, and the preview shows the order.

use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Ran, command, repository};

const CATALOGUE: &str = r#"
[defaults]
max_age = "3d"

[notifications.order-placed]
source      = ["oms"]
detail_type = ["Order Placed"]
order       = "detail.order.number"
recipient   = "detail.customer.phone"
consent     = "detail.customer.whatsapp_opt_in"
providers   = ["meta", "kaleyra"]
body        = ["detail.customer.name", "detail.order.number"]

[notifications.order-placed.order_details]
reference_id = "join('-', ['order', detail.order.number])"
type         = "digital-goods"
currency     = "'INR'"
amounts      = "decimal"
catalog_id   = "1234567890"
items        = { list = "detail.order.lines", name = "title", amount = "price", quantity = "quantity", sale_amount = "sale" }
tax          = "detail.order.tax"
shipping     = "detail.order.shipping"
total        = "detail.order.total"
payment      = { payment_gateway = { type = "razorpay", configuration_name = "prod-razorpay" } }

[notifications.order-placed.templates]
meta    = { name = "order_placed", languages = ["en_US"] }
kaleyra = { name = "order_placed", languages = ["en_US"] }

[notifications.order-status]
source      = ["oms"]
detail_type = ["Order Status Changed"]
order       = "detail.order.number"
recipient   = "detail.customer.phone"
consent     = "detail.customer.whatsapp_opt_in"
providers   = ["meta"]
status      = "detail.order.status"

[notifications.order-status.templates]
meta = { name = "order_status", languages = ["en_US"] }
"#;

const DETAILS: &str = r#"
name     = "order_placed"
category = "UTILITY"

[texts.en]
codes   = { kaleyra = "en_US", meta = "en_US" }
body    = "Hello, {{1}}! Please pay for order {{2}}."
samples = ["Nidhi", "10482"]
buttons = [{ text = "Pay now", order_details = true }, { text = "Help", quick_reply = true }]
"#;

const STATUS: &str = r#"
name         = "order_status"
category     = "UTILITY"
sub_category = "ORDER_STATUS"

[texts.en]
codes = { meta = "en_US" }
body  = "There is news about your order."
"#;

/// The shop's files in a temporary folder, deleted on drop.
struct Shop(PathBuf);

impl Shop {
    fn new() -> Self {
        let shop = Self(std::env::temp_dir().join(format!("ops-order-{:016x}", rand::random::<u64>())));
        for folder in ["definitions", "events"] {
            std::fs::create_dir_all(shop.0.join(folder)).unwrap();
        }
        shop.write("notifications.toml", CATALOGUE);
        shop.write("definitions/order_placed.toml", DETAILS);
        shop.write("definitions/order_status.toml", STATUS);
        shop.write("events/order-placed.json", &placed(|_| ()));
        shop.write("events/order-status.json", &changed());
        shop
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }

    async fn ops(&self, arguments: &[&str]) -> Ran {
        let mut tool = command();
        tool.current_dir(&self.0).env_remove("CATALOGUE_PATH").env_remove("OPS_DEFINITIONS").args(arguments);
        let files = ["--catalogue", "notifications.toml", "--definitions", "definitions"];
        Ran::from_output(tool.args(files).output().await.unwrap())
    }

    async fn preview(&self, event: &str, more: &[&str]) -> Ran {
        self.ops(&[&["preview", event, "--now"], more].concat()).await
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

fn sample(name: &str) -> Value {
    let path = repository().join(format!("tests/events/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn placed(change: impl FnOnce(&mut Value)) -> String {
    let mut event = sample("order-cancelled");
    event["detail-type"] = json!("Order Placed");
    event["detail"]["customer"]["phone"] = json!("+919000090000");
    let order = &mut event["detail"]["order"];
    order["lines"] = json!([
        {"title": "Blue Elf Aloe", "price": 2000, "sale": 1500, "quantity": 1},
        {"title": "Pot", "price": "2.50", "quantity": 2},
    ]);
    (order["tax"], order["shipping"], order["total"]) = (json!(100), json!(200), json!(1805));
    change(order);
    event.to_string()
}

fn changed() -> String {
    let mut event = sample("order-status-shipped");
    event["detail"]["order"].as_object_mut().unwrap().remove("reference_id");
    event.to_string()
}

#[tokio::test]
async fn the_order_is_shown_with_its_items_its_total_and_its_reference() {
    let shop = Shop::new();
    shop.ops(&["check", "--events", "events", "--event-sources", "oms"]).await.ended_with(0);
    assert_snapshot!("order", shop.preview("events/order-placed.json", &["--provider", "meta"]).await);
    let json = shop.preview("events/order-placed.json", &["--json"]).await.ended_with(0);
    let report: Value = serde_json::from_str(&json).unwrap();
    let order = &report["messages"][0]["order"];
    assert_eq!((&order["reference_id"], &order["total"]), (&json!("order-10482"), &json!("1805.00")));
    assert_eq!(order["items"][0]["sale_amount"], "1500.00");
    assert_eq!(report["remarks"], json!([]));
}

#[tokio::test]
async fn amounts_that_the_event_lacks_and_what_india_requires_are_remarked() {
    let shop = Shop::new();
    let catalogue = CATALOGUE.replace("catalog_id   = \"1234567890\"\n", "").replace("digital", "physical");
    shop.write("notifications.toml", &catalogue);
    let event = placed(|order| {
        order.as_object_mut().unwrap().remove("shipping");
        order["total"] = json!(1605);
    });
    shop.write("events/order-placed.json", &event);
    let json = shop.preview("events/order-placed.json", &["--json"]).await.ended_with(0);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_snapshot!("remarks", serde_json::to_string_pretty(&report["remarks"]).unwrap());
}

#[tokio::test]
async fn a_status_without_a_reference_names_what_is_missing_and_the_countries() {
    let shop = Shop::new();
    assert_snapshot!("status_without_reference", shop.preview("events/order-status.json", &[]).await);
}

#[tokio::test]
async fn amounts_that_do_not_add_up_and_a_template_without_the_button_are_faults() {
    let shop = Shop::new();
    shop.write("events/order-placed.json", &placed(|order| order["total"] = json!(1800)));
    assert_snapshot!("wrong_total", shop.preview("events/order-placed.json", &[]).await);
    shop.write("events/order-placed.json", &placed(|_| ()));
    shop.write(
        "definitions/order_placed.toml",
        &DETAILS.replace("order_details = true", "quick_reply = true"),
    );
    let check = shop.ops(&["check", "--events", "events", "--event-sources", "oms"]).await;
    assert!(check.to_string().contains("order_details"), "{check}");
    assert_snapshot!("no_button", check);
}
