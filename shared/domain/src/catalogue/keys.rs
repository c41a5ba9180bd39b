//! Example values for each key of the catalogue, shown in the fault of a key that is missing or has the wrong
//! type.

/// A key and a value that suits most shops.
pub type Example = (&'static str, &'static str);

/// The keys of `[defaults]`.
pub const DEFAULTS: [Example; 2] = [("international_digits", "true"), ("max_age", r#""3d""#)];

/// The keys of `[notifications.<name>]`. An expression is a TOML string, so a string inside it needs quotes
/// of its own.
pub const NOTIFICATION: [Example; 22] = [
    ("source", r#"["oms"]"#),
    ("detail_type", r#"["Order Cancelled"]"#),
    ("when", r#""detail.topic == 'orders/cancelled'""#),
    ("sender", r#""detail.brand""#),
    ("order", r#""detail.order.number""#),
    ("recipient", r#""detail.customer.phone""#),
    ("country", r#""detail.address.country""#),
    ("language", r#""detail.customer.language""#),
    ("consent", r#""detail.customer.whatsapp_opt_in""#),
    ("time", r#""detail.created_at""#),
    ("key", r#""detail.id""#),
    ("max_age", r#""3d""#),
    ("providers", r#"["onemsg", "meta"]"#),
    ("header", r#"{ image = "detail.product.picture" }"#),
    ("body", r#"["detail.customer.name", "detail.order.number"]"#),
    ("buttons", r#"[{ index = 0, url = "detail.tracking_number" }]"#),
    (
        "order_details",
        r#"{ reference_id = "detail.order.number", type = "digital-goods", currency = "'INR'", amounts = "decimal", items = { list = "detail.order.lines", name = "title", amount = "price", quantity = "quantity" }, payment = { payment_gateway = { type = "razorpay", configuration_name = "prod-razorpay" } } }"#,
    ),
    ("status", r#""detail.order.status""#),
    ("reference_id", r#""detail.order.reference_id""#),
    ("description", r#""detail.order.description""#),
    ("templates", r#"{ meta = { name = "order_cancelled", languages = ["en_US"] } }"#),
    (
        "fallback",
        r#"{ after = "4h", channels = [{ provider = "aws-sms", consent = "detail.customer.sms_opt_in", text = { en = "Your order was cancelled." } }] }"#,
    ),
];

/// The keys of `header`; one of the first five stands alone, or `document` beside `filename`.
pub const HEADER: [Example; 6] = [
    ("text", r#""detail.order.number""#),
    ("image", r#""detail.product.picture""#),
    ("video", r#""detail.product.video""#),
    ("document", r#""detail.invoice.url""#),
    ("location", r#"{ latitude = "detail.shop.lat", longitude = "detail.shop.lon" }"#),
    ("filename", r#""join('', ['Invoice ', to_string(detail.order.number), '.pdf'])""#),
];

/// The keys of `location` in `header`.
pub const LOCATION: [Example; 4] = [
    ("latitude", r#""detail.shop.lat""#),
    ("longitude", r#""detail.shop.lon""#),
    ("name", r#""detail.shop.name""#),
    ("address", r#""detail.shop.address""#),
];

/// The keys of an entry of `buttons`; one of the last three stands beside `index`.
pub const BUTTON: [Example; 4] = [
    ("index", "0"),
    ("url", r#""detail.tracking_number""#),
    ("payload", r#""join('.', ['return', to_string(detail.order.number)])""#),
    ("code", r#""detail.coupon""#),
];

/// The keys of a provider's entry in `templates`.
pub const TEMPLATE: [Example; 4] = [
    ("name", r#""order_cancelled""#),
    ("namespace", r#""5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61""#),
    ("languages", r#"["en", "es"]"#),
    ("senders", r#"{ acme = { languages = ["de"] } }"#),
];

/// The keys of a sender's entry in a provider's entry in `templates`; what is missing is the same as for all senders.
pub const SENDER_TEMPLATE: [Example; 3] = [
    ("name", r#""order_cancelled_acme""#),
    ("namespace", r#""0c4d9e21_77ab_4c1f_8a55_6b2f9d3e1c08""#),
    ("languages", r#"["de"]"#),
];

/// The keys of `order_details`.
pub const ORDER_DETAILS: [Example; 13] = [
    ("reference_id", r#""detail.order.number""#),
    ("type", r#""physical-goods""#),
    ("currency", r#""detail.order.currency""#),
    ("amounts", r#""decimal""#),
    ("items", r#"{ list = "detail.order.lines", name = "title", amount = "price", quantity = "quantity" }"#),
    ("subtotal", r#""detail.order.subtotal""#),
    ("tax", r#""detail.order.tax""#),
    ("shipping", r#""detail.order.shipping""#),
    ("discount", r#""detail.order.discount""#),
    ("total", r#""detail.order.total""#),
    ("catalog_id", r#""1234567890""#),
    (
        "beneficiary",
        r#"{ name = "detail.address.name", address_line1 = "detail.address.street", city = "detail.address.city", state = "detail.address.state", postal_code = "detail.address.zip" }"#,
    ),
    ("payment", r#"{ payment_gateway = { type = "razorpay", configuration_name = "prod-razorpay" } }"#),
];

/// The keys of `items` in `order_details`.
pub const ORDER_ITEMS: [Example; 6] = [
    ("list", r#""detail.order.lines""#),
    ("name", r#""title""#),
    ("amount", r#""price""#),
    ("quantity", r#""quantity""#),
    ("sale_amount", r#""sale_price""#),
    ("retailer_id", r#""sku""#),
];

/// The keys of `beneficiary` in `order_details`.
pub const BENEFICIARY: [Example; 6] = [
    ("name", r#""detail.address.name""#),
    ("address_line1", r#""detail.address.street""#),
    ("address_line2", r#""detail.address.area""#),
    ("city", r#""detail.address.city""#),
    ("state", r#""detail.address.state""#),
    ("postal_code", r#""detail.address.zip""#),
];

/// The keys of `payment` in `order_details`.
pub const PAYMENT: [Example; 6] = [
    ("payment_type", r#""upi""#),
    ("payment_configuration", r#""my-payment-config""#),
    ("payment_gateway", r#"{ type = "razorpay", configuration_name = "prod-razorpay" }"#),
    ("upi_intent_link", r#""detail.payment.upi_link""#),
    ("payment_link", r#""detail.payment.url""#),
    (
        "pix_dynamic_code",
        r#"{ code = "detail.payment.pix", merchant_name = "My Shop", key = "39580525000189", key_type = "CNPJ" }"#,
    ),
];

/// The keys of `payment_gateway` in `payment`.
pub const PAYMENT_GATEWAY: [Example; 2] =
    [("type", r#""razorpay""#), ("configuration_name", r#""prod-razorpay""#)];

/// The keys of `pix_dynamic_code` in `payment`.
pub const PIX_DYNAMIC_CODE: [Example; 4] = [
    ("code", r#""detail.payment.pix""#),
    ("merchant_name", r#""My Shop""#),
    ("key", r#""39580525000189""#),
    ("key_type", r#""CNPJ""#),
];

/// The keys of `[notifications.<name>.fallback]`.
pub const FALLBACK: [Example; 4] = [
    ("after", r#""4h""#),
    ("on", r#"["failed", "rejected", "undelivered"]"#),
    ("retry", "true"),
    (
        "channels",
        r#"[{ provider = "aws-sms", consent = "detail.customer.sms_opt_in", text = { en = "Your order was cancelled." } }]"#,
    ),
];

/// The keys of an entry of `channels` in `fallback`; `subject` stands only in that of e-mails.
pub const FALLBACK_CHANNEL: [Example; 7] = [
    ("provider", r#""aws-email""#),
    ("recipient", r#""detail.customer.email""#),
    ("language", r#""detail.customer.language""#),
    ("consent", r#""detail.customer.email_opt_in""#),
    ("body", r#"["detail.customer.name", "detail.order.number"]"#),
    ("subject", r#"{ en = "Your order {{2}}", es = "Tu pedido {{2}}" }"#),
    (
        "text",
        r#"{ en = "Hi {{1}}, your order {{2}} was cancelled.", es = "Hola {{1}}, tu pedido {{2}} se ha cancelado." }"#,
    ),
];
