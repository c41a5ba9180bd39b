//! How a message looks to the customer, in every language of its templates.

mod order;
mod parts;

pub(in crate::commands) use order::OrderLook;
pub(in crate::commands) use parts::{ButtonLook, Effect, HeaderLook};

use serde::Serialize;
use shared::catalogue::{Entry, Notification};
use shared::fault::Fault;
use shared::message::{Components, Content, Language, Sender, Text};
use shared::provider::Provider;
use template_definitions::Definitions;

use crate::output::style;

/// WhatsApp refuses a filled body that is longer (error 132005).
const MAX_BODY: usize = 1024;
/// From Meta's page of template components; a longer text is refused in the same way.
const MAX_HEADER: usize = 60;

/// A text, and the templates that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Look {
    /// The templates with this text.
    pub(in crate::commands) templates: Vec<Template>,
    #[serde(flatten)]
    pub(in crate::commands) seen: Seen,
}

/// What the customer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Seen {
    /// The order's status above the text, for an order status template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) status: Option<Status>,
    /// The order that the first button opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) order: Option<OrderLook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) header: Option<HeaderLook>,
    pub(in crate::commands) body: String,
    pub(in crate::commands) footer: Option<String>,
    pub(in crate::commands) buttons: Vec<ButtonLook>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Template {
    pub(in crate::commands) provider: Provider,
    pub(in crate::commands) language: Language,
    /// Whether this customer gets the text in this language.
    pub(in crate::commands) is_chosen: bool,
}

/// WhatsApp's own display of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Status {
    /// None if neither the event nor the order's progress has one: the status waits.
    pub(in crate::commands) reference_id: Option<String>,
    #[serde(rename = "status")]
    pub(in crate::commands) now: &'static str,
    pub(in crate::commands) description: Option<String>,
}

/// The texts, this customer's first; what is wrong with this message's values; and the templates without a definition.
/// That the catalogue fills a template otherwise than it is defined, is found without a message:
/// [`Definitions::disagreements_in`].
pub(in crate::commands) fn looks(
    notification: &Notification,
    entry: &Entry,
    definitions: &Definitions,
) -> (Vec<Look>, Vec<Fault>, Vec<String>) {
    let nothing = Components::default();
    let (values, status) = match &notification.content {
        Content::Template(components) => (components, None),
        Content::OrderStatus(update) => {
            let description = update.description.as_ref().map(Text::as_str).map(str::to_owned);
            let reference_id = update.reference_id.as_ref().map(Text::as_str).map(str::to_owned);
            (&nothing, Some(Status { reference_id, now: update.status.as_str(), description }))
        }
        Content::Plain(_) => (&nothing, None),
    };
    let mut looks: Vec<Look> = Vec::new();
    let (mut problems, mut undefined) = (Vec::new(), Vec::new());
    let sender = notification.reference.order.sender.as_ref();
    for route in &notification.routes {
        let name = &route.template.name;
        let languages = entry
            .templates
            .get(&route.provider)
            .map_or(&[][..], |rule| rule.for_sender(sender).languages.as_slice());
        for language in languages {
            let provider = route.provider;
            let Some(text) = definitions.find(provider, name, language) else {
                let known = definitions.all().iter().find(|definition| definition.name == *name);
                let codes: Vec<&str> = known
                    .into_iter()
                    .flat_map(|definition| &definition.texts)
                    .filter_map(|text| text.language_code(provider).map(Language::as_str))
                    .collect();
                if codes.is_empty() {
                    undefined.push(format!(
                        "no text is defined for {provider}'s {name} in {language}; is the name right?"
                    ));
                } else {
                    let place =
                        format!("[notifications.{}.templates] {provider} languages", notification.name);
                    let problem = format!(
                        "names {language}, but {name} is defined only in {}: the provider refuses the message",
                        codes.join(", ")
                    );
                    problems.push(Fault::new(place, problem));
                }
                continue;
            };
            let seen = Seen {
                status: status.clone(),
                order: values.order_details.as_deref().map(OrderLook::new),
                header: parts::header(text, values.header.as_ref()),
                body: parts::body(text, &values.body),
                footer: text.footer.clone(),
                buttons: parts::buttons(text, &values.buttons),
            };
            let mut report = |part: &str, problem: String| {
                problems.push(Fault::new(format!("[notifications.{}] {part}", notification.name), problem));
            };
            let template = format!("{provider}'s {name} in {language}");
            let body = utf16_units(&seen.body);
            if body > MAX_BODY {
                report(
                    "body",
                    format!("makes {body} characters of {template}; WhatsApp sends at most {MAX_BODY}"),
                );
            }
            if let Some(HeaderLook::Text(text)) = &seen.header
                && utf16_units(text) > MAX_HEADER
            {
                let length = utf16_units(text);
                report(
                    "header",
                    format!("makes {length} characters of {template}; WhatsApp sends at most {MAX_HEADER}"),
                );
            }
            for (index, base) in parts::doubled_urls(text, &values.buttons) {
                let problem = format!(
                    "gives button {index} a whole address, and {template} already has one, {base}: give only what follows it"
                );
                report("buttons", problem);
            }
            let template =
                Template { provider, language: language.clone(), is_chosen: route.language == *language };
            match looks.iter_mut().find(|known| known.seen == seen) {
                Some(known) => known.templates.push(template),
                None => looks.push(Look { templates: vec![template], seen }),
            }
        }
    }
    looks.sort_by_key(|look| !look.is_chosen());
    (looks, problems, undefined)
}

/// A template's texts with placeholders for the values, in every language that the entry names for a provider.
pub(in crate::commands) fn unfilled(
    entry: &Entry,
    definitions: &Definitions,
    sender: Option<&Sender>,
    provider: Provider,
) -> Vec<Look> {
    let Some(rule) = entry.templates.get(&provider).map(|rule| rule.for_sender(sender)) else {
        return Vec::new();
    };
    let nothing = Components::default();
    let looks = rule.languages.iter().filter_map(|language| {
        let text = definitions.find(provider, &rule.template.name, language)?;
        let seen = Seen {
            status: None,
            order: None,
            header: parts::header(text, None).or_else(|| parts::unfilled_header(text)),
            body: parts::body(text, &nothing.body),
            footer: text.footer.clone(),
            buttons: parts::buttons(text, &nothing.buttons),
        };
        let template = Template { provider, language: language.clone(), is_chosen: false };
        Some(Look { templates: vec![template], seen })
    });
    looks.collect()
}

/// WhatsApp's way of counting characters with two UTF-16 units, such as emoji, is undocumented: this is the larger number.
fn utf16_units(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Look {
    pub(in crate::commands) fn is_chosen(&self) -> bool {
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
        let Seen { status, order, header, body, footer, buttons } = &self.seen;
        if let Some(Status { reference_id, now, description }) = status {
            let reference_id = reference_id.as_deref().unwrap_or("without a reference_id");
            line(&format!("[order {reference_id}: {now}]"));
            if let Some(description) = description {
                line(description);
            }
        }
        if let Some(header) = header {
            line(&header.text());
        }
        body.lines().for_each(&mut line);
        if let Some(footer) = footer {
            line(&style::weak(footer));
        }
        for button in buttons {
            line(&button.line());
        }
        order.iter().flat_map(OrderLook::lines).for_each(|it| line(&it));
        text.concat()
    }
}
