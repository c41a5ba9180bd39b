//! The values that fill a template's components: header, body and buttons.

use std::fmt;

use super::{InvalidText, Text};

/// The values of one message, component by component. A component without a variable is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Components {
    /// What the header takes; `None` if the template has no header or a fixed one.
    pub header: Option<Header>,
    /// The body's variables.
    pub body: Variables,
    /// The values of the buttons that take one, in the order of the catalogue.
    pub buttons: Vec<Button>,
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

/// A point on the map with its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// From -90 to 90.
    pub latitude: Coordinate,
    /// From -180 to 180.
    pub longitude: Coordinate,
    /// The place's name.
    pub name: Option<Text>,
    /// The place's address.
    pub address: Option<Text>,
}

/// An angle in decimal degrees, as the event spells it. `Debug` hides it, because it may be the customer's home.
#[derive(Clone, PartialEq, Eq)]
pub struct Coordinate(String);

/// The public address of a file, which WhatsApp downloads. `Debug` hides it, because it may contain a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

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
/// The longest address of a button or a file. Source: Meta, "Template components" (URL buttons).
const MAX_URL_CHARS: usize = 2000;
/// The longest payload. Source: Meta, "Messages" reference (button parameter object).
const MAX_PAYLOAD_CHARS: usize = 128;
/// The longest code. Source: Meta, "Template components" (copy code buttons).
const MAX_CODE_CHARS: usize = 15;

/// Why a link cannot be used. It never contains the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// It has no scheme, no host, or another scheme.
    #[error("is not a whole address such as https://shop.example/picture.jpg")]
    NotAbsolute,
    /// WhatsApp would refuse it.
    #[error("is longer than {MAX_URL_CHARS} characters")]
    TooLong,
}

/// Why a coordinate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a number from -{limit} to {limit}")]
pub struct InvalidCoordinate {
    limit: u16,
}

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

    /// Every value, the customer's data: header, body, buttons.
    pub fn values(&self) -> Vec<&str> {
        let mut values = Vec::new();
        match &self.header {
            None => {}
            Some(Header::Text { text, .. }) => values.push(text.as_str()),
            Some(Header::Image(link) | Header::Video(link)) => values.push(link.as_str()),
            Some(Header::Document { link, filename }) => {
                values.push(link.as_str());
                values.extend(filename.as_ref().map(Text::as_str));
            }
            Some(Header::Location(location)) => {
                values.extend([location.latitude.as_str(), location.longitude.as_str()]);
                values.extend([&location.name, &location.address].into_iter().flatten().map(Text::as_str));
            }
        }
        values.extend(self.body.texts().into_iter().map(Text::as_str));
        values.extend(self.buttons.iter().map(|button| button.value.as_str()));
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
            let only_header = Self { header: Some(header.clone()), ..Self::default() };
            parts.extend(only_header.values().into_iter().map(str::to_owned));
        }
        for button in &self.buttons {
            parts.push(format!("\u{0}button {} {}", button.index, button.kind.key()));
            parts.push(button.value.as_str().to_owned());
        }
        parts
    }
}

impl VariableName {
    /// Meta's rule for the names of variables. Source: Meta, "Template components" (named parameters).
    pub fn parse(name: &str) -> Option<Self> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
        (starts_well && name.chars().all(is_allowed)).then(|| Self(name.to_owned()))
    }

    /// The name, without braces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Header {
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
            Self::Url => Text::parse(&encode(value.trim()), MAX_URL_CHARS),
            Self::Payload => Text::parse(value, MAX_PAYLOAD_CHARS),
            Self::Code => Text::parse(value, MAX_CODE_CHARS),
        }
    }
}

impl Link {
    /// Reads an address with `http` or `https`, also one without its scheme (`//cdn.shop.example/1.jpg`, as web
    /// shops give it), and encodes spaces and letters that an address may not contain.
    pub fn parse(value: &str) -> Result<Self, InvalidLink> {
        let value = value.trim();
        let whole = if value.starts_with("//") { format!("https:{value}") } else { value.to_owned() };
        let url = url::Url::parse(&whole).map_err(|_| InvalidLink::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidLink::NotAbsolute);
        }
        if url.as_str().len() > MAX_URL_CHARS {
            return Err(InvalidLink::TooLong);
        }
        Ok(Self(url.into()))
    }

    /// The address as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Coordinate {
    /// Reads decimal degrees from minus to plus `limit`, with a decimal point or comma.
    pub fn parse(value: &str, limit: u16) -> Result<Self, InvalidCoordinate> {
        let text = value.trim().replace(',', ".");
        let is_plain = text.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c));
        match text.parse::<f64>() {
            Ok(degrees) if is_plain && degrees.abs() <= f64::from(limit) => Ok(Self(text)),
            _ => Err(InvalidCoordinate { limit }),
        }
    }

    /// The angle as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link([redacted])")
    }
}

