//! Example values for each key of the catalogue, shown in the fault of a key that is missing or has the wrong
//! type.

/// A key and a value that suits most shops.
pub type Example = (&'static str, &'static str);

/// The keys of `[defaults]`.
pub const DEFAULTS: [Example; 2] = [("international_digits", "true"), ("max_age", r#""3d""#)];

/// The keys of `[notifications.<name>]`. An expression is a TOML string, so a string inside it needs quotes
/// of its own.
pub const NOTIFICATION: [Example; 20] = [
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
    ("status", r#""detail.order.status""#),
    ("reference_id", r#""detail.order.reference_id""#),
    ("description", r#""detail.order.description""#),
    ("templates", r#"{ meta = { name = "order_cancelled", languages = ["en_US"] } }"#),
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
