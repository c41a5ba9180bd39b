//! The values that fill a template's components: header, body, buttons and an order's details.

use super::link::{clean, encode};
use super::{InvalidText, Link, Location, OrderDetails, Text};

/// The values of one message, component by component. A component without a variable is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Components {
    /// What the header takes; `None` if the template has no header or a fixed one.
    pub header: Option<Header>,
    /// The body's variables.
    pub body: Variables,
    /// The values of the buttons that take one, in the order of the catalogue.
    pub buttons: Vec<Button>,
    /// The order that the first button opens.
    pub order_details: Option<Box<OrderDetails>>,
}

/// The variables of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variables {
    /// For `{{1}}`, `{{2}}`, …
    Positional(Vec<Text>),
    /// For `{{name}}`, …, sorted by name.
    Named(Vec<(VariableName, Text)>),
}

/// A name such as `order_number`: lower-case letters, digits and underscores, as Meta requires.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// The variable of a text header.
    Text {
        /// Its name in a template with named variables.
        name: Option<VariableName>,
        /// At most [`MAX_HEADER_CHARS`].
        text: Text,
    },
    /// A picture: JPEG or PNG.
    Image(Link),
    /// A video: MP4 or 3GP.
    Video(Link),
    /// A document, for example an invoice.
    Document {
        /// The file.
        link: Link,
        /// The name that the customer sees.
        filename: Option<Text>,
    },
    /// A point on the map.
    Location(Box<Location>),
}

/// The value of one button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// The button's position in the template; the first is 0.
    pub index: u8,
    /// What kind of button it is.
    pub kind: ButtonKind,
    /// The value: see [`ButtonKind`].
    pub value: Text,
}

/// The kinds of buttons that take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ButtonKind {
    /// The end of the template's address, percent-encoded where an address needs it.
    Url,
    /// What the shop's webhook receives when the customer chooses this reply.
    Payload,
    /// The code that the button copies.
    Code,
}

/// The longest header text. Source: Meta, "Template components".
pub const MAX_HEADER_CHARS: usize = 60;
/// The longest address of a button. Source: Meta, "Template components" (URL buttons).
const MAX_URL_CHARS: usize = 2000;
/// The longest payload. No page of Meta's limits it; this is the limit of its older button objects.
const MAX_PAYLOAD_CHARS: usize = 128;
/// The longest code. Source: Meta, "Coupon code templates".
const MAX_CODE_CHARS: usize = 20;

impl Default for Variables {
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

impl Variables {
    /// The values, in order.
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Positional(texts) => texts.iter().collect(),
            Self::Named(pairs) => pairs.iter().map(|(_, text)| text).collect(),
        }
    }
}

impl Components {
    /// The values of a body whose variables are numbered.
    pub fn body(texts: Vec<Text>) -> Self {
        Self { body: Variables::Positional(texts), ..Self::default() }
    }

    /// Every value, the customer's data: header, body, buttons, the order's details.
    pub fn values(&self) -> Vec<&str> {
        let mut values = self.header.as_ref().map(Header::values).unwrap_or_default();
        values.extend(self.body.texts().into_iter().map(Text::as_str));
        values.extend(self.buttons.iter().map(|button| button.value.as_str()));
        values.extend(self.order_details.iter().flat_map(|details| details.values()));
        values
    }

    /// What identifies these values among an order's notifications. A numbered body alone gives its texts, as
    /// releases before headers and buttons did. Every other part follows a mark with a control character,
    /// which no text contains, so that no value is taken for a part.
    pub fn identity(&self) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        match &self.body {
            Variables::Positional(texts) => parts.extend(texts.iter().map(|text| text.as_str().to_owned())),
            Variables::Named(pairs) => {
                for (name, text) in pairs {
                    parts.extend([format!("\u{0}body {}", name.as_str()), text.as_str().to_owned()]);
                }
            }
        }
        if let Some(header) = &self.header {
            parts.push(format!("\u{0}header {}", header.kind()));
            parts.extend(header.identity());
        }
        for button in &self.buttons {
            parts.push(format!("\u{0}button {} {}", button.index, button.kind.key()));
            parts.push(button.value.as_str().to_owned());
        }
        parts.extend(self.order_details.iter().flat_map(|details| details.identity()));
        parts
    }
}

impl VariableName {
    /// Lower-case letters, digits and underscores, but not digits alone: those number a variable. Source: Meta, "Template
    /// components" (named parameters).
    pub fn parse(name: &str) -> Option<Self> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = name.chars().all(is_allowed) && name.contains(|c: char| !c.is_ascii_digit());
        is_name.then(|| Self(name.to_owned()))
    }

    /// The name, without braces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn optional(text: Option<&Text>) -> Vec<&str> {
    text.map(Text::as_str).into_iter().collect()
}

impl Header {
    fn values(&self) -> Vec<&str> {
        match self {
            Self::Text { text, .. } => vec![text.as_str()],
            Self::Image(link) | Self::Video(link) => vec![link.as_str()],
            Self::Document { link, filename } => [vec![link.as_str()], optional(filename.as_ref())].concat(),
            Self::Location(at) => [
                vec![at.latitude.as_str(), at.longitude.as_str()],
                optional(at.name.as_ref()),
                optional(at.address.as_ref()),
            ]
            .concat(),
        }
    }

