//! Tests the details of orders: their rule, its faults, the amounts and what identifies them.

use super::*;
use crate::message::{Content, OrderDetails};

const RULE: &str = r#"
    body = ["detail.name"]

    [notifications.placed.order_details]
    reference_id = "detail.number"
    type = "physical-goods"
    currency = "detail.currency"
    amounts = "decimal"
    items = { list = "detail.lines", name = "title", amount = "price", quantity = "count", sale_amount = "sale", retailer_id = "sku" }
    subtotal = "detail.subtotal"
    tax = "detail.tax"
    shipping = "detail.shipping"
    discount = "detail.discount"
    total = "detail.total"

    [notifications.placed.order_details.payment]
    payment_gateway = { type = "razorpay", configuration_name = "prod" }
    "#;

fn catalogue(rule: &str) -> String {
    format!(
        r#"
        [notifications.placed]
        source = ["oms"]
        detail_type = ["Order Placed"]
        order = "detail.number"
        recipient = "detail.phone"
        consent = "`true`"
        max_age = "3d"
        providers = ["meta"]
        templates = {{ meta = {{ name = "order_placed", languages = ["en"] }} }}
        {rule}
        "#
    )
}

fn placed_event() -> Value {
    json!({
        "id": "7a01", "source": "oms", "detail-type": "Order Placed", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "number": "A-1", "phone": "+919000090000", "name": "Nidhi", "currency": "inr",
            "lines": [
                {"title": "Aloe", "price": 2000, "sale": "1500.00", "count": 1, "sku": "1234567"},
                {"title": "Pot", "price": 250.5, "sale": 250.5, "count": "2"},
            ],
            "subtotal": 2001, "tax": 100, "shipping": 200.0, "discount": "150", "total": 2151,
            "pix": "0002  01", "pay": "https://pay.example/1?sig=a",
        }
    })
}

fn render_with(rule: &str, event: Value) -> Result<Notification, crate::fault::Faults> {
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = Catalogue::parse("my.toml", &catalogue(rule)).unwrap();
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
}

fn details(rule: &str, event: Value) -> OrderDetails {
    match render_with(rule, event).unwrap().content {
        Content::Template(components) => *components.order_details.unwrap(),
        Content::OrderStatus(_) | Content::Plain(_) => panic!("an order"),
    }
}

fn edited(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = placed_event();
    change(&mut event["detail"]);
    event
}

fn faults(rule: &str) -> String {
    Catalogue::parse("my.toml", &catalogue(rule)).unwrap_err().to_string()
}

#[test]
fn amounts_are_hundredths_and_what_is_not_stated_is_derived() {
    let rendered = details(RULE, placed_event());
    assert_eq!((rendered.subtotal, rendered.tax, rendered.total), (200_100, 10_000, 215_100));
    assert_eq!((rendered.shipping, rendered.discount), (Some(20_000), Some(15_000)));
    let prices: Vec<_> =
        rendered.items.iter().map(|item| (item.amount, item.sale_amount, item.quantity)).collect();
    assert_eq!(prices, [(200_000, Some(150_000), 1), (25_050, None, 2)], "a sale at the usual price is none");
    assert_eq!((rendered.currency.code(), rendered.reference_id.as_str()), ("INR", "A-1"));
    assert_eq!(rendered.payment.payment_type, None);

    let without = details(
        RULE,
        edited(|it| {
            it.as_object_mut().unwrap().remove("tax");
            (it["shipping"], it["discount"], it["total"]) = (json!(null), json!(""), json!(2001));
        }),
    );
    assert_eq!((without.tax, without.shipping, without.discount, without.total), (0, None, None, 200_100));

    // Zero is no sale, and what is blank is absent.
    let other = details(
        RULE,
        edited(|it| {
            it["lines"] = json!([
                {"title": "Aloe", "price": 2000, "sale": 0, "count": 1, "sku": ""},
                {"title": "Pot", "price": 1, "sale": " ", "count": 1, "sku": {"id": 1}},
                {"title": "Card", "price": 0, "sale": 0, "count": 1, "sku": "x".repeat(101)},
            ]);
        }),
    );
    assert!(other.items.iter().all(|item| item.sale_amount.is_none() && item.retailer_id.is_none()));
    assert_eq!(other.subtotal, 200_100);

    let minor = RULE.replace("\"decimal\"", "\"minor\"");
    let cents = edited(|it| {
        it["lines"] = json!([{"title": "Pot", "price": 25_050, "count": 2}]);
        (it["tax"], it["shipping"], it["discount"]) = (json!(0), json!(0), json!(0));
        (it["subtotal"], it["total"]) = (json!(50_100), json!("50100"));
    });
    assert_eq!(details(&minor, cents).total, 50_100);
}

