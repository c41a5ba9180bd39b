//! An example for each key of a definition, shown in the fault of a key that is missing or has the wrong type.

use domain::catalogue::keys::Example;

/// The top-level keys.
pub const DEFINITION: [Example; 4] = [
    ("name", r#""order_cancelled""#),
    ("category", r#""UTILITY""#),
    ("sub_category", r#""ORDER_STATUS""#),
    (
        "texts",
        r#"{ en = { codes = { meta = "en_US" }, body = "Order {{1}} has been cancelled.", samples = ["10482"] } }"#,
    ),
];

/// The keys of `[texts.<language>]`.
pub const TEXT: [Example; 5] = [
    ("codes", r#"{ onemsg = "en", kaleyra = "en_US", meta = "en_US" }"#),
    ("body", r#""Hello, {{1}}! Order #{{2}} has been cancelled.""#),
    ("footer", r#""Thank you for shopping with us.""#),
    ("samples", r#"["Alexey", "10482"]"#),
    ("buttons", r#"[{ text = "Order details", url = "https://www.your-shop.com/orders" }]"#),
];

/// The keys of an item of `buttons`.
pub const BUTTON: [Example; 2] =
    [("text", r#""Order details""#), ("url", r#""https://www.your-shop.com/orders""#)];
