//! Renders a notification from an event by a catalogue entry.

mod fallback;
mod order_details;

use super::expression::Found;
use super::notification::{Consent, Notification, Route};
use super::{
    ComponentsRule, ContentRule, Entry, Expression, HeaderRule, OrderEvent, OrderStatusRule, VariablesRule,
    dates,
};
use crate::fault::{Fault, Faults};
use crate::key_secret::KeySecret;
use crate::message::{
    AGAIN, Button, ButtonKind, Components, Content, Coordinate, Country, Header, Language, Link, Location,
    MAX_HEADER_CHARS, NotificationKey, OrderId, OrderNumber, OrderStatus, OrderStatusUpdate, Recipient,
    Reference, Sender, Text, Variables, is_blank,
};
use crate::provider::{Channel, Provider};

/// The longest filled body that WhatsApp accepts; the variables alone must fit. Source: Meta, "Message
/// templates", body text limit.
const MAX_BODY_CHARS: usize = 1024;
/// The longest name of a file or of a place. Source: the file systems of phones; Meta states none.
const MAX_NAME_CHARS: usize = 240;
/// The longest `order.description` (seed 003).
const MAX_DESCRIPTION_CHARS: usize = 120;
/// No vendor page limits `reference_id`; this is the limit of Kaleyra's other references (seed 003).
const MAX_REFERENCE_ID_CHARS: usize = 255;
/// The key or fingerprint in place of a hash, if there is no key secret.
const UNKNOWN: &str = "unknown";
/// The first part of the hash input for a key, so that the hash differs from every fingerprint.
const KEY: &str = "key";

/// Renders the notification that `entry` makes of `event`, or reports every fault of the event. If its only faults are those
/// of the recipient, and a channel of the fallback can reach the customer, the notification has
/// [`unusable_recipient`](Notification::unusable_recipient). Without the key secret the fingerprint is unknown, and so is a
/// key without an expression: such a notification may be shown, but never sent.
pub fn render(
    entry: &Entry,
    event: &OrderEvent,
    key_secret: Option<&KeySecret>,
) -> Result<Notification, Faults> {
    let mut reader = Reader { event, faults: Vec::new() };
    if let Some((when, Err(error))) = entry.when.as_ref().map(|when| (when, when.is_true(event))) {
        reader.fault("when", when, error.to_string());
    }
    let sender =
        entry.sender.as_ref().and_then(|expression| reader.required("sender", expression, Sender::parse));
    let order = reader.required("order", &entry.order, OrderNumber::parse);
    let country = entry.country.as_ref().and_then(|expression| reader.text("country", expression));
    let country = country.and_then(|letters| Country::parse(&letters));
    let known = reader.faults.len();
    let recipient = reader.recipient(entry, country);
    let unusable: Vec<Fault> = reader.faults.iter().skip(known).cloned().collect();
    let wanted = entry.language.as_ref().and_then(|expression| reader.language("language", expression));
    let consent = reader.consent("consent", &entry.consent);
    // A missing time does not stop the message, because the envelope has one.
    let stated = entry.time.as_ref().map(|expression| reader.text("time", expression));
    let (event_time, is_read) =
        stated.map_or((event.time, true), |stated| dates::parse_time_or(stated.as_deref(), event.time));
    let content = match &entry.content {
        ContentRule::Template(rule) => reader.components(rule),
        ContentRule::OrderStatus(rule) => reader.order_status(rule),
    };
    let mac = |parts: &[&str]| {
        key_secret.map_or_else(|| UNKNOWN.to_owned(), |secret| hex::encode(secret.mac(parts.iter().copied())))
    };
    let key = entry.key.as_ref().map(|expression| {
        reader.required("key", expression, |key| {
            // A key with characters that are not allowed is hashed.
            let hashed = || NotificationKey::unchecked(&mac(&[KEY, key.trim()]));
            let parsed = NotificationKey::parse(key);
            if is_blank(key) { parsed } else { Ok(parsed.unwrap_or_else(|_| hashed())) }
        })
    });

    let faults = reader.faults;
    let context = fallback::Context { entry, event, country, wanted: wanted.as_deref(), mac: &mac };
    let unusable = (!unusable.is_empty()).then(|| Faults::new(unusable));
    let only_fault = unusable.as_deref().map_or(0, <[Fault]>::len) == faults.len();
    let recipient = recipient.or_else(|| only_fault.then(|| other_recipient(&context)).flatten());
    match (order, recipient, content) {
        (Some(number), Some(recipient), Some(content)) if only_fault => {
            let order = OrderId { sender, number };
            let canonical = recipient.canonical();
            let fingerprint = mac(&identity(&entry.name, &order, &canonical, &content)
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>());
            let key = key.flatten().unwrap_or_else(|| NotificationKey::unchecked(&fingerprint));
            let mut reference = Reference { order, key };
            // Where something may follow, the key needs room for what the follower's adds; and it must not look like one.
            let has_room = entry.fallback.is_none() || reference.derived(AGAIN).first() == reference;
            if !(reference.fits() && has_room && reference.first() == reference) {
                reference.key = NotificationKey::unchecked(&mac(&[KEY, reference.key.as_str()]));
            }
            let sender = reference.order.sender.as_ref();
            let routes = match unusable {
                None => routes(entry, wanted.as_deref(), &recipient, sender),
                Some(_) => Vec::new(),
            };
            let mut notification = Notification {
                name: entry.name.clone(),
                reference,
                fingerprint,
                recipient,
                unusable_recipient: unusable,
                consent,
                content,
                routes,
                event_id: event.id.clone(),
                event_time,
                stated_time: event_time,
                is_time_unread: !is_read,
                max_age: entry.max_age,
                fallback: None,
            };
            if let Some(rule) = &entry.fallback {
                notification.fallback = Some(Box::new(fallback::render(rule, &notification, &context)));
            }
            if notification.unusable_recipient.is_some() && notification.first_in_reach().is_none() {
                return Err(Faults::new(faults));
            }
            Ok(notification)
        }
        _ => Err(Faults::new(faults)),
    }
}

