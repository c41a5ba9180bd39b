//! A message as the customer sees it.

use std::fmt;

use super::message::{ButtonValue, FilledTemplate, HeaderParameter, Location, OrderDetails};
use super::placeholders;
use super::templates::{ButtonKind, Template, TemplateButton};

/// A template's texts with their variables filled in. It contains personal data, so it has no `Debug` of its own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShownText {
    /// The line above the body: a text, or what is shown there and its address in square brackets.
    pub header: Option<String>,
    /// The body; empty if the account no longer has the template.
    pub body: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// Each button in square brackets: its label, and what it opens, copies or calls.
    pub buttons: Vec<String>,
}

impl fmt::Display for ShownText {
    /// One line for each part.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(header) = &self.header {
            writeln!(formatter, "{header}")?;
        }
        formatter.write_str(&self.body)?;
        for line in self.footer.iter().chain(&self.buttons) {
            write!(formatter, "\n{line}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ShownText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ShownText(…)")
    }
}

impl Template {
    /// The message that the customer sees.
    pub fn show(&self, filled: &FilledTemplate) -> ShownText {
        ShownText {
            header: self.filled_header(filled).or_else(|| filled.header.as_ref().map(show_header)),
            body: self.filled_body(filled),
            footer: self.footer.clone(),
            buttons: self
                .buttons
                .iter()
                .enumerate()
                .map(|(index, button)| {
                    let given = filled.buttons.iter().find(|given| given.index == index);
                    show_button(button, given.map(|given| &given.value))
                })
                .collect(),
        }
    }
}

fn show_header(header: &HeaderParameter) -> String {
    match header {
        HeaderParameter::Text { text, .. } => text.clone(),
        HeaderParameter::Image(link) => format!("[image: {link}]"),
        HeaderParameter::Video(link) => format!("[video: {link}]"),
        HeaderParameter::Document { link, filename: None } => format!("[document: {link}]"),
        HeaderParameter::Document { link, filename: Some(name) } => format!("[document {name}: {link}]"),
        HeaderParameter::Location(Location { latitude, longitude, name, address }) => {
            let place: Vec<_> = name.iter().chain(address).map(|part| format!("{part}, ")).collect();
            format!("[location: {}{latitude}, {longitude}]", place.concat())
        }
    }
}

fn show_button(button: &TemplateButton, given: Option<&ButtonValue>) -> String {
    let text = &button.text;
    match (&button.kind, given) {
        (ButtonKind::Url, Some(ButtonValue::Url(end))) => {
            format!("[{text}: {}]", placeholders::fill(&button.url, |_| Some(end)))
        }
        (ButtonKind::Url, _) => format!("[{text}: {}]", button.url),
        (ButtonKind::CopyCode, Some(ButtonValue::Code(code))) => format!("[{text}: {code}]"),
        (ButtonKind::Phone(number), _) => format!("[{text}: {number}]"),
        (ButtonKind::OrderDetails, Some(ButtonValue::OrderDetails(details))) => {
            let OrderDetails { reference_id, currency, total, .. } = &**details;
            format!("[{text}: #{reference_id}, {}.{:02} {currency}]", total / 100, total % 100)
        }
        (ButtonKind::QuickReply | ButtonKind::CopyCode | ButtonKind::OrderDetails, _) => format!("[{text}]"),
    }
}
