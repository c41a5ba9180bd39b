//! The catalogue's rule for a notification's fallback.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::{Table, Value};

use super::key_order::KeyOrder;
use super::pattern::Pattern;
use super::section::kind;
use super::{Expression, FallbackTerms, Section, Triggers, VariablesRule, components, keys};
use crate::fault::Fault;
use crate::message::{Language, SmsSize, Tag, is_blank};
use crate::provider::{Channel, Provider};

/// The shortest `after`. A template lives 30 seconds at least, and its report needs some more. Source: Meta, "Time-to-live".
const MIN_AFTER: Duration = Duration::from_mins(1);
/// The longest subject. A header line has 998 bytes at most (RFC 5322, section 2.1.1), and a character up to four.
pub(super) const MAX_SUBJECT_CHARS: usize = 240;
/// The names in `on`.
const TRIGGERS: [&str; 3] = ["failed", "rejected", "undelivered"];

/// The rules of `[notifications.<name>.fallback]`.
#[derive(Debug, Clone)]
pub struct FallbackRule {
    /// The time after which a message without a delivered or read fact counts as undelivered.
    pub after: Duration,
    /// What makes the next channel follow.
    pub on: Triggers,
    /// Whether a message whose failure says that another time helps is first sent once more through WhatsApp.
    pub retries: bool,
    /// The channels, in order; each provider has at most one.
    pub channels: Vec<ChannelRule>,
}

/// The rules of one of `channels`.
#[derive(Debug, Clone)]
pub struct ChannelRule {
    /// Sends it: text messages or e-mails.
    pub provider: Provider,
    /// Finds the phone number or the e-mail address; `None` means the notification's own recipient.
    pub recipient: Option<Expression>,
    /// Finds the customer's language; `None` means the notification's own.
    pub language: Option<Expression>,
    /// Finds whether the customer agreed to be contacted on this channel.
    pub consent: Expression,
    /// The variables of the texts.
    pub body: VariablesRule,
    /// A text for each language, in the order of the file; the first is the default.
    pub texts: Vec<ChannelText>,
}

/// The text of a channel in one language.
#[derive(Debug, Clone)]
pub struct ChannelText {
    /// The key in `text`.
    pub language: Language,
    /// The subject of an e-mail; `None` for a text message.
    pub subject: Option<Pattern>,
    /// The text.
    pub text: Pattern,
}

impl FallbackRule {
    /// The terms, without the texts.
    pub fn terms(&self) -> FallbackTerms {
        FallbackTerms {
            after: self.after,
            on: self.on,
            retries: self.retries,
            channels: self.channels.iter().map(|channel| channel.provider).collect(),
        }
    }
}

/// What the notification around the fallback has.
pub(super) struct Surroundings<'a> {
    /// The notification's name.
    pub(super) name: &'a str,
    /// Its `max_age`; `None` if it is faulty.
    pub(super) max_age: Option<Duration>,
    /// The variables of its body, none for an order status; `None` if they are faulty.
    pub(super) body: Option<&'a VariablesRule>,
}

/// Reads the fallback of a notification; `place` is that of its table.
pub(super) fn read(
    place: String,
    table: &Table,
    around: &Surroundings<'_>,
    order: &KeyOrder<'_>,
    faults: &mut Vec<Fault>,
) -> Option<FallbackRule> {
    let mut section = Section::new(place, table, faults).with_examples(&keys::FALLBACK);
    let after = read_after(&mut section, around.max_age);
    let on = read_triggers(&mut section);
    let retries = section.optional_bool("retry").unwrap_or(false);
    let tables = match section.value("channels", false).and_then(Value::as_array) {
        Some(list) if list.is_empty() => {
            section.value_fault("channels", "is an empty list");
            Vec::new()
        }
        _ => section.optional_tables("channels"),
    };
    let mut channels: Vec<ChannelRule> = Vec::with_capacity(tables.len());
    for (index, table) in tables.iter().enumerate() {
        let key = format!("channels[{index}]");
        let path = ["notifications", around.name, "fallback", "channels", &index.to_string()];
        let mut inner = section.inner(&key, table).with_examples(&keys::FALLBACK_CHANNEL);
        let channel = read_channel(&mut inner, around.body, order, &path);
        inner.finish();
        let Some(channel) = channel else { continue };
        if channels.iter().any(|known| known.provider == channel.provider) {
            section.fault(&key, format!("names {} a second time", channel.provider));
        }
        channels.push(channel);
    }
    section.finish();
    (channels.len() == tables.len()).then_some(())?;
    Some(FallbackRule { after: after?, on: on?, retries, channels })
}

