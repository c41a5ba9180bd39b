//! How a message looks to the customer, in every language of its templates.

use serde::Serialize;
use shared::catalogue::{Entry, Notification};
use shared::fault::Fault;
use shared::message::{Content, Language, Text};
use shared::provider::Provider;
use template_definitions::{Button, Definitions};

use crate::output::style;

/// WhatsApp refuses a filled body that is longer (error 132005).
const MAX_BODY: usize = 1024;

/// A text, and the templates that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Look {
    /// The templates with this text.
    templates: Vec<Template>,
    /// The order's status above the text, for an order status template.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    body: String,
    footer: Option<String>,
    buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Template {
    provider: Provider,
    language: Language,
    /// Whether this customer gets the text in this language.
    is_chosen: bool,
}

/// WhatsApp's own display of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Status {
    reference_id: String,
    #[serde(rename = "status")]
    now: &'static str,
    description: Option<String>,
}

/// The texts, this customer's first; disagreements between catalogue and definitions; and the templates without a
/// definition.
pub(in crate::commands) fn looks(
    notification: &Notification,
    entry: &Entry,
    definitions: &Definitions,
) -> (Vec<Look>, Vec<Fault>, Vec<String>) {
    let (values, status): (Vec<String>, _) = match &notification.content {
        Content::Body(variables) => (variables.iter().map(|text| text.as_str().to_owned()).collect(), None),
        Content::OrderStatus(update) => {
            let description = update.description.as_ref().map(Text::as_str).map(str::to_owned);
            let reference_id = update.reference_id.as_str().to_owned();
            (Vec::new(), Some(Status { reference_id, now: update.status.as_str(), description }))
        }
    };
    let mut looks: Vec<Look> = Vec::new();
    let (mut problems, mut undefined) = (Vec::new(), Vec::new());
    for route in &notification.routes {
        let name = &route.template.name;
        let languages =
            entry.templates.get(&route.provider).map_or(&[][..], |rule| rule.languages.as_slice());
        for language in languages {
            let provider = route.provider;
            let Some(text) = definitions.find(provider, name, language) else {
                undefined.push(format!(
                    "no text is defined for {provider}'s {name} in {language}; is the name right?"
                ));
                continue;
            };
            let variables = text.variables().len();
            if variables != values.len() {
                let place = format!("[notifications.{}] body", notification.name);
                problems.push(Fault::new(
                    place,
                    format!(
                        "gives {} variables, and {provider}'s {name} has {variables} in {language}",
                        values.len()
                    ),
                ));
            }
            let body =
                text.fill(|name| values.get(name.parse::<usize>().ok()?.checked_sub(1)?).map(String::as_str));
            // WhatsApp's way of counting characters with two UTF-16 units, such as emoji, is undocumented: this is the
            // larger number.
            let length = body.encode_utf16().count();
            if length > MAX_BODY {
                let place = format!("[notifications.{}] body", notification.name);
                problems.push(Fault::new(
                    place,
                    format!("makes {length} characters of {provider}'s {name} in {language}; WhatsApp sends at most {MAX_BODY}"),
                ));
            }
            let template =
                Template { provider, language: language.clone(), is_chosen: route.language == *language };
            let look = Look {
                templates: Vec::new(),
                status: status.clone(),
                body,
                footer: text.footer.clone(),
                buttons: text.buttons.clone(),
            };
            match looks.iter_mut().find(|known| known.says_the_same_as(&look)) {
                Some(known) => known.templates.push(template),
                None => looks.push(Look { templates: vec![template], ..look }),
            }
        }
    }
    looks.sort_by_key(|look| !look.is_chosen());
    (looks, problems, undefined)
}

impl Look {
    fn says_the_same_as(&self, other: &Self) -> bool {
        (&self.status, &self.body, &self.footer, &self.buttons)
            == (&other.status, &other.body, &other.footer, &other.buttons)
    }

    fn is_chosen(&self) -> bool {
        self.templates.iter().any(|template| template.is_chosen)
    }

    /// An approximate rendering, under a line with the templates.
    pub(super) fn text(&self) -> String {
        let templates: Vec<String> =
            self.templates.iter().map(|it| format!("{} {}", it.provider, it.language)).collect();
        let heading = format!("in {}", templates.join(", "));
        let mut text = vec![if self.is_chosen() {
            format!("{}\n", style::strong(heading))
        } else {
            format!("{}\n", style::weak(format!("{heading} (not this customer's language)")))
        }];
        let mut line = |content: &str| text.push(format!("  │ {content}\n"));
        if let Some(Status { reference_id, now, description }) = &self.status {
            line(&format!("[order {reference_id}: {now}]"));
            if let Some(description) = description {
                line(description);
            }
        }
        self.body.lines().for_each(&mut line);
        if let Some(footer) = &self.footer {
            line(&style::weak(footer));
        }
        for button in &self.buttons {
            line(&format!("[ {} ]", button.label()));
        }
        text.concat()
    }
}