#[test]
fn amounts_that_whatsapp_would_refuse_are_faults_of_the_event() {
    let fault = |change: fn(&mut Value)| render_with(RULE, edited(change)).unwrap_err().to_string();
    for (change, problem) in [
        (
            (|it| it["total"] = json!(2151.01)) as fn(&mut Value),
            "order_details.total: is not subtotal + tax + shipping - discount",
        ),
        (|it| it["total"] = json!(null), "order_details.total (detail.total): is missing"),
        (|it| it["subtotal"] = json!(""), "order_details.subtotal (detail.subtotal): is missing"),
        (
            |it| (it["discount"], it["total"]) = (json!(2301), json!(0)),
            "order_details.total: is zero: there is nothing to pay",
        ),
        (|it| it["subtotal"] = json!(2000), "order_details.subtotal: is not the sum of the items"),
        (
            |it| it["currency"] = json!("BRL"),
            "order_details.payment: has payment_gateway, which is for INR, but the order's currency is BRL",
        ),
        (|it| it["tax"] = json!("1.000"), "order_details.tax (detail.tax): is no amount such as 42.50"),
        (|it| it["tax"] = json!(-1), "order_details.tax (detail.tax): is less than zero"),
        (
            |it| it["discount"] = json!(9_999_999),
            "order_details.discount: is more than subtotal, tax and shipping",
        ),
        (
            |it| it["currency"] = json!("EUR"),
            "order_details.currency (detail.currency): is none of BRL, INR and SGD",
        ),
        (|it| it["lines"] = json!([]), "order_details.items.list (detail.lines): is an empty list"),
        (|it| it["lines"] = json!("no"), "order_details.items.list (detail.lines): finds no list"),
        (
            |it| it["lines"][1]["count"] = json!(0.5),
            "order_details.items[1].quantity (count): is no whole number",
        ),
        (
            |it| it["lines"][0]["sale"] = json!(2001),
            "order_details.items[0].sale_amount (sale): is more than amount",
        ),
        (|it| it["lines"][0]["title"] = json!(" "), "order_details.items[0].name (title): is missing"),
        (
            |it| it["number"] = json!("A 1"),
            "order_details.reference_id (detail.number): has other characters",
        ),
        (
            |it| it["number"] = json!("x".repeat(36)),
            "order_details.reference_id (detail.number): has 36 characters",
        ),
    ] {
        let fault = fault(change);
        assert!(fault.starts_with(problem), "{problem} in {fault}");
        assert_eq!(fault.lines().count(), 1, "{fault}");
    }
    let minor = RULE.replace("\"decimal\"", "\"minor\"");
    let fault = render_with(&minor, placed_event()).unwrap_err().to_string();
    assert!(fault.contains("items[0].sale_amount (sale): is no whole number such as 4250"), "{fault}");
}

#[test]
fn a_currencys_country_has_its_payment_type_and_a_code_is_kept_as_it_is() {
    let brazil = RULE.replace(
        "payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }",
        "pix_dynamic_code = { code = \"detail.pix\", merchant_name = \"My Shop\", key = \"1\", key_type = \"CPF\" }\npayment_link = \"detail.pay\"",
    );
    let event = edited(|it| it["currency"] = json!("BRL"));
    let payment = details(&brazil, event.clone()).payment;
    assert_eq!(payment.payment_type.as_deref(), Some("br"));
    let kinds: Vec<_> = payment.settings.iter().map(crate::message::PaymentSetting::kind).collect();
    assert_eq!(kinds, ["pix_dynamic_code", "payment_link"]);
    let shown = format!("{payment:?}");
    assert!(!shown.contains("0002") && !shown.contains("sig=a"), "{shown}");
    let mut without = event;
    without["detail"].as_object_mut().unwrap().remove("pix");
    let fault = render_with(&brazil, without).unwrap_err().to_string();
    assert_eq!(fault, "order_details.payment.pix_dynamic_code.code (detail.pix): is missing");

    for (link, finds) in [("upi_intent_link", "'upi://pay?pa=shop@bank'"), ("payment_link", "detail.pay")] {
        let link = RULE.replace(
            "payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }",
            &format!("{link} = \"{finds}\""),
        );
        assert_eq!(details(&link, placed_event()).payment.payment_type.as_deref(), Some("upi"));
        let own = link.replace("order_details.payment]", "order_details.payment]\npayment_type = \"own\"");
        assert_eq!(details(&own, placed_event()).payment.payment_type.as_deref(), Some("own"));
    }

    let singapore = RULE.replace(
        "payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }",
        "payment_configuration = \"my-config\"",
    );
    let payment = details(&singapore, edited(|it| it["currency"] = json!("SGD"))).payment;
    assert_eq!(payment.payment_type.as_deref(), Some("p2m-lite:stripe"));
}

