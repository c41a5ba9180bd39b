//! The values that a template takes from each message, and whether a catalogue's rule gives them.

use domain::catalogue::{ButtonRule, ComponentsRule, HeaderRule, VariablesRule};
use domain::message::ButtonKind;

use super::{Button, Header, Media, Text, Variables, variables};

/// The values that a template takes from each message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// What the header takes; `None` if there is no header, or a fixed one.
    pub header: Option<HeaderParameter>,
    /// The variables of the body.
    pub body: Variables,
    /// What each button takes, by its index.
    pub buttons: Vec<ButtonParameter>,
}

/// What a header takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderParameter {
    /// A text for its one variable.
    Text(Variables),
    /// A link to a file.
    Media(Media),
    /// A place.
    Location,
}

/// What a button takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonParameter {
    /// Nothing: it is the same in every message.
    Fixed,
    /// A payload, which a message may leave out.
    Optional(ButtonKind),
    /// A value without which the provider refuses the message.
    Required(ButtonKind),
    /// An order, without which the provider refuses the message.
    OrderDetails,
}

/// A part of a catalogue's rule that doesn't give what a template takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The key in the catalogue: `header`, `body`, `buttons` or `order_details`.
    pub key: &'static str,
    /// The problem, with the key as its subject.
    pub problem: String,
    /// What to write in the catalogue.
    pub write: String,
}

impl Parameters {
    /// What a defined text takes.
    pub fn from_text(text: &Text) -> Self {
        let header = text.header.as_ref().filter(|header| header.needs_value());
        let header = header.map(|header| match header {
            Header::Text { .. } => HeaderParameter::Text(header.variables()),
            Header::Media { media, .. } => HeaderParameter::Media(*media),
            Header::Location => HeaderParameter::Location,
        });
        let button = |button: &Button| match button {
            Button::Url { url, .. } if url.takes_suffix() => ButtonParameter::Required(ButtonKind::Url),
            Button::CopyCode { .. } => ButtonParameter::Required(ButtonKind::Code),
            Button::QuickReply { .. } => ButtonParameter::Optional(ButtonKind::Payload),
            Button::OrderDetails { .. } => ButtonParameter::OrderDetails,
            Button::Url { .. } | Button::Phone { .. } => ButtonParameter::Fixed,
        };
        Self { header, body: text.variables(), buttons: text.buttons.iter().map(button).collect() }
    }

    /// Compares with the rule of a notification that sends the template `name`.
    pub fn mismatches(&self, name: &str, rule: &ComponentsRule) -> Vec<Mismatch> {
        let mut found = Vec::new();
        found.extend(self.header_problem(name, rule.header.as_ref()).map(|problem| Mismatch {
            key: "header",
            problem,
            write: self.header.as_ref().map_or_else(|| "no header".to_owned(), header_example),
        }));
        found.extend(body_problem(&self.body, name, &rule.body).map(|problem| Mismatch {
            key: "body",
            problem,
            write: body_example(&self.body),
        }));
        found.extend(self.button_problems(name, &rule.buttons).into_iter().map(|problem| Mismatch {
            key: "buttons",
            problem,
            write: self.buttons_example(),
        }));
        found.extend(self.order_problem(name, rule.order_details.is_some()).map(|problem| {
            Mismatch {
                key: "order_details",
                problem,
                write: if rule.order_details.is_some() {
                    "no order_details"
                } else {
                    "order_details = { … }"
                }
                .to_owned(),
            }
        }));
        found
    }

    fn order_problem(&self, name: &str, is_given: bool) -> Option<String> {
        match (self.buttons.first(), is_given) {
            (Some(ButtonParameter::OrderDetails), false) => {
                Some(format!("is missing, and button 0 of {name} opens an order"))
            }
            (Some(ButtonParameter::OrderDetails), true) | (_, false) => None,
            (_, true) => Some(format!("gives an order, and button 0 of {name} opens none")),
        }
    }

    fn header_problem(&self, name: &str, rule: Option<&HeaderRule>) -> Option<String> {
        let (taken, given) = match (&self.header, rule) {
            (None, None) => return None,
            (None, Some(given)) => {
                return Some(format!(
                    "gives {}, and {name} has no header that takes a value",
                    given_header(given)
                ));
            }
            (Some(taken), None) => {
                return Some(format!("is missing, and the header of {name} takes {}", taken_header(taken)));
            }
            (Some(taken), Some(given)) => (taken, given),
        };
        let is_same = match (taken, given) {
            (HeaderParameter::Text(Variables::Positional(_)), HeaderRule::Text { name, .. }) => {
                name.is_none()
            }
            (HeaderParameter::Text(Variables::Named(names)), HeaderRule::Text { name, .. }) => {
                name.as_ref().is_some_and(|name| names.iter().all(|known| known == name.as_str()))
            }
            (HeaderParameter::Media(Media::Image), HeaderRule::Image(_))
            | (HeaderParameter::Media(Media::Video), HeaderRule::Video(_))
            | (HeaderParameter::Media(Media::Document), HeaderRule::Document { .. })
            | (HeaderParameter::Location, HeaderRule::Location(_)) => true,
            (HeaderParameter::Text(_) | HeaderParameter::Media(_) | HeaderParameter::Location, _) => false,
        };
        (!is_same).then(|| {
            format!("gives {}, and the header of {name} takes {}", given_header(given), taken_header(taken))
        })
    }

