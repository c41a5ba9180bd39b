//! Shops' own platforms: the documented example for Shopify, and commercetools.

use std::collections::BTreeMap;

use jiff::Timestamp;
use local::simulator::{ButtonParameter, ButtonValue, HeaderParameter, TemplateButton, TemplateHeader};
use serde_json::{Value, json};
use shared::protocol::State;
use shared::provider::Provider;

use super::{Request, accepted, open_with};
use crate::support::{Event, Shop, simulated};

const SHOPIFY: (&str, &str) = (
    include_str!("../../../../docs/examples/shopify.toml"),
    include_str!("../../../../docs/examples/shopify.json"),
);

async fn shopify() -> Shop {
    let templates = [("order_cancelled", 4), ("order_refunded", 2), ("order_fulfilled", 2)];
    let shop = open_with(SHOPIFY.0, &templates, &["en_US", "es", "de"]).await;
    shop.simulator().change_templates(simulated(Provider::Meta), |templates| {
        for template in templates.iter_mut().filter(|it| it.name == "order_fulfilled") {
            template.header = Some(TemplateHeader::Image);
            template.buttons = vec![TemplateButton::url("Track parcel", "https://shop.example/track/{{1}}")];
        }
    });
    shop
}

/// The example's event of this topic about an order as the partner's rule puts it on the queue, with the current time.
fn topic(order: &str, topic: &str) -> Event {
    let now = Timestamp::now();
    let event = Event(serde_json::from_str(SHOPIFY.1).unwrap())
        .at(now)
        .with("/id", format!("{topic} of {order}"))
        .with("/detail/metadata/X-Shopify-Topic", topic)
        .with("/detail/payload/name", order)
        .with("/detail/payload/id", order.trim_start_matches('#').parse::<u64>().unwrap());
    let is_cancelled = topic == "orders/cancelled";
    let at = if is_cancelled { json!(now.to_string()) } else { Value::Null };
    let paid = if topic == "orders/updated" { "refunded" } else { "paid" };
    event.with("/detail/payload/cancelled_at", at).with("/detail/payload/financial_status", paid)
}

