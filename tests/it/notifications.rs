//! Every kind of order event becomes the right message at every provider that can send it, in the customer's language,
//! and its status is tracked until it is read.

use std::time::Duration;

use jiff::Timestamp;
use local::simulator::{AcceptedSend, Content, OrderState, OrderStatus};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::support::{Event, Opening, Shop, simulated, variables};

/// The sample of each body notification, its name in the catalogue, its template, and its last variable as sent.
const BODIES: [(&str, &str, &str); 4] = [
    (
        "return-registered",
        "order_return",
        "Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection",
    ),
    ("return-updated", "order_return", "Your item has passed inspection. Refund within 5–7 business days"),
    (
        "order-cancelled",
        "order_cancelled",
        "Payment will be refunded within 3–5 business days to the card used for the order",
    ),
    ("stock-arrived", "stock_arrived", "We can start picking today — confirm shipment using the link below"),
];

const STATUSES: [(&str, OrderState); 5] = [
    ("processing", OrderState::Processing),
    ("partially_shipped", OrderState::PartiallyShipped),
    ("shipped", OrderState::Shipped),
    ("completed", OrderState::Completed),
    ("canceled", OrderState::Canceled),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onemsg_sends_every_body_notification() {
    body_notifications(Provider::OneMsg, "en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kaleyra_sends_every_body_notification_and_every_order_status() {
    let shop = body_notifications(Provider::Kaleyra, "en_US").await;
    order_statuses(&shop, Provider::Kaleyra).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meta_sends_every_body_notification_and_every_order_status() {
    let shop = body_notifications(Provider::Meta, "en_US").await;
    order_statuses(&shop, Provider::Meta).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_template_language_nearest_to_the_customers_is_sent_otherwise_the_first() {
    for (provider, english) in
        [(Provider::OneMsg, "en"), (Provider::Kaleyra, "en_US"), (Provider::Meta, "en_US")]
    {
        let shop = Opening::default().preferring(provider).open().await;
        let languages = [
            ("es-MX", "es"),
            ("ES", "es"),
            ("es", "es"),
            ("en-GB", english),
            ("en_US", english),
            ("de", english),
            ("", english),
        ];
        for (wanted, _) in languages {
            let event = Event::sample("order-cancelled").order(&format!("L{wanted}")).language(wanted);
            shop.publish(&event).await;
        }
        shop.publish(&Event::sample("order-cancelled").order("L-none").without("/detail/customer/language"))
            .await;
        for (order, language) in languages
            .map(|(wanted, language)| (format!("L{wanted}"), language))
            .into_iter()
            .chain([("L-none".to_owned(), english)])
        {
            let view = shop.until_state(&order, State::Accepted).await;
            let send = shop.the_send_about(&order);
            assert_eq!(send.message.template.language, language, "{order} at {provider}");
            assert_eq!(view.language.as_deref(), Some(language), "{order} at {provider}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partially_shipped_with_a_hyphen_is_sent_with_an_underscore() {
    let shop = Shop::open().await;
    let event = Event::sample("order-status-partially-shipped")
        .order("H1")
        .with("/detail/order/status", "partially-shipped");
    shop.publish(&event).await;
    shop.until_state("H1", State::Accepted).await;
    let Content::OrderStatus(status) = shop.the_send_about("H1").message.template.content else {
        panic!("no order status was sent")
    };
    assert_eq!(status.state, OrderState::PartiallyShipped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn variables_are_sent_tidy() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled")
        .order("  T 1\t")
        .with("/detail/customer/name", " Ana\u{a0}\n María ")
        .with("/detail/product/name", "Kettle     1.7 l.")
        .with("/detail/next_step", "Nothing more\tto do . . ");
    shop.publish(&event).await;
    shop.until_state("T 1", State::Accepted).await;
    assert_eq!(
        variables(&shop.the_send_about("T 1")),
        ["Ana María", "T 1", "Kettle 1.7 l.", "Nothing more to do"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_no_plan_has_or_that_were_pasted_are_written_to() {
    let shop = Shop::open().await;
    for (order, written, digits) in [
        ("N1", "+5215541000145", "5215541000145"),
        ("N2", "+16212345678", "16212345678"),
        ("N3", "\u{202a}+972502345678\u{202c}", "972502345678"),
        ("N4", "whatsapp:+34 600 00 00 01", "34600000001"),
    ] {
        shop.publish(&Event::sample("order-cancelled").order(order).phone(written)).await;
        shop.until_state(order, State::Accepted).await;
        assert_eq!(shop.the_send_about(order).message.recipient.digits(), digits);
    }
}

async fn body_notifications(provider: Provider, language: &str) -> Shop {
    let shop = Opening::default().preferring(provider).open().await;
    let before = Timestamp::now();
    for (sample, ..) in BODIES {
        shop.publish(&Event::sample(sample).order(sample).phone("+34600000001")).await;
    }
    for (sample, template, next_step) in BODIES {
        let view = shop.until_status(sample, DeliveryStatus::Read).await;
        let send = shop.the_send_about(sample);
        let message = &send.message;
        assert_eq!(message.recipient.digits(), "34600000001");
        assert_eq!(message.template.name, template);
        assert_eq!(message.template.language, language);
        assert_eq!(variables(&send), ["Alexey", sample, "Wireless headphones", next_step]);
        assert_eq!(view.notification, sample);
        assert_sent_and_tracked(provider, sample, &view, &send, before);
    }
    shop
}

async fn order_statuses(shop: &Shop, provider: Provider) {
    let before = Timestamp::now();
    for (word, _) in STATUSES {
        let sample = Event::sample(&format!("order-status-{}", word.replace('_', "-")));
        shop.publish(&sample.order(word).with("/detail/order/description", format!("It is {word}"))).await;
    }
    for (word, state) in STATUSES {
        let view = shop.until_status(word, DeliveryStatus::Read).await;
        let send = shop.the_send_about(word);
        assert_eq!(send.message.template.name, "order_status");
        assert_eq!(send.message.template.language, "en_US");
        let expected = OrderStatus {
            reference_id: format!("ref-{word}"),
            state,
            description: Some(format!("It is {word}")),
        };
        assert!(send.message.template.content == Content::OrderStatus(expected), "the content of {word}");
        assert_eq!(view.notification, "order-status-changed");
        assert_sent_and_tracked(provider, word, &view, &send, before);
    }
}

/// The provider received our reference if it returns references, and the table has the accepting provider, the
/// template, and the times of sent, delivered and read.
fn assert_sent_and_tracked(
    provider: Provider,
    order: &str,
    view: &NotificationRow,
    send: &AcceptedSend,
    before: Timestamp,
) {
    assert_eq!(send.message.provider, simulated(provider));
    let reference = view.reference.to_string();
    let echo = (provider != Provider::OneMsg).then_some(reference.as_str());
    assert_eq!(send.message.echo.key(), echo, "{order}");

    assert_eq!(view.record.provider, Some(provider));
    assert_eq!(view.record.attempt, 1);
    assert_eq!(view.template.as_deref(), Some(send.message.template.name.as_str()));
    assert_eq!(view.language.as_deref(), Some(send.message.template.language.as_str()));
    assert!(
        view.messages.iter().any(|it| it.message.id.as_str() == send.ids.reply && it.accepted_at.is_some()),
        "{order}: the reply's id is not recorded"
    );
    let facts = view.facts();
    let times = [facts.sent_at, facts.delivered_at, facts.read_at].map(|at| at.expect("a time"));
    assert!(times.is_sorted(), "{order}: {times:?}");
    // Callbacks carry whole seconds.
    let second = Duration::from_secs(1);
    let (earliest, latest) =
        (before.checked_sub(second).unwrap(), Timestamp::now().checked_add(second).unwrap());
    assert!(earliest <= times[0] && times[2] <= latest, "{order}: {times:?}");
    assert_eq!((facts.failed_at, facts.failure), (None, None));
}