#[test]
fn everything_but_the_reference_identifies_an_order() {
    let rule =
        RULE.replace("reference_id = \"detail.number\"", "reference_id = \"detail.ref || detail.number\"");
    let key = |event: Value| render_with(&rule, event).unwrap().reference.key;
    let first = key(placed_event());
    assert_eq!(first, key(edited(|it| it["ref"] = json!("A-1-2"))), "otherwise the customer gets it twice");
    for change in [
        (|it| it["lines"][0]["title"] = json!("Fern")) as fn(&mut Value),
        |it| it["lines"][0]["sku"] = json!("7"),
        |it| (it["tax"], it["total"]) = (json!(101), json!(2152)),
        |it| it["name"] = json!("Ravi"),
    ] {
        assert_ne!(first, key(edited(change)));
    }
}

#[test]
fn a_fresh_signature_or_code_is_the_same_order() {
    let gateway = "payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }";
    let pix = "pix_dynamic_code = { code = \"detail.pix\", merchant_name = \"My Shop\", key = \"1\", key_type = \"CPF\" }\npayment_link = \"detail.pay\"";
    let key = |change: fn(&mut Value)| {
        let mut event = edited(change);
        event["detail"]["currency"] = json!("BRL");
        render_with(&RULE.replace(gateway, pix), event).unwrap().reference.key
    };
    let first = key(|_| ());
    assert_eq!(first, key(|it| it["pay"] = json!("https://pay.example/1?sig=b")));
    assert_eq!(first, key(|it| it["pix"] = json!("0002  02")));
    assert_ne!(first, key(|it| it["pay"] = json!("https://pay.example/2?sig=a")));
}

