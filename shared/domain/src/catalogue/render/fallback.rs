//! Renders the messages of a notification's fallback: texts with all values filled in.

use super::{Reader, identity};
use crate::catalogue::fallback_rule::{MAX_SUBJECT_CHARS, explain_length};
use crate::catalogue::{
    ChannelRule, ChannelText, Entry, Expression, Fallback, FallbackRule, Notification, OrderEvent, Pattern,
    Route, VariablesRule,
};
use crate::fault::{Fault, Faults};
use crate::message::{
    Content, Country, EmailAddress, Language, PlainText, Recipient, SmsSize, Template, Text, clean_lines,
};
use crate::provider::Channel;

/// What rendering a notification has found.
pub(super) struct Context<'a> {
    pub(super) entry: &'a Entry,
    pub(super) event: &'a OrderEvent,
    /// The country of phone numbers without a `+`.
    pub(super) country: Option<Country>,
    /// The language that the customer wants on WhatsApp.
    pub(super) wanted: Option<&'a str>,
    /// Makes a keyed hash.
    pub(super) mac: &'a dyn Fn(&[&str]) -> String,
}

/// Renders the message of each channel. The faults of one stop neither the first notification nor the other channels.
pub(super) fn render(rule: &FallbackRule, first: &Notification, context: &Context<'_>) -> Fallback {
    let channels = rule.channels.iter().enumerate();
    let messages = channels.map(|(index, channel)| render_channel(index, channel, first, context)).collect();
    Fallback { terms: rule.terms(), messages }
}

/// The recipient of the first channel that has its own, for a notification whose own recipient is unusable. Neither consents nor
/// texts matter, so that the key made with it stays the same when these change.
pub(super) fn own_recipient(rule: &FallbackRule, context: &Context<'_>) -> Option<Recipient> {
    let mut reader = Reader { event: context.event, faults: Vec::new() };
    rule.channels.iter().find_map(|channel| find_recipient(&mut reader, "", channel, context))
}

fn render_channel(
    index: usize,
    rule: &ChannelRule,
    first: &Notification,
    context: &Context<'_>,
) -> Result<Notification, Faults> {
    let place = format!("fallback.channels[{index}]");
    let mut reader = Reader { event: context.event, faults: Vec::new() };
    let recipient = find_recipient(&mut reader, &place, rule, context);
    let own =
        rule.language.as_ref().map(|expression| reader.language(&format!("{place}.language"), expression));
    let wanted = own.as_ref().map_or(context.wanted, Option::as_deref);
    let consent = reader.consent(&format!("{place}.consent"), &rule.consent);
    let text = choose_text(&rule.texts, wanted);
    let plain = text.and_then(|text| fill(&mut reader, &place, rule, text));
    if let Some(problem) = plain.as_ref().and_then(|plain| find_problem(plain, rule.provider.channel())) {
        reader.faults.push(Fault::new(format!("{place}.text"), problem));
    }
    match (recipient, text, plain) {
        (Some(recipient), Some(text), Some(plain)) if reader.faults.is_empty() => {
            let channel = rule.provider.channel();
            let content = Content::Plain(plain);
            let mut parts = identity(&first.name, &first.reference.order, &recipient.canonical(), &content);
            parts.push(format!("\u{0}channel {channel}"));
            let template = Template { name: channel.name().to_owned(), namespace: None };
            Ok(Notification {
                fingerprint: (context.mac)(&parts.iter().map(String::as_str).collect::<Vec<_>>()),
                recipient,
                unusable_recipient: None,
                consent,
                content,
                routes: vec![Route { provider: rule.provider, template, language: text.language.clone() }],
                fallback: None,
                ..first.clone()
            })
        }
        _ => Err(Faults::new(reader.faults)),
    }
}

fn find_recipient(
    reader: &mut Reader<'_>,
    place: &str,
    rule: &ChannelRule,
    context: &Context<'_>,
) -> Option<Recipient> {
    let expression = rule.recipient.as_ref().unwrap_or(&context.entry.recipient);
    let what = format!("{place}.recipient");
    if rule.provider.channel() == Channel::Email {
        return reader.required(&what, expression, EmailAddress::parse).map(Recipient::Email);
    }
    let recipient = reader.required(&what, expression, |text| {
        Recipient::parse(text, context.country, context.entry.international_digits)
    })?;
    if recipient.phone().is_none() {
        reader.fault(
            &what,
            expression,
            "is a WhatsApp user id, which has no text messages: give a phone number",
        );
        return None;
    }
    Some(recipient)
}

fn choose_text<'a>(texts: &'a [ChannelText], wanted: Option<&str>) -> Option<&'a ChannelText> {
    let languages: Vec<Language> = texts.iter().map(|text| text.language.clone()).collect();
    let chosen = wanted.and_then(|wanted| Language::find(&languages, wanted));
    chosen.and_then(|chosen| texts.iter().find(|text| text.language == *chosen)).or_else(|| texts.first())
}

/// Fills subject and text; only the variables that stand in them need a value.
fn fill(reader: &mut Reader<'_>, place: &str, rule: &ChannelRule, text: &ChannelText) -> Option<PlainText> {
    let subject = match &text.subject {
        Some(pattern) => {
            // A line break in a subject would begin another header line.
            let filled = fill_pattern(reader, place, rule, pattern, |value, is_before_end| {
                let parse = if is_before_end { Text::parse_without_full_stop } else { Text::parse };
                parse(value, usize::MAX).map(|text| text.as_str().to_owned())
            });
            let shortened = filled.and_then(|filled| Text::parse_shortened(&filled, MAX_SUBJECT_CHARS).ok());
            Some(shortened.map(|subject| subject.as_str().to_owned()))
        }
        None => None,
    };
    let text = fill_pattern(reader, place, rule, &text.text, clean_lines);
    let subject = match subject {
        Some(subject) => Some(subject?),
        None => None,
    };
    Some(PlainText { subject, text: text? })
}

fn fill_pattern<E: ToString>(
    reader: &mut Reader<'_>,
    place: &str,
    rule: &ChannelRule,
    pattern: &Pattern,
    clean: impl Fn(&str, bool) -> Result<String, E>,
) -> Option<String> {
    pattern.fill(|index, is_before_end| {
        let (name, expression) = variable(&rule.body, index)?;
        let known = reader.faults.len();
        let value =
            reader.required(&format!("{place}.{name}"), expression, |value| clean(value, is_before_end));
        // A variable that stands in subject and text has its fault once.
        if value.is_none()
            && let Some(fault) = reader.faults.get(known)
            && reader.faults.iter().take(known).any(|earlier| earlier == fault)
        {
            reader.faults.truncate(known);
        }
        value
    })
}

fn variable(body: &VariablesRule, index: usize) -> Option<(String, &Expression)> {
    match body {
        VariablesRule::Positional(all) => Some((format!("body[{index}]"), all.get(index)?)),
        VariablesRule::Named(all) => all.get(index).map(|(name, it)| (format!("body.{}", name.as_str()), it)),
    }
}

fn find_problem(plain: &PlainText, channel: Channel) -> Option<String> {
    let size = (channel == Channel::Sms).then(|| SmsSize::measure(&plain.text));
    size.filter(SmsSize::is_too_long).map(|size| explain_length(&size))
}