impl fmt::Debug for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Coordinate([redacted])")
    }
}

/// Percent-encodes what may not stand in an address; what is encoded already stays (RFC 3986, section 2).
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for character in value.chars() {
        if character.is_ascii_graphic() && !"\"<>\\^`{|}".contains(character) {
            encoded.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_whole_and_encoded() {
        for (value, read) in [
            (" https://cdn.shop.example/a.jpg ", "https://cdn.shop.example/a.jpg"),
            ("//cdn.shop.example/a.jpg?v=1", "https://cdn.shop.example/a.jpg?v=1"),
            ("http://shop.example/red shoe.jpg", "http://shop.example/red%20shoe.jpg"),
            ("https://shop.example/caf\u{e9}.png", "https://shop.example/caf%C3%A9.png"),
        ] {
            assert_eq!(Link::parse(value).unwrap().as_str(), read, "{value}");
        }
        for value in
            ["", "/a.jpg", "a.jpg", "shop.example/a.jpg", "ftp://shop.example/a", "data:image/png;base64,AA"]
        {
            assert_eq!(Link::parse(value), Err(InvalidLink::NotAbsolute), "{value}");
        }
        let long = format!("https://shop.example/{}", "a".repeat(2000));
        assert_eq!(Link::parse(&long), Err(InvalidLink::TooLong));
        assert_eq!(format!("{:?}", Link::parse("https://a.example/?token=s").unwrap()), "Link([redacted])");
    }

    #[test]
    fn the_end_of_an_address_is_encoded_once() {
        for (value, read) in [
            ("1Z 999/AA", "1Z%20999/AA"),
            ("10482?lang=es&x=%20", "10482?lang=es&x=%20"),
            ("n\u{ba}1", "n%C2%BA1"),
            (" #2031 ", "#2031"),
        ] {
            assert_eq!(ButtonKind::Url.parse(value).unwrap().as_str(), read, "{value}");
        }
        assert_eq!(ButtonKind::Url.parse("  "), Err(InvalidText::Empty));
        assert_eq!(
            ButtonKind::Code.parse(&"x".repeat(16)),
            Err(InvalidText::TooLong { chars: 16, limit: 15 })
        );
        assert!(ButtonKind::Payload.parse(&"x".repeat(128)).is_ok());
    }

    #[test]
    fn a_coordinate_is_a_plain_number_within_its_limit() {
        for (value, read) in
            [("48.2082", "48.2082"), (" -16,3738 ", "-16.3738"), ("90", "90"), ("+1.5", "+1.5")]
        {
            assert_eq!(Coordinate::parse(value, 90).unwrap().as_str(), read);
        }
        for value in ["", "90.1", "NaN", "inf", "1e1", "48\u{b0} 12'", "1.2.3"] {
            assert!(Coordinate::parse(value, 90).is_err(), "{value}");
        }
    }

    #[test]
    fn names_of_variables_are_metas() {
        for name in ["order", "order_number", "a1_"] {
            assert_eq!(VariableName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "1", "_a", "Order", "order-number", "\u{e9}t\u{e9}"] {
            assert_eq!(VariableName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn no_value_of_one_component_is_taken_for_another() {
        let text = |value: &str| Text::parse(value, 100).unwrap();
        let link = Link::parse("https://a.example/").unwrap();
        let button = |index, kind| Button { index, kind, value: text("x") };
        let of = |header, body: &[&str], buttons: Vec<Button>| Components {
            header,
            body: Variables::Positional(body.iter().map(|value| text(value)).collect()),
            buttons,
        };
        let named = |name: &str| Components {
            body: Variables::Named(vec![(VariableName::parse(name).unwrap(), text("x"))]),
            ..Components::default()
        };
        let all = [
            of(None, &["x"], Vec::new()),
            of(None, &["x", "x"], Vec::new()),
            of(None, &[], vec![button(0, ButtonKind::Url)]),
            of(None, &[], vec![button(1, ButtonKind::Url)]),
            of(None, &[], vec![button(0, ButtonKind::Payload)]),
            of(None, &["header text", "x"], Vec::new()),
            of(Some(Header::Text { name: None, text: text("x") }), &[], Vec::new()),
            of(Some(Header::Image(link.clone())), &[], Vec::new()),
            of(Some(Header::Video(link.clone())), &[], Vec::new()),
            of(Some(Header::Document { link, filename: None }), &[], Vec::new()),
            named("a"),
            named("b"),
        ];
        let identities: std::collections::BTreeSet<_> = all.iter().map(Components::identity).collect();
        assert_eq!(identities.len(), all.len());
        assert_eq!(all[0].identity(), ["x"], "as before headers and buttons existed");
    }
}