    /// A file counts by its address without query and fragment, because a producer that repeats an event signs the
    /// address anew.
    fn identity(&self) -> Vec<String> {
        let marked = |mark: &str, text: &Option<Text>| {
            text.iter().map(|it| format!("\u{0}{mark} {}", it.as_str())).collect()
        };
        match self {
            Self::Text { text, .. } => vec![text.as_str().to_owned()],
            Self::Image(link) | Self::Video(link) => vec![link.path().to_owned()],
            Self::Document { link, filename } => {
                [vec![link.path().to_owned()], marked("filename", filename)].concat()
            }
            Self::Location(at) => [
                vec![at.latitude.as_str().to_owned(), at.longitude.as_str().to_owned()],
                marked("name", &at.name),
                marked("address", &at.address),
            ]
            .concat(),
        }
    }

    /// The kind's key in the catalogue, which is also the parameter's type at the providers.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Document { .. } => "document",
            Self::Location(_) => "location",
        }
    }
}

impl ButtonKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Url, Self::Payload, Self::Code];

    /// The kind's key in the catalogue.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Payload => "payload",
            Self::Code => "code",
        }
    }

    /// Reads the value of a button of this kind.
    pub fn parse(self, value: &str) -> Result<Text, InvalidText> {
        match self {
            // Many shops' order numbers begin with the mark that would end the address.
            Self::Url => match clean(value).strip_prefix('#') {
                Some(rest) => Text::parse(&format!("%23{}", encode(rest)), MAX_URL_CHARS),
                None => Text::parse(&encode(&clean(value)), MAX_URL_CHARS),
            },
            Self::Payload => Text::parse(value, MAX_PAYLOAD_CHARS),
            Self::Code => Text::parse(value, MAX_CODE_CHARS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Coordinate;

    #[test]
    fn the_end_of_an_address_is_encoded_once() {
        for (value, read) in [
            ("1Z 999/AA", "1Z%20999/AA"),
            ("10482?lang=es&x=%20", "10482?lang=es&x=%20"),
            ("n\u{ba}1", "n%C2%BA1"),
            (" #2031 ", "%232031"),
            ("\u{202a}1Z999\u{202c}", "1Z999"),
            ("1Z\n999", "1Z%20999"),
            ("100% wool", "100%25%20wool"),
            ("a&amp;b", "a&b"),
        ] {
            assert_eq!(ButtonKind::Url.parse(value).unwrap().as_str(), read, "{value}");
        }
        assert_eq!(ButtonKind::Url.parse(" \u{200b} "), Err(InvalidText::Empty));
        assert_eq!(
            ButtonKind::Code.parse(&"x".repeat(21)),
            Err(InvalidText::TooLong { chars: 21, limit: 20 })
        );
        assert!(ButtonKind::Payload.parse(&"x".repeat(128)).is_ok());
    }

    #[test]
    fn names_of_variables_are_metas() {
        for name in ["order", "order_number", "a1_", "_a", "1st"] {
            assert_eq!(VariableName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "1", "Order", "order-number", "\u{e9}t\u{e9}"] {
            assert_eq!(VariableName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn no_value_of_one_component_is_taken_for_another() {
        let text = |value: &str| Text::parse(value, 100).unwrap();
        let link = Link::parse("https://a.example/").unwrap();
        let button = |index, kind| Button { index, kind, value: text("x") };
        let components = |header, body: &[&str], buttons: Vec<Button>| Components {
            header,
            body: Variables::Positional(body.iter().map(|value| text(value)).collect()),
            buttons,
            order_details: None,
        };
        let named = |name: &str| Components {
            body: Variables::Named(vec![(VariableName::parse(name).unwrap(), text("x"))]),
            ..Components::default()
        };
        let place = |name: Option<&str>, address: Option<&str>| {
            Header::Location(Box::new(Location {
                latitude: Coordinate::parse("1", 90).unwrap(),
                longitude: Coordinate::parse("1", 180).unwrap(),
                name: name.map(text),
                address: address.map(text),
            }))
        };
        let all = [
            components(None, &["x"], Vec::new()),
            components(None, &["x", "x"], Vec::new()),
            components(None, &[], vec![button(0, ButtonKind::Url)]),
            components(None, &[], vec![button(1, ButtonKind::Url)]),
            components(None, &[], vec![button(0, ButtonKind::Payload)]),
            components(None, &["header text", "x"], Vec::new()),
            components(Some(Header::Text { name: None, text: text("x") }), &[], Vec::new()),
            components(Some(Header::Image(link.clone())), &[], Vec::new()),
            components(Some(Header::Video(link.clone())), &[], Vec::new()),
            components(Some(Header::Document { link: link.clone(), filename: None }), &[], Vec::new()),
            components(Some(Header::Document { link, filename: Some(text("x")) }), &[], Vec::new()),
            components(Some(place(Some("x"), None)), &[], Vec::new()),
            components(Some(place(None, Some("x"))), &[], Vec::new()),
            named("a"),
            named("b"),
        ];
        let identities: std::collections::BTreeSet<_> = all.iter().map(Components::identity).collect();
        assert_eq!(identities.len(), all.len());
        assert_eq!(all[0].identity(), ["x"], "as before headers and buttons existed");
        let signed = |query: &str| {
            let link = Link::parse(&format!("https://a.example/invoice.pdf{query}")).unwrap();
            components(Some(Header::Document { link, filename: None }), &["x"], Vec::new()).identity()
        };
        assert_eq!(signed("?X-Amz-Date=1&X-Amz-Signature=a"), signed("?X-Amz-Date=2#b"));
    }
}