fn request(template: &str, language: &str, variables: &[&str]) -> Request {
    Request {
        provider: simulated(Provider::Meta),
        recipient: "436641234567".to_owned(),
        template: template.to_owned(),
        language: language.to_owned(),
        variables: variables.iter().map(|it| (*it).to_owned()).collect(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_of_one_detail_type_become_separate_messages_in_any_order() {
    const TOPICS: [&str; 4] = ["orders/cancelled", "orders/fulfilled", "orders/updated", "orders/paid"];
    let shop = shopify().await;
    let orders = ["#2031", "#2032", "#2033", "#2034"];
    for (first, order) in orders.into_iter().enumerate() {
        for name in TOPICS.into_iter().cycle().skip(first).take(TOPICS.len()) {
            shop.redeliver(&topic(order, name).0);
        }
    }
    for order in orders {
        let views = shop.until(order, "accepted", |view| view.record.state == State::Accepted).await;
        assert!(views.len() <= 3);
    }
    shop.until_quiet().await;
    let is_sent = |order: &str| {
        let sends = shop.sends_about(order);
        let by_template: BTreeMap<String, Request> =
            sends.iter().map(Request::from_send).map(|it| (it.template.clone(), it)).collect();
        assert_eq!(sends.len(), 3, "{by_template:?}");
        let expected = [
            request(
                "order_cancelled",
                "de",
                &["Alexey", order, "Tea & cake for 2", "Wir erstatten 693,00 EUR"],
            ),
            request("order_fulfilled", "de", &["Alexey", order]),
            request("order_refunded", "de", &[order, "693,00 EUR"]),
        ];
        assert_eq!(by_template.into_values().collect::<Vec<_>>(), expected);
    };
    orders.into_iter().for_each(is_sent);

    // Shopify delivers at least once, each copy in a separate event.
    for name in TOPICS {
        shop.redeliver(&topic("#2031", name).with("/id", format!("{name} again")).0);
    }
    shop.until_quiet().await;
    is_sent("#2031");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fulfilled_order_has_a_picture_and_a_button_to_its_parcel() {
    let shop = shopify().await;
    let fulfilled = |order: &str| topic(order, "orders/fulfilled");
    let rows = [
        (fulfilled("#21"), "1Z999AA10123456784"),
        // The shop handed it over without a number.
        (fulfilled("#22").with("/detail/payload/fulfillments", json!([])), "%2322"),
        (
            fulfilled("#23").with("/detail/payload/fulfillments/0/tracking_number", "JJ 00/1\u{200b}"),
            "JJ%2000/1",
        ),
    ];
    for (order, (event, end)) in ["#21", "#22", "#23"].into_iter().zip(rows) {
        shop.redeliver(&event.0);
        shop.until_state(order, State::Accepted).await;
        let sent = shop.the_send_about(order).message.template;
        let picture = HeaderParameter::Image("https://shop.example/on-its-way.jpg".to_owned());
        assert!(sent.header == Some(picture), "{order}");
        let button = ButtonParameter { index: 0, value: ButtonValue::Url(end.to_owned()) };
        assert!(sent.buttons == [button], "{order}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_gets_the_message_although_shopify_omits_values() {
    let shop = shopify().await;
    let cancelled = |order: &str| topic(order, "orders/cancelled");
    let none = Value::Null;
    let by_hand = |order: &str| {
        let event = cancelled(order).with("/detail/payload/customer_locale", none.clone());
        let event = event.with("/detail/payload/shipping_address", none.clone());
        event.with("/detail/payload/customer/first_name", none.clone())
    };
    let of_phone = |order: &str, place: &str, phone: Value| {
        let event = cancelled(order).with("/detail/payload/billing_address/phone", none.clone());
        event.with(place, phone)
    };
    let rows = [
        (by_hand("#1"), "en_US", ["Alexey Alexeyevich", "We refund 693.00 EUR"]),
        // A customer who checks out with a phone number has it only in the order, not in an address.
        (
            of_phone("#2", "/detail/payload/phone", json!("+436641234567")),
            "de",
            ["Alexey", "Wir erstatten 693,00 EUR"],
        ),
        (
            of_phone("#3", "/detail/payload/customer/phone", json!("+436641234567")),
            "de",
            ["Alexey", "Wir erstatten 693,00 EUR"],
        ),
        (
            of_phone("#4", "/detail/payload/shipping_address/phone", json!("\u{202a}0664/123 45 67\u{202c}")),
            "de",
            ["Alexey", "Wir erstatten 693,00 EUR"],
        ),
        (
            cancelled("#5")
                .with("/detail/payload/customer_locale", "es-419")
                .with("/detail/payload/currency", "JPY"),
            "es",
            ["Alexey", "Te devolvemos 693 JPY"],
        ),
        (
            cancelled("#6")
                .with("/detail/payload/customer_locale", "pt-PT")
                .with("/detail/payload/total_price", "0.50"),
            "en_US",
            ["Alexey", "We refund 0,50 EUR"],
        ),
        (
            cancelled("#7").with("/detail/payload/customer/first_name", "\u{200b}"),
            "de",
            ["Alexey Alexeyevich", "Wir erstatten 693,00 EUR"],
        ),
    ];
    for (event, ..) in &rows {
        shop.redeliver(&event.0);
    }
    for (event, language, [name, refund]) in rows {
        let order = event.0["detail"]["payload"]["name"].as_str().unwrap();
        let expected = request("order_cancelled", language, &[name, order, "Tea & cake for 2", refund]);
        assert_eq!(accepted(&shop, order).await, expected);
    }
}

/// Orders of points of sale have no customer, and a customer who has not agreed gets no message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tills_are_ignored_and_nothing_is_sent_without_consent() {
    let shop = shopify().await;
    shop.redeliver(&topic("#10", "orders/cancelled").with("/detail/payload/customer", Value::Null).0);
    for (order, tags) in [("#11", Value::Null), ("#12", json!("")), ("#13", json!("b2c, not-whatsapp-ok"))] {
        shop.redeliver(&topic(order, "orders/cancelled").with("/detail/payload/tags", tags).0);
        shop.until_state(order, State::Suppressed).await;
    }
    shop.until_quiet().await;
    assert!(shop.order("#10").await.is_empty() && shop.invalid("orders/cancelled of #10").await.is_empty());
    assert!(shop.ledger().requests.is_empty());
}

/// A catalogue is enough to read commercetools' messages: cents with their digits, and names by language.
const COMMERCETOOLS: &str = r#"
[defaults]
max_age = "3d"

[notifications.order-received]
source      = ["aws.partner/commercetools.com/shop-prod/orders"]
detail_type = ["Message"]
when        = "detail.notificationType == 'Message' && detail.type == 'OrderCreated'"
order       = "detail.order.orderNumber || detail.resourceUserProvidedIdentifiers.orderNumber || detail.resource.id"
recipient   = "detail.order.[shippingAddress, billingAddress][?mobile || phone] | [0].[mobile, phone][?@] | [0]"
country     = "detail.order.[shippingAddress, billingAddress][?mobile || phone] | [0].country"
language    = "detail.order.locale"
consent     = "detail.order.custom.fields.whatsapp"
time        = "detail.createdAt"
key         = "detail.id"
providers   = ["meta"]
body        = [
    "detail.order.shippingAddress.firstName",
    "detail.order.orderNumber",
    "lookup(detail.order.locale, detail.order.lineItems[0].name) || detail.order.lineItems[0].name.en || values(detail.order.lineItems[0].name)[0]",
    "money(detail.order.totalPrice.centAmount, detail.order.totalPrice.currencyCode, detail.order.locale, detail.order.totalPrice.fractionDigits)",
]

[notifications.order-received.templates]
meta = { name = "order_received", languages = ["en_US", "de"] }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commercetools_cents_and_localised_names_become_a_message() {
    let shop = open_with(COMMERCETOOLS, &[("order_received", 4)], &["en_US", "de"]).await;
    let names = json!({"de-DE": "Schi", "en": "Skis"});
    let rows = [
        ("CT-1", json!("de-DE"), names.clone(), json!(["EUR", 4250, 2]), "de", ["Schi", "42,50 EUR"]),
        (
            "CT-2",
            json!("en-US"),
            names.clone(),
            json!(["USD", 123_450, 2]),
            "en_US",
            ["Skis", "1,234.50 USD"],
        ),
        ("CT-3", Value::Null, names, json!(["JPY", 4250, 0]), "en_US", ["Skis", "4250 JPY"]),
        (
            "CT-4",
            json!("de-AT"),
            json!({"de": "Brett"}),
            json!(["KWD", 4250, 3]),
            "de",
            ["Brett", "4,250 KWD"],
        ),
    ];
    for (order, locale, name, price, ..) in &rows {
        let address = json!({"firstName": "Grete", "country": "AT", "mobile": "0664 1234567", "phone": null});
        let detail = json!({
            "notificationType": "Message", "projectKey": "shop-prod", "id": format!("message-{order}"), "version": 1,
            "sequenceNumber": 1, "resource": {"typeId": "order", "id": "c2f93298"}, "resourceVersion": 1, "type": "OrderCreated",
            "resourceUserProvidedIdentifiers": {"orderNumber": order},
            "order": {
                "orderNumber": order, "locale": locale, "shippingAddress": address, "billingAddress": null,
                "totalPrice": {"type": "centPrecision", "currencyCode": price[0], "centAmount": price[1], "fractionDigits": price[2]},
                "lineItems": [{"name": name, "quantity": 1}], "custom": {"fields": {"whatsapp": true}},
            },
            "createdAt": Timestamp::now().to_string(),
        });
        let event = Event::sample("order-cancelled").with("/detail-type", "Message").with("/detail", detail);
        let event = event.with("/source", "aws.partner/commercetools.com/shop-prod/orders");
        shop.redeliver(&event.clone().with("/id", format!("event-{order}")).0);
        // Messages are delivered at least once.
        shop.redeliver(&event.with("/id", format!("again-{order}")).0);
    }
    for (order, .., language, [name, total]) in rows {
        let expected = request("order_received", language, &["Grete", order, name, total]);
        assert_eq!(accepted(&shop, order).await, expected);
    }
    shop.until_quiet().await;
    assert_eq!(shop.ledger().accepted.len(), 4);
}
