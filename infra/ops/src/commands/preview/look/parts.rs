//! The parts of a message with its values: header, body and buttons.

use serde::Serialize;
use shared::message::{self, ButtonKind, Location, Variables};
use template_definitions::{Button, Header, Media, Text, fill};

use crate::output::style;

/// What stands above the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum HeaderLook {
    Text(String),
    /// A link to the picture.
    Image(String),
    /// A link to the video.
    Video(String),
    Document {
        link: String,
        filename: Option<String>,
    },
    Location {
        latitude: String,
        longitude: String,
        name: Option<String>,
        address: Option<String>,
    },
}

/// A button below the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct ButtonLook {
    pub(in crate::commands) text: String,
    #[serde(flatten)]
    pub(in crate::commands) effect: Effect,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Effect {
    /// Opens this address.
    Url(String),
    /// Copies this code; none if the message brings none.
    Code(Option<String>),
    /// Sends its label and this payload to the shop.
    Payload(Option<String>),
    /// Opens the order.
    OrderDetails,
    /// Calls this number.
    Phone(String),
}

/// The header with the message's value. A part that the catalogue doesn't fill is left out.
pub(super) fn header(text: &Text, value: Option<&message::Header>) -> Option<HeaderLook> {
    match (text.header.as_ref()?, value) {
        (Header::Text { text, .. }, value) => {
            let value = match value {
                Some(message::Header::Text { text, .. }) => Some(text.as_str()),
                _ => None,
            };
            Some(HeaderLook::Text(fill(text, |_| value)))
        }
        (Header::Media { .. } | Header::Location, value) => match value? {
            message::Header::Text { .. } => None,
            message::Header::Image(link) => Some(HeaderLook::Image(link.as_str().to_owned())),
            message::Header::Video(link) => Some(HeaderLook::Video(link.as_str().to_owned())),
            message::Header::Document { link, filename } => Some(HeaderLook::Document {
                link: link.as_str().to_owned(),
                filename: owned(filename.as_ref()),
            }),
            message::Header::Location(location) => {
                let Location { latitude, longitude, name, address } = &**location;
                Some(HeaderLook::Location {
                    latitude: latitude.as_str().to_owned(),
                    longitude: longitude.as_str().to_owned(),
                    name: owned(name.as_ref()),
                    address: owned(address.as_ref()),
                })
            }
        },
    }
}

/// What stands for a header whose file or place only the event names.
pub(super) fn unfilled_header(text: &Text) -> Option<HeaderLook> {
    let named = || "named by the event".to_owned();
    match text.header.as_ref()? {
        Header::Text { .. } => None,
        Header::Media { media: Media::Image, .. } => Some(HeaderLook::Image(named())),
        Header::Media { media: Media::Video, .. } => Some(HeaderLook::Video(named())),
        Header::Media { media: Media::Document, .. } => {
            Some(HeaderLook::Document { link: named(), filename: None })
        }
        Header::Location => Some(HeaderLook::Location {
            latitude: "…".to_owned(),
            longitude: "…".to_owned(),
            name: Some(named()),
            address: None,
        }),
    }
}

/// The body with its variables filled; a variable without a value stays as it is.
pub(super) fn body(text: &Text, values: &Variables) -> String {
    let value_of = |name: &str| match values {
        Variables::Positional(texts) => texts.get(name.parse::<usize>().ok()?.checked_sub(1)?),
        Variables::Named(pairs) => {
            pairs.iter().find(|(known, _)| known.as_str() == name).map(|(_, text)| text)
        }
    };
    fill(&text.body, |name| value_of(name).map(message::Text::as_str))
}

/// The buttons with their values.
pub(super) fn buttons(text: &Text, values: &[message::Button]) -> Vec<ButtonLook> {
    let with_value = |(index, button): (usize, &Button)| {
        let value = |kind| value_of(values, index, kind);
        let effect = match button {
            Button::Url { url, .. } => Effect::Url(match value(ButtonKind::Url) {
                Some(suffix) if url.takes_suffix() => url.with_suffix(suffix),
                _ => url.to_string(),
            }),
            Button::QuickReply { .. } => Effect::Payload(value(ButtonKind::Payload).map(str::to_owned)),
            Button::CopyCode { .. } => Effect::Code(value(ButtonKind::Code).map(str::to_owned)),
            Button::OrderDetails { .. } => Effect::OrderDetails,
            Button::Phone { number, .. } => Effect::Phone(number.clone()),
        };
        ButtonLook { text: button.label().to_owned(), effect }
    };
    text.buttons.iter().enumerate().map(with_value).collect()
}

/// The buttons whose suffix is a whole address, with what the template has before it.
pub(super) fn doubled_urls(text: &Text, values: &[message::Button]) -> Vec<(usize, String)> {
    let is_whole = |suffix: &str| {
        let suffix = suffix.to_ascii_lowercase();
        suffix.starts_with("https:") || suffix.starts_with("http:")
    };
    let buttons = text.buttons.iter().enumerate();
    let found = buttons.filter_map(|(index, button)| match button {
        Button::Url { url, .. } if url.takes_suffix() => {
            value_of(values, index, ButtonKind::Url).filter(|suffix| is_whole(suffix))?;
            Some((index, url.with_suffix("")))
        }
        _ => None,
    });
    found.collect()
}

fn value_of(values: &[message::Button], index: usize, kind: ButtonKind) -> Option<&str> {
    let found = values.iter().find(|it| usize::from(it.index) == index && it.kind == kind);
    found.map(|it| it.value.as_str())
}

fn owned(text: Option<&message::Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

impl HeaderLook {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => style::strong(text),
            Self::Image(link) => format!("[picture] {}", style::weak(link)),
            Self::Video(link) => format!("[video] {}", style::weak(link)),
            Self::Document { link, filename } => {
                let name = filename.as_deref().unwrap_or("without a name");
                format!("[document: {name}] {}", style::weak(link))
            }
            Self::Location { latitude, longitude, name, address } => {
                let words: Vec<&str> = [name, address].into_iter().flatten().map(String::as_str).collect();
                format!("[map] {} {}", words.join(", "), style::weak(format!("{latitude}, {longitude}")))
            }
        }
    }
}

impl ButtonLook {
    pub(super) fn line(&self) -> String {
        let effect = match &self.effect {
            Effect::Url(url) => url.clone(),
            Effect::Code(code) => {
                format!("copies {}", code.as_deref().unwrap_or("nothing: the message brings no code"))
            }
            Effect::Payload(None) => "replies".to_owned(),
            Effect::Payload(Some(payload)) => format!("replies, with the payload {payload}"),
            Effect::OrderDetails => "opens the order".to_owned(),
            Effect::Phone(number) => format!("calls {number}"),
        };
        format!("[ {} ] {}", self.text, style::weak(effect))
    }
}