/// The recipient of a channel of the fallback, if the fallback follows a message that can't be sent on WhatsApp. An expression
/// for the recipient that can't be evaluated, or finds no text and no number, is a mistake in the catalogue or a change of the producer's
/// format: it must not move all customers to another channel.
fn other_recipient(context: &fallback::Context<'_>) -> Option<Recipient> {
    let rule = context.entry.fallback.as_ref()?;
    let on = rule.terms().on;
    let is_mistake = match context.entry.recipient.evaluate(context.event) {
        Err(error) => !error.is_missing,
        Ok(found) => matches!(found, Found::Bool(_) | Found::Compound),
    };
    ((on.rejected || on.undelivered) && !is_mistake).then(|| fallback::own_recipient(rule, context)).flatten()
}

fn can_send_to(provider: Provider, recipient: &Recipient) -> bool {
    match (recipient, provider.channel()) {
        (Recipient::Phone(_), Channel::WhatsApp | Channel::Sms) | (Recipient::Email(_), Channel::Email) => {
            true
        }
        (Recipient::User(_), _) => provider.accepts_user_ids(),
        (Recipient::Phone(_), Channel::Email) | (Recipient::Email(_), Channel::WhatsApp | Channel::Sms) => {
            false
        }
    }
}

fn routes(entry: &Entry, wanted: Option<&str>, recipient: &Recipient, sender: Option<&Sender>) -> Vec<Route> {
    let route = |provider: &Provider| {
        let rule = entry.templates.get(provider)?.for_sender(sender);
        let language = wanted
            .and_then(|wanted| Language::find(&rule.languages, wanted))
            .or_else(|| rule.languages.first())?;
        Some(Route { provider: *provider, template: rule.template.clone(), language: language.clone() })
    };
    entry.providers.iter().filter(|provider| can_send_to(**provider, recipient)).filter_map(route).collect()
}

/// The parts that identify a notification among those of its order. An order's `reference_id` is left out: a
/// producer may give the same order another one, and the customer would be notified twice. The recipient is
/// in canonical form, because a customer's number may come in two forms. The default sender adds no part, so that
/// the hashes of older releases stay.
fn identity(name: &str, order: &OrderId, to: &str, content: &Content) -> Vec<String> {
    let mut parts = [name, order.as_str(), to].map(str::to_owned).to_vec();
    parts.extend(order.sender.as_ref().map(|sender| format!("sender {sender}")));
    match content {
        Content::Template(components) => parts.extend(components.identity()),
        Content::OrderStatus(update) => {
            parts.push(update.status.as_str().to_owned());
            parts.push(update.description.as_ref().map_or("", Text::as_str).to_owned());
        }
        Content::Plain(plain) => {
            parts.extend(plain.subject.clone());
            parts.push(plain.text.clone());
        }
    }
    parts
}

