//! An example for each key of a definition, shown in the fault of a key that is missing or has the wrong type.

use domain::catalogue::keys::Example;

/// The top-level keys.
pub const DEFINITION: [Example; 5] = [
    ("name", r#""order_cancelled""#),
    ("category", r#""UTILITY""#),
    ("sub_category", r#""ORDER_STATUS""#),
    ("message_send_ttl_seconds", "43200"),
    (
        "texts",
        r#"{ en = { codes = { meta = "en_US" }, body = "Order {{1}} has been cancelled.", samples = ["10482"] } }"#,
    ),
];

/// The keys of `[texts.<language>]`.
pub const TEXT: [Example; 6] = [
    ("codes", r#"{ onemsg = "en", kaleyra = "en_US", meta = "en_US" }"#),
    ("header", r#"{ image = "https://www.your-shop.com/sample.jpg" }"#),
    ("body", r#""Hello, {{1}}! Order #{{2}} has been cancelled.""#),
    ("footer", r#""Thank you for shopping with us.""#),
    ("samples", r#"["Alexey", "10482"]"#),
    ("buttons", r#"[{ text = "Order details", url = "https://www.your-shop.com/orders" }]"#),
];

/// The keys of `header`, of which a header has one; `sample` belongs to `text`.
pub const HEADER: [Example; 6] = [
    ("text", r#""Order {{1}}""#),
    ("sample", r#""10482""#),
    ("image", r#""https://www.your-shop.com/sample.jpg""#),
    ("video", r#""https://www.your-shop.com/sample.mp4""#),
    ("document", r#""https://www.your-shop.com/sample.pdf""#),
    ("location", "true"),
];

/// The keys of an item of `buttons`, of which a button has one besides `text`; `sample` belongs to `url`.
pub const BUTTON: [Example; 7] = [
    ("text", r#""Order details""#),
    ("url", r#""https://www.your-shop.com/orders/{{1}}""#),
    ("sample", r#""10482""#),
    ("quick_reply", "true"),
    ("code", r#""SAVE10""#),
    ("phone", r#""+12025550100""#),
    ("order_details", "true"),
];
