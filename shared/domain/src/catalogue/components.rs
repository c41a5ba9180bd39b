//! The catalogue's rules for a template's components: `header`, `body`, `buttons` and `order_details`.

use toml::{Table, Value};

use super::order_details::{self, OrderDetailsRule};
use super::section::kind;
use super::{Expression, Section, keys};
use crate::message::{ButtonKind, VariableName};

/// The most buttons of a template. Source: Meta, "Template components".
const MAX_BUTTONS: i64 = 10;

/// The rules for the values of a template.
#[derive(Debug, Clone)]
pub struct ComponentsRule {
    /// The header's value; `None` if the template has no header or a fixed one.
    pub header: Option<HeaderRule>,
    /// The body's variables.
    pub body: VariablesRule,
    /// The buttons that take a value.
    pub buttons: Vec<ButtonRule>,
    /// The order that the first button opens.
    pub order_details: Option<Box<OrderDetailsRule>>,
}

/// The rules for the variables of a body.
#[derive(Debug, Clone)]
pub enum VariablesRule {
    /// For `{{1}}`, `{{2}}`, …
    Positional(Vec<Expression>),
    /// For `{{name}}`, …, sorted by name.
    Named(Vec<(VariableName, Expression)>),
}

/// The rule for the value of a header.
#[derive(Debug, Clone)]
pub enum HeaderRule {
    /// The variable of a text header.
    Text {
        /// Its name in a template with named variables.
        name: Option<VariableName>,
        /// Finds its value.
        text: Expression,
    },
    /// Finds a picture's address.
    Image(Expression),
    /// Finds a video's address.
    Video(Expression),
    /// A document.
    Document {
        /// Finds its address.
        link: Expression,
        /// Finds the name that the customer sees.
        filename: Option<Expression>,
    },
    /// A point on the map.
    Location(Box<LocationRule>),
}

/// The rules for a point on the map.
#[derive(Debug, Clone)]
pub struct LocationRule {
    /// Finds the latitude in decimal degrees.
    pub latitude: Expression,
    /// Finds the longitude in decimal degrees.
    pub longitude: Expression,
    /// Finds the place's name.
    pub name: Option<Expression>,
    /// Finds the place's address.
    pub address: Option<Expression>,
}

/// The rule for the value of one button.
#[derive(Debug, Clone)]
pub struct ButtonRule {
    /// The button's position in the template; the first is 0.
    pub index: u8,
    /// What kind of button it is.
    pub kind: ButtonKind,
    /// Finds its value.
    pub value: Expression,
}

impl ComponentsRule {
    /// The first part that a provider with numbered texts, media and URL buttons alone can't send; `None` if it can send all.
    pub(super) fn first_advanced_component(&self) -> Option<&'static str> {
        let is_named = matches!(self.body, VariablesRule::Named(_))
            || matches!(self.header, Some(HeaderRule::Text { name: Some(_), .. }));
        let has = |kind| self.buttons.iter().any(|button| button.kind == kind);
        if is_named {
            Some("named variables")
        } else if matches!(self.header, Some(HeaderRule::Location(_))) {
            Some("location headers")
        } else if has(ButtonKind::Payload) {
            Some("payloads of buttons")
        } else if has(ButtonKind::Code) {
            Some("codes of buttons")
        } else {
            None
        }
    }
}

impl VariablesRule {
    /// The expressions, in order.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Positional(expressions) => expressions.iter().collect(),
            Self::Named(pairs) => pairs.iter().map(|(_, expression)| expression).collect(),
        }
    }
}

/// Reads `header`, `body`, `buttons` and `order_details` of a notification.
pub(super) fn read(section: &mut Section<'_, '_>) -> Option<ComponentsRule> {
    let has_others = ["header", "buttons", "order_details"].iter().any(|key| section.has(key));
    let header = section.optional_table("header").map(|table| {
        let mut inner = section.inner("header", table).with_examples(&keys::HEADER);
        let header = read_header(&mut inner);
        inner.finish();
        header
    });
    let body = read_body(section, has_others);
    let buttons = read_buttons(section);
    let order_details = order_details::read(section);
    if section.has("order_details") && buttons.iter().flatten().any(|button| button.index == 0) {
        section.fault("buttons", "gives button 0 a value, but with order_details button 0 opens the order");
    }
    Some(ComponentsRule {
        header: header.map_or(Some(None), |header| header.map(Some))?,
        body: body?,
        buttons: buttons?,
        order_details,
    })
}