/// Reads values from one event and collects the faults.
struct Reader<'a> {
    event: &'a OrderEvent,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, what: &str, expression: &Expression, problem: impl Into<String>) {
        self.faults.push(Fault::new(format!("{what} ({})", expression.as_str()), problem));
    }

    fn find(&mut self, what: &str, expression: &Expression) -> Found {
        expression.evaluate(self.event).unwrap_or_else(|error| {
            self.fault(what, expression, error.to_string());
            Found::Nothing
        })
    }

    /// A value that the message can do without, or that only permits it: an expression that fails because a
    /// value is missing finds nothing.
    fn find_optional(&mut self, what: &str, expression: &Expression) -> Found {
        match expression.evaluate(self.event) {
            Err(error) if error.is_missing => Found::Nothing,
            _ => self.find(what, expression),
        }
    }

    /// A value that must be present and valid.
    fn required<T, E: ToString>(
        &mut self,
        what: &str,
        expression: &Expression,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let known = self.faults.len();
        let value = self.optional(what, expression, parse);
        if value.is_none() && self.faults.len() == known {
            self.fault(what, expression, "is missing");
        }
        value
    }

    /// A value that may be missing or null, but must be valid if present.
    fn optional<T, E: ToString>(
        &mut self,
        what: &str,
        expression: &Expression,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.find(what, expression) {
            Found::Nothing => None,
            Found::Text(text) => {
                parse(&text).map_err(|error| self.fault(what, expression, error.to_string())).ok()
            }
            Found::Bool(_) | Found::Compound => {
                self.fault(what, expression, "is neither a text nor a number");
                None
            }
        }
    }

    /// The recipient, to whom at least one provider must be able to send.
    fn recipient(&mut self, entry: &Entry, country: Option<Country>) -> Option<Recipient> {
        let recipient = self.required("recipient", &entry.recipient, |text| {
            Recipient::parse(text, country, entry.international_digits)
        })?;
        if !entry.providers.iter().any(|provider| can_send_to(*provider, &recipient)) {
            let problem = "is a WhatsApp user id, which only meta accepts, and `providers` doesn't name meta";
            self.fault("recipient", &entry.recipient, problem);
            return None;
        }
        Some(recipient)
    }

    /// A text that may be missing; a value of another type counts as missing.
    fn text(&mut self, what: &str, expression: &Expression) -> Option<String> {
        match self.find_optional(what, expression) {
            Found::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or a list of texts in order of preference.
    fn language(&mut self, what: &str, expression: &Expression) -> Option<String> {
        match self.find_optional(what, expression) {
            Found::Text(text) => Some(text),
            Found::Compound => expression.joined(self.event),
            _ => None,
        }
    }

    fn consent(&mut self, what: &str, expression: &Expression) -> Consent {
        match self.find_optional(what, expression) {
            Found::Bool(true) => Consent::Given,
            _ => Consent::NotGiven,
        }
    }

    fn components(&mut self, rule: &ComponentsRule) -> Option<Content> {
        let header = rule.header.as_ref().map(|header| self.header(header));
        let body = self.body(&rule.body);
        let known = self.faults.len();
        let mut buttons = Vec::with_capacity(rule.buttons.len());
        for button in &rule.buttons {
            let what = format!("buttons[{}].{}", button.index, button.kind.key());
            let value = match button.kind {
                // Without a payload the shop's webhook receives the button's label, so the message is sent.
                ButtonKind::Payload => {
                    self.text_or_nothing(&button.value).and_then(|value| button.kind.parse(&value).ok())
                }
                ButtonKind::Url | ButtonKind::Code => {
                    self.required(&what, &button.value, |value| button.kind.parse(value))
                }
            };
            buttons.extend(value.map(|value| Button { index: button.index, kind: button.kind, value }));
        }
        let header = match header {
            Some(header) => Some(header?),
            None => None,
        };
        let order_details = match &rule.order_details {
            Some(rule) => Some(Box::new(order_details::render(rule, self.event, &mut self.faults)?)),
            None => None,
        };
        let components = Components { header, body: body?, buttons, order_details };
        (self.faults.len() == known).then_some(Content::Template(components))
    }

    /// A header text that is too long is shortened, and what the customer can do without is left out.
    fn header(&mut self, rule: &HeaderRule) -> Option<Header> {
        match rule {
            HeaderRule::Text { name, text } => {
                let text = self
                    .required("header.text", text, |value| Text::parse_shortened(value, MAX_HEADER_CHARS))?;
                Some(Header::Text { name: name.clone(), text })
            }
            HeaderRule::Image(link) => self.required("header.image", link, Link::parse).map(Header::Image),
            HeaderRule::Video(link) => self.required("header.video", link, Link::parse).map(Header::Video),
            HeaderRule::Document { link, filename } => {
                let link = self.required("header.document", link, Link::parse);
                let filename = filename.as_ref().and_then(|it| self.short_text(it));
                Some(Header::Document { link: link?, filename })
            }
            HeaderRule::Location(rule) => {
                let latitude = self.required("header.location.latitude", &rule.latitude, |value| {
                    Coordinate::parse(value, 90)
                });
                let longitude = self.required("header.location.longitude", &rule.longitude, |value| {
                    Coordinate::parse(value, 180)
                });
                let name = rule.name.as_ref().and_then(|it| self.short_text(it));
                let address = rule.address.as_ref().and_then(|it| self.short_text(it));
                let location = Location { latitude: latitude?, longitude: longitude?, name, address };
                Some(Header::Location(Box::new(location)))
            }
        }
    }

    /// A text that the message can do without: shortened if it is too long.
    fn short_text(&self, expression: &Expression) -> Option<Text> {
        self.text_or_nothing(expression).and_then(|value| Text::parse_shortened(&value, MAX_NAME_CHARS).ok())
    }

    /// A text that the message can do without: a fault of its expression counts as no text.
    fn text_or_nothing(&self, expression: &Expression) -> Option<String> {
        match expression.evaluate(self.event) {
            Ok(Found::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn body(&mut self, rule: &VariablesRule) -> Option<Variables> {
        let mut texts = Vec::new();
        let expressions = rule.expressions();
        // Which named variable stands last in the template's text is not known here.
        let has_known_last = matches!(rule, VariablesRule::Positional(_));
        for (index, expression) in expressions.iter().enumerate() {
            let what = match rule {
                VariablesRule::Positional(_) => format!("body[{index}]"),
                VariablesRule::Named(pairs) => {
                    format!("body.{}", pairs.get(index).map_or("", |(name, _)| name.as_str()))
                }
            };
            let is_last = has_known_last && index + 1 == expressions.len();
            texts.extend(self.required(&what, expression, |value| {
                if is_last {
                    Text::parse_without_full_stop(value, MAX_BODY_CHARS)
                } else {
                    Text::parse(value, MAX_BODY_CHARS)
                }
            }));
        }
        let chars: usize = texts.iter().map(|text| text.as_str().chars().count()).sum();
        if chars > MAX_BODY_CHARS {
            let problem =
                format!("has {chars} characters in all its variables; at most {MAX_BODY_CHARS} are allowed");
            self.faults.push(Fault::new("body", problem));
        }
        if texts.len() < expressions.len() {
            return None;
        }
        Some(match rule {
            VariablesRule::Positional(_) => Variables::Positional(texts),
            VariablesRule::Named(pairs) => {
                Variables::Named(pairs.iter().map(|(name, _)| name.clone()).zip(texts).collect())
            }
        })
    }

    fn order_status(&mut self, rule: &OrderStatusRule) -> Option<Content> {
        let status = self.required("status", &rule.status, OrderStatus::parse);
        let known = self.faults.len();
        let parse = |value: &str| Text::parse(value, MAX_REFERENCE_ID_CHARS);
        let reference_id = rule.reference_id.as_ref().and_then(|expression| {
            let is_absent = rule.is_reference_remembered
                && match self.find_optional("reference_id", expression) {
                    Found::Nothing => true,
                    Found::Text(text) => is_blank(&text),
                    Found::Bool(_) | Found::Compound => false,
                };
            if is_absent { None } else { self.required("reference_id", expression, parse) }
        });
        // The providers' description is optional, so an invalid one is left out and does not stop the
        // message.
        let description =
            rule.description.as_ref().and_then(|expression| self.text("description", expression));
        let description =
            description.and_then(|text| Text::parse_shortened(&text, MAX_DESCRIPTION_CHARS).ok());
        let update = OrderStatusUpdate { reference_id, status: status?, description };
        (self.faults.len() == known).then_some(Content::OrderStatus(update))
    }
}