#[test]
fn each_fault_of_the_rule_has_its_place_and_an_example() {
    insta::assert_snapshot!(faults("order_details = {}"), @r#"
    my.toml: [notifications.placed] order_details reference_id: is missing; write, for example, reference_id = "detail.order.number"
    my.toml: [notifications.placed] order_details type: is missing; write, for example, type = "physical-goods"
    my.toml: [notifications.placed] order_details currency: is missing; write, for example, currency = "detail.order.currency"
    my.toml: [notifications.placed] order_details amounts: is missing; write, for example, amounts = "decimal"
    my.toml: [notifications.placed] order_details items: is missing; write, for example, items = { list = "detail.order.lines", name = "title", amount = "price", quantity = "quantity" }
    my.toml: [notifications.placed] order_details payment: is missing; write, for example, payment = { payment_gateway = { type = "razorpay", configuration_name = "prod-razorpay" } }
    "#);
    let wrong = RULE
        .replace("\"physical-goods\"", "\"food\"")
        .replace("\"decimal\"", "2")
        .replace("\"razorpay\"", "\"paypal\"")
        .replace(", quantity = \"count\"", ", colour = \"c\"")
        .replace("tax = \"detail.tax\"", "tax = 0\nbeneficiary = { name = \"detail.name\" }");
    insta::assert_snapshot!(faults(&wrong), @r#"
    my.toml: [notifications.placed] order_details type: is "food"; it is one of digital-goods, physical-goods; write, for example, type = "physical-goods"
    my.toml: [notifications.placed] order_details amounts: is a number, not a text; write, for example, amounts = "decimal"
    my.toml: [notifications.placed] order_details items quantity: is missing; write, for example, quantity = "quantity"
    my.toml: [notifications.placed] order_details items colour: is not a key of this table; its keys are list, name, amount, quantity, sale_amount, retailer_id
    my.toml: [notifications.placed] order_details tax: is 0, not a text with an expression; the same value for all events is tax = "`0`"; write, for example, tax = "detail.order.tax"
    my.toml: [notifications.placed] order_details beneficiary address_line1: is missing; write, for example, address_line1 = "detail.address.street"
    my.toml: [notifications.placed] order_details beneficiary city: is missing; write, for example, city = "detail.address.city"
    my.toml: [notifications.placed] order_details beneficiary state: is missing; write, for example, state = "detail.address.state"
    my.toml: [notifications.placed] order_details beneficiary postal_code: is missing; write, for example, postal_code = "detail.address.zip"
    my.toml: [notifications.placed] order_details payment payment_gateway type: is "paypal"; it is one of razorpay, payu, billdesk, zaakpay; write, for example, type = "razorpay"
    "#);
    let pix = RULE.replace("\"detail.currency\"", "\"'BRL'\"");
    insta::assert_snapshot!(faults(&pix), @"my.toml: [notifications.placed] order_details payment: has payment_gateway, which is for INR, but the order's currency is BRL");
    let key_type = "pix_dynamic_code = { code = \"detail.pix\", merchant_name = \"My Shop\", key = \"1\", key_type = \"cpf\" }";
    let pix =
        RULE.replace("payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }", key_type);
    insta::assert_snapshot!(faults(&pix), @r#"my.toml: [notifications.placed] order_details payment pix_dynamic_code key_type: is "cpf"; it is one of CPF, CNPJ, EMAIL, PHONE, EVP; write, for example, key_type = "CNPJ""#);
    let payment =
        RULE.replace("payment_gateway = { type = \"razorpay\", configuration_name = \"prod\" }", "");
    insta::assert_snapshot!(faults(&payment), @"my.toml: [notifications.placed] order_details payment: must have payment_configuration or one of payment_gateway, upi_intent_link, payment_link and pix_dynamic_code: how the customer pays");
    let buttons = RULE.replace(
        "body = [\"detail.name\"]",
        "body = [\"detail.name\"]\nbuttons = [{ index = 0, url = \"detail.number\" }]",
    );
    insta::assert_snapshot!(faults(&buttons), @"my.toml: [notifications.placed] buttons: gives button 0 a value, but with order_details button 0 opens the order");
    let onemsg =
        catalogue(RULE).replace("providers = [\"meta\"]", "providers = [\"meta\", \"onemsg\"]").replace(
            "templates = { meta",
            "templates = { onemsg = { name = \"t\", namespace = \"n\", languages = [\"en\"] }, meta",
        );
    insta::assert_snapshot!(Catalogue::parse("my.toml", &onemsg).unwrap_err(), @"my.toml: [notifications.placed] providers: onemsg documents no order_status message, which follows order_details; name kaleyra or meta");
}

#[test]
fn a_status_may_omit_its_reference_only_if_an_order_was_sent() {
    let status = r#"
        [notifications.status]
        source = ["oms"]
        detail_type = ["Order Status"]
        order = "detail.number"
        recipient = "detail.phone"
        consent = "`true`"
        max_age = "3d"
        providers = ["meta"]
        templates = { meta = { name = "order_status", languages = ["en"] } }
        status = "'shipped'"
        "#;
    let event = |detail: Value| {
        OrderEvent::parse(json!({
            "id": "1", "source": "oms", "detail-type": "Order Status", "time": "2026-11-20T09:00:00Z", "detail": detail,
        }))
        .unwrap()
    };
    let rendered = |text: &str, detail: Value| -> Result<Option<String>, String> {
        let catalogue = Catalogue::parse("my.toml", text).map_err(|faults| faults.to_string())?;
        let event = event(detail);
        let notification = render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')));
        match notification.map_err(|faults| faults.to_string())?.content {
            Content::OrderStatus(update) => Ok(update.reference_id.map(|id| id.as_str().to_owned())),
            Content::Template(_) | Content::Plain(_) => panic!("a status"),
        }
    };
    let plain = json!({"number": "A-1", "phone": "+919000090000"});
    let with_reference = json!({"number": "A-1", "phone": "+919000090000", "ref": "R-1"});
    let of_event = format!("{status}\nreference_id = \"detail.ref\"");
    // Nothing could ever supply the reference.
    insta::assert_snapshot!(rendered(status, plain.clone()).unwrap_err(), @r#"my.toml: [notifications.status] reference_id: is missing, and no notification has order_details, whose reference_id would be remembered; write, for example, reference_id = "detail.order.reference_id""#);
    assert_eq!(rendered(&of_event, plain.clone()).unwrap_err(), "reference_id (detail.ref): is missing");
    // An order's message supplies it, unless the event does.
    let both = |status: &str| catalogue(RULE) + status;
    assert_eq!(rendered(&both(status), plain.clone()), Ok(None));
    assert_eq!(rendered(&both(&of_event), plain), Ok(None));
    let blank = json!({"number": "A-1", "phone": "+919000090000", "ref": ""});
    assert_eq!(rendered(&both(&of_event), blank), Ok(None));
    assert_eq!(rendered(&both(&of_event), with_reference), Ok(Some("R-1".to_owned())));
}