fn read_after(section: &mut Section<'_, '_>, max_age: Option<Duration>) -> Option<Duration> {
    let text = section.text("after")?;
    let problem = match humantime::parse_duration(&text) {
        Ok(after) if after < MIN_AFTER => {
            format!("is {text:?}; at least 1m is needed, so that WhatsApp can deliver")
        }
        Ok(after) if max_age.is_some_and(|max_age| after >= max_age) => {
            format!(
                "is {text:?}, which is not less than the notification's max_age: every event would be too old"
            )
        }
        Ok(after) => return Some(after),
        Err(error) => format!("is {text:?}, no duration such as \"4h\" or \"30m\": {error}"),
    };
    section.fault("after", problem);
    None
}

fn read_triggers(section: &mut Section<'_, '_>) -> Option<Triggers> {
    if !section.has("on") {
        section.get("on");
        return Some(Triggers::default());
    }
    let names = section.distinct_texts("on");
    let mut is_known = true;
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !TRIGGERS.contains(&name.as_str())) {
        section.fault(&format!("on[{index}]"), format!("is {name:?}: it is one of {}", TRIGGERS.join(", ")));
        is_known = false;
    }
    let [failed, rejected, undelivered] = TRIGGERS.map(|known| names.iter().any(|name| name == known));
    is_known.then_some(Triggers { failed, rejected, undelivered })
}

fn read_channel(
    section: &mut Section<'_, '_>,
    own_body: Option<&VariablesRule>,
    order: &KeyOrder<'_>,
    path: &[&str],
) -> Option<ChannelRule> {
    let provider = read_provider(section);
    let is_email = provider.map(|provider| provider.channel() == Channel::Email);
    let recipient = if is_email == Some(true) {
        section.expression("recipient").map(Some)
    } else {
        let is_missing = !section.has("recipient");
        let recipient = section.optional_expression("recipient");
        (is_missing || recipient.is_some()).then_some(recipient)
    };
    let language = section.optional_expression("language");
    let consent = section.expression("consent");
    let body = if section.has("body") {
        components::read_body(section, false)
    } else {
        section.get("body");
        own_body.cloned()
    };
    let with_order = |key| (key, order.positions(&[path, &[key]].concat()));
    let subjects = match is_email {
        Some(true) => read_texts(section, with_order("subject"), body.as_ref()),
        Some(false) if section.get("subject").is_some() => {
            section.fault("subject", "stands only beside provider = \"aws-email\": a text message has none");
            None
        }
        _ => {
            section.get("subject");
            Some(Vec::new())
        }
    };
    let texts = read_texts(section, with_order("text"), body.as_ref());
    let (provider, subjects, texts) = (provider?, subjects?, texts?);
    check_lengths(section, provider, &subjects, &texts)?;
    let texts = if provider.channel() == Channel::Email {
        join(section, &subjects, texts)?
    } else {
        texts.into_iter().map(|(language, text)| ChannelText { language, subject: None, text }).collect()
    };
    Some(ChannelRule { provider, recipient: recipient?, language, consent: consent?, body: body?, texts })
}

fn read_provider(section: &mut Section<'_, '_>) -> Option<Provider> {
    let name = section.text("provider")?;
    let is_known = |provider: &Provider| provider.channel() != Channel::WhatsApp;
    let provider = name.parse::<Provider>().ok().filter(is_known);
    if provider.is_none() {
        let known: Vec<&str> = Provider::ALL.iter().filter(|it| is_known(it)).map(|it| it.name()).collect();
        section.fault("provider", format!("is {name:?}: it is one of {}", known.join(", ")));
    }
    provider
}