    fn button_problems(&self, name: &str, rules: &[ButtonRule]) -> Vec<String> {
        let mut found = Vec::new();
        for ButtonRule { index, kind, .. } in rules {
            let given = format!("give button {index} a {}", kind.key());
            match self.buttons.get(usize::from(*index)) {
                Some(ButtonParameter::Optional(taken) | ButtonParameter::Required(taken))
                    if taken == kind => {}
                Some(ButtonParameter::Optional(taken) | ButtonParameter::Required(taken)) => {
                    found.push(format!("{given}, and the one of {name} takes a {}", taken.key()));
                }
                Some(ButtonParameter::OrderDetails) => {
                    found.push(format!("{given}, and the one of {name} opens an order"));
                }
                Some(ButtonParameter::Fixed) => {
                    found.push(format!("{given}, and the one of {name} is the same in every message"));
                }
                None => {
                    let count = self.buttons.len();
                    found.push(format!("{given}, and {name} has {count} (the first is button 0)"));
                }
            }
        }
        for (index, parameter) in self.buttons.iter().enumerate() {
            if let ButtonParameter::Required(kind) = parameter
                && rules.iter().all(|rule| usize::from(rule.index) != index)
            {
                found.push(format!(
                    "give button {index} nothing, and the one of {name} takes a {}",
                    kind.key()
                ));
            }
        }
        found
    }

    fn buttons_example(&self) -> String {
        let members: Vec<String> = self
            .buttons
            .iter()
            .enumerate()
            .filter_map(|(index, parameter)| match parameter {
                ButtonParameter::Required(kind) => {
                    Some(format!("{{ index = {index}, {} = \"…\" }}", kind.key()))
                }
                ButtonParameter::Optional(_) | ButtonParameter::Fixed | ButtonParameter::OrderDetails => None,
            })
            .collect();
        if members.is_empty() {
            "no buttons".to_owned()
        } else {
            format!("buttons = [{}]", members.join(", "))
        }
    }
}

fn body_problem(taken: &Variables, name: &str, rule: &VariablesRule) -> Option<String> {
    match (taken, rule) {
        (Variables::Positional(count), VariablesRule::Positional(given)) => (given.len() != *count)
            .then(|| format!("fills {} of {name}, which has {count}", variables::count(given.len()))),
        (Variables::Named(_), VariablesRule::Positional(given)) if given.is_empty() => {
            Some(format!("gives nothing for {taken} of {name}"))
        }
        (Variables::Named(_), VariablesRule::Positional(_)) => {
            Some(format!("is a list, and {name} has named variables: {taken}"))
        }
        (Variables::Positional(0), VariablesRule::Named(_)) => {
            Some(format!("gives values, and {name} has no variables"))
        }
        (Variables::Positional(_), VariablesRule::Named(_)) => {
            Some(format!("is a table, and {name} has numbered variables: {taken}"))
        }
        (Variables::Named(names), VariablesRule::Named(given)) => {
            let is_given = |wanted: &String| given.iter().any(|(name, _)| name.as_str() == wanted);
            let missing: Vec<String> = names.iter().filter(|it| !is_given(it)).cloned().collect();
            if !missing.is_empty() {
                return Some(format!("gives nothing for {} of {name}", Variables::Named(missing)));
            }
            let other = given.iter().find(|(name, _)| names.iter().all(|known| known != name.as_str()));
            other.map(|(other, _)| format!("gives {}, which is no variable of {name}", other.as_str()))
        }
    }
}

fn taken_header(taken: &HeaderParameter) -> String {
    match taken {
        HeaderParameter::Text(variables) => format!("a text for {variables}"),
        HeaderParameter::Media(media) => format!("{} {}", article(media.name()), media.name()),
        HeaderParameter::Location => "a location".to_owned(),
    }
}

fn given_header(given: &HeaderRule) -> String {
    match given {
        HeaderRule::Text { name: Some(name), .. } => format!("a text for {{{{{}}}}}", name.as_str()),
        HeaderRule::Text { name: None, .. } => "a text for {{1}}".to_owned(),
        HeaderRule::Image(_) => "an image".to_owned(),
        HeaderRule::Video(_) => "a video".to_owned(),
        HeaderRule::Document { .. } => "a document".to_owned(),
        HeaderRule::Location(_) => "a location".to_owned(),
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn header_example(taken: &HeaderParameter) -> String {
    match taken {
        HeaderParameter::Text(Variables::Named(names)) => {
            format!("header = {{ text = {{ {} = \"…\" }} }}", names.concat())
        }
        HeaderParameter::Text(Variables::Positional(_)) => "header = { text = \"…\" }".to_owned(),
        HeaderParameter::Media(Media::Document) => {
            "header = { document = \"…\", filename = \"…\" }".to_owned()
        }
        HeaderParameter::Media(media) => format!("header = {{ {} = \"…\" }}", media.name()),
        HeaderParameter::Location => {
            "header = { location = { latitude = \"…\", longitude = \"…\" } }".to_owned()
        }
    }
}

fn body_example(taken: &Variables) -> String {
    match taken {
        Variables::Positional(count) => format!("body = [{}]", vec!["\"…\""; *count].join(", ")),
        Variables::Named(names) => {
            let members: Vec<String> = names.iter().map(|name| format!("{name} = \"…\"")).collect();
            format!("body = {{ {} }}", members.join(", "))
        }
    }
}