/// A body without variables may be left out only beside a header or buttons: alone it is more likely forgotten.
pub(super) fn read_body(section: &mut Section<'_, '_>, is_optional: bool) -> Option<VariablesRule> {
    let value = section.value("body", is_optional);
    match value {
        None => is_optional.then(|| VariablesRule::Positional(Vec::new())),
        Some(Value::Table(names)) => read_named(section, "body", names).map(VariablesRule::Named),
        Some(Value::Array(list)) if list.is_empty() => Some(VariablesRule::Positional(Vec::new())),
        Some(Value::Array(list)) => {
            let body = section.expressions("body");
            (body.len() == list.len()).then_some(VariablesRule::Positional(body))
        }
        Some(other) => {
            let problem =
                format!("is {}, not a list of expressions or a table of names and expressions", kind(other));
            section.value_fault("body", &problem);
            None
        }
    }
}

fn read_named(
    section: &mut Section<'_, '_>,
    key: &str,
    names: &Table,
) -> Option<Vec<(VariableName, Expression)>> {
    let mut pairs = Vec::with_capacity(names.len());
    for (name, value) in names {
        let Some(known) = VariableName::parse(name) else {
            let problem = "is not a variable's name: these have lower-case letters, digits and underscores, and are not digits alone";
            section.fault(&format!("{key}.{name}"), problem);
            continue;
        };
        pairs.extend(section.expression_in(&format!("{key}.{name}"), value).map(|it| (known, it)));
    }
    if names.is_empty() {
        section.value_fault(key, "is an empty table");
    }
    (pairs.len() == names.len() && !pairs.is_empty()).then_some(pairs)
}

fn read_header(section: &mut Section<'_, '_>) -> Option<HeaderRule> {
    let kinds: Vec<&str> = ["text", "image", "video", "document", "location"]
        .into_iter()
        .filter(|key| section.has(key))
        .collect();
    let [kind] = kinds[..] else {
        for (key, _) in keys::HEADER {
            section.value(key, true);
        }
        let problem = match kinds[..] {
            [] => "must have one of text, image, video, document and location".to_owned(),
            _ => format!("has {}, but a template has only one header", kinds.join(" and ")),
        };
        section.own_fault(problem);
        return None;
    };
    if kind != "document" && section.value("filename", true).is_some() {
        section.fault("filename", "stands only beside document");
    }
    match kind {
        "text" => match section.value("text", false)? {
            Value::Table(names) => {
                let mut named = read_named(section, "text", names)?;
                let one = named.pop()?;
                if !named.is_empty() {
                    section.fault("text", "names two variables: a header has one at most");
                    return None;
                }
                Some(HeaderRule::Text { name: Some(one.0), text: one.1 })
            }
            _ => section.expression("text").map(|text| HeaderRule::Text { name: None, text }),
        },
        "image" => section.expression("image").map(HeaderRule::Image),
        "video" => section.expression("video").map(HeaderRule::Video),
        "document" => {
            let filename = section.optional_expression("filename");
            section.expression("document").map(|link| HeaderRule::Document { link, filename })
        }
        _ => {
            let table = section.optional_table("location")?;
            let mut location = section.inner("location", table).with_examples(&keys::LOCATION);
            let rule = (location.expression("latitude"), location.expression("longitude"));
            let (name, address) =
                (location.optional_expression("name"), location.optional_expression("address"));
            location.finish();
            Some(HeaderRule::Location(Box::new(LocationRule {
                latitude: rule.0?,
                longitude: rule.1?,
                name,
                address,
            })))
        }
    }
}

fn read_buttons(section: &mut Section<'_, '_>) -> Option<Vec<ButtonRule>> {
    let tables = section.optional_tables("buttons");
    let mut buttons: Vec<ButtonRule> = Vec::with_capacity(tables.len());
    for (place, table) in tables.iter().enumerate() {
        let mut inner = section.inner(&format!("buttons[{place}]"), table).with_examples(&keys::BUTTON);
        let index = inner.integer("index", 0..MAX_BUTTONS);
        let kinds: Vec<ButtonKind> =
            ButtonKind::ALL.into_iter().filter(|kind| inner.has(kind.key())).collect();
        let value = if let [kind] = kinds[..] {
            inner.expression(kind.key()).map(|value| (kind, value))
        } else {
            let problem =
                "must have exactly one of url, payload and code: the kind of the button, and its value";
            inner.own_fault(problem);
            for kind in ButtonKind::ALL {
                inner.optional_expression(kind.key());
            }
            None
        };
        inner.finish();
        let Some((index, (kind, value))) = index.zip(value) else { continue };
        if buttons.iter().any(|known| known.index == index) {
            section.fault(&format!("buttons[{place}]"), format!("gives button {index} a second value"));
        } else {
            buttons.push(ButtonRule { index, kind, value });
        }
    }
    // A notification's identity does not depend on their order in the file.
    buttons.sort_by_key(|button| button.index);
    (buttons.len() == tables.len()).then_some(buttons)
}