/// Reads a text for each language, in the order of the file.
fn read_texts(
    section: &mut Section<'_, '_>,
    (key, positions): (&'static str, BTreeMap<String, usize>),
    body: Option<&VariablesRule>,
) -> Option<Vec<(Language, Pattern)>> {
    let table = match section.value(key, false)? {
        Value::Table(table) if table.is_empty() => {
            section.value_fault(key, "is an empty table");
            return None;
        }
        Value::Table(table) => table,
        other => {
            section
                .value_fault(key, &format!("is {}, not a table with a text for each language", kind(other)));
            return None;
        }
    };
    let mut languages: Vec<(&String, &Value)> = table.iter().collect();
    languages.sort_by_key(|(language, _)| positions.get(language.as_str()));
    let count = languages.len();
    let mut texts = Vec::with_capacity(count);
    for (language, value) in languages {
        let here = format!("{key}.{language}");
        if Tag::parse(language).is_none() {
            section.fault(&here, "is named by no language's code, such as en or es_MX");
            continue;
        }
        let Some(text) = section.non_empty(&here, value) else { continue };
        let text = text.replace("\r\n", "\n");
        let problem = if is_blank(&text) {
            Some("is empty")
        } else if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            Some("has a control character")
        } else if key == "subject" && text.contains(['\n', '\t']) {
            Some("has a line break or a tab, which a subject can't have")
        } else {
            None
        };
        if let Some(problem) = problem {
            section.fault(&here, problem);
            continue;
        }
        let Some(body) = body else { continue };
        match Pattern::parse(&text, body) {
            Ok(pattern) => texts.push((Language::new(language.as_str()), pattern)),
            Err(problems) => problems.into_iter().for_each(|problem| section.fault(&here, problem)),
        }
    }
    (texts.len() == count).then_some(texts)
}

/// Reports texts that are too long even with empty values.
fn check_lengths(
    section: &mut Section<'_, '_>,
    provider: Provider,
    subjects: &[(Language, Pattern)],
    texts: &[(Language, Pattern)],
) -> Option<()> {
    let mut is_short = true;
    for (language, subject) in subjects {
        let chars = subject.literal().chars().count();
        if chars > MAX_SUBJECT_CHARS {
            section.fault(
                &format!("subject.{language}"),
                format!("has {chars} characters without its values; at most {MAX_SUBJECT_CHARS} are allowed"),
            );
            is_short = false;
        }
    }
    for (language, text) in texts.iter().filter(|_| provider.channel() == Channel::Sms) {
        let size = SmsSize::measure(&text.literal());
        if size.is_too_long() {
            section.fault(&format!("text.{language}"), explain_length(&size));
            is_short = false;
        }
    }
    is_short.then_some(())
}

/// Describes a text message that AWS refuses for its length.
pub(super) fn explain_length(size: &SmsSize) -> String {
    let (encoding, limit) = (size.encoding.name(), size.encoding.max_places());
    format!(
        "has {} characters in {encoding}; AWS sends at most {limit} of them as one text message",
        size.places
    )
}

/// Joins each text with the subject in the same language.
fn join(
    section: &mut Section<'_, '_>,
    subjects: &[(Language, Pattern)],
    texts: Vec<(Language, Pattern)>,
) -> Option<Vec<ChannelText>> {
    for (language, _) in subjects.iter().filter(|(known, _)| texts.iter().all(|(other, _)| other != known)) {
        section.fault("text", format!("lacks {language}, in which `subject` is written"));
    }
    let count = texts.len();
    let mut joined = Vec::with_capacity(count);
    for (language, text) in texts {
        match subjects.iter().find(|(known, _)| *known == language) {
            Some((_, subject)) => joined.push(ChannelText { language, subject: Some(subject.clone()), text }),
            None => section.fault("subject", format!("lacks {language}, in which `text` is written")),
        }
    }
    (joined.len() == count && subjects.len() == count).then_some(joined)
}
