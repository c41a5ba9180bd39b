//! Loads `notifications.toml` and reports all of its faults at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use toml::{Table, Value};

use super::fallback_rule::{self, Surroundings};
use super::key_order::KeyOrder;
use super::section::{Section, kind};
use super::{
    ContentRule, Entry, Expression, OrderEvent, OrderStatusRule, TemplateRule, VariablesRule, components,
    keys, references,
};
use crate::fault::{Fault, Faults};
use crate::message::{Country, Language, Sender, Template};
use crate::provider::{Channel, Provider};

/// The largest file. A notification takes about a thousand bytes, so this allows hundreds of them.
const MAX_BYTES: usize = 256 * 1024;
/// The longest name of a template (seed 003; the other two providers state no limit).
const MAX_TEMPLATE_NAME_CHARS: usize = 512;
/// The longest `max_age`. A notification's record is kept for 90 days, and a replayed event has to find it. So an
/// event must be too old to be sent before its record is gone.
const MAX_MAX_AGE: Duration = Duration::from_hours(24 * 60);

/// A complete and valid catalogue.
#[derive(Debug, Clone)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

struct Defaults {
    international_digits: bool,
    max_age: DefaultAge,
}

/// The default age of notifications without `max_age`.
enum DefaultAge {
    Absent,
    /// Already reported as a fault of `[defaults]`.
    Faulty,
    Known(Duration),
}

impl Catalogue {
    /// Parses a catalogue; `name` is the file's name in faults.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults> {
        let (catalogue, faults) = Self::examine(name, text);
        Faults::into_result(faults, || catalogue)
    }

    /// Parses as much as possible: returns the notifications without faults, and every fault. Only for tools:
    /// nothing may be sent with part of a catalogue.
    pub fn examine(name: &str, text: &str) -> (Self, Vec<Fault>) {
        let root = match read_toml(name, text) {
            Ok(root) => root,
            Err(fault) => return (Self { entries: Vec::new() }, vec![fault]),
        };
        let mut faults = Vec::new();
        let mut top = Section::new(format!("{name}:"), &root, &mut faults);
        let defaults = top.optional_table("defaults");
        let notifications = top.table("notifications");
        top.finish();

        let defaults = read_defaults(name, defaults, &mut faults);
        let mut entries = Vec::new();
        let mut faulty = Vec::new();
        let order = KeyOrder::parse(text);
        let places = order.positions(&["notifications"]);
        let mut notifications_in_order: Vec<_> = notifications.into_iter().flatten().collect();
        notifications_in_order.sort_by_key(|(entry, _)| places.get(entry.as_str()));
        for (entry, value) in notifications_in_order {
            let place = format!("{name}: [notifications.{entry}]");
            let before = faults.len();
            match value.as_table() {
                Some(table) => {
                    entries.extend(read_entry(&place, entry, table, &defaults, &order, &mut faults));
                }
                None => faults.push(Fault::new(place, format!("is {}, not a table", kind(value)))),
            }
            if faults.len() > before {
                faulty.push(entry);
            }
        }
        if notifications.is_some_and(Table::is_empty) {
            faults.push(Fault::new(
                format!("{name}: [notifications]"),
                "is empty: no event would become a message",
            ));
        }
        report_shadowed(name, &entries, &mut faults);
        references::link(name, &mut entries, &mut faults);
        entries.retain(|entry| !faulty.contains(&&entry.name));
        (Self { entries }, faults)
    }

    /// The first entry that matches this event.
    pub fn entry_for(&self, event: &OrderEvent) -> Option<&Entry> {
        self.entries_for(event).next()
    }

    /// Every entry that matches this event; the first is the one that applies.
    pub fn entries_for(&self, event: &OrderEvent) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.matches(event))
    }

    /// The longest `max_age` of all entries: an unfinished event must be kept at least this long.
    pub fn longest_max_age(&self) -> Duration {
        self.entries.iter().map(|entry| entry.max_age).max().unwrap_or_default()
    }

    /// Whether any notification can be sent by such a provider, or by a fallback through one.
    pub fn names(&self, is_meant: impl Fn(Provider) -> bool) -> bool {
        self.entries.iter().any(|entry| {
            let fallback = entry.fallback.iter().flat_map(|fallback| &fallback.channels);
            entry.providers.iter().copied().chain(fallback.map(|channel| channel.provider)).any(&is_meant)
        })
    }

    /// The names of all templates that a message may have: those of every provider and sender, and those of the channels
    /// that follow.
    pub fn template_names(&self) -> BTreeSet<&str> {
        let rules = self.entries.iter().flat_map(|entry| entry.templates.values());
        let rules = rules.flat_map(|rule| std::iter::once(rule).chain(rule.senders.values()));
        let fallbacks = self.entries.iter().filter_map(|entry| entry.fallback.as_deref());
        let channels = fallbacks.flat_map(|fallback| &fallback.channels);
        let channels = channels.map(|channel| channel.provider.channel().name());
        rules.map(|rule| rule.template.name.as_str()).chain(channels).collect()
    }

    /// Every entry, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

fn read_toml(name: &str, text: &str) -> Result<Table, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::new(name, "is larger than 256 KB"));
    }
    text.parse().map_err(|error: toml::de::Error| {
        let line =
            error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
        Fault::new(name, format!("is not TOML: line {line}: {}", error.message()))
    })
}

fn read_defaults(name: &str, table: Option<&Table>, faults: &mut Vec<Fault>) -> Defaults {
    let empty = Table::new();
    let place = format!("{name}: [defaults]");
    let mut section = Section::new(place, table.unwrap_or(&empty), faults).with_examples(&keys::DEFAULTS);
    let international_digits = section.optional_bool("international_digits").unwrap_or(false);
    let max_age = match (section.has("max_age"), read_age(&mut section)) {
        (_, Some(age)) => DefaultAge::Known(age),
        (true, None) => DefaultAge::Faulty,
        (false, None) => DefaultAge::Absent,
    };
    section.finish();
    Defaults { international_digits, max_age }
}

fn read_entry(
    place: &str,
    name: &str,
    table: &Table,
    defaults: &Defaults,
    order: &KeyOrder<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Entry> {
    let mut section = Section::new(place.to_owned(), table, faults).with_examples(&keys::NOTIFICATION);
    let sources = section.distinct_texts("source");
    let detail_types = section.distinct_texts("detail_type");
    let when = section.optional_expression("when");
    let sender = section.optional_expression("sender");
    let order_number = section.expression("order");
    let recipient = section.expression("recipient");
    let country = read_country(&mut section);
    let language = section.optional_expression("language");
    let consent = section.expression("consent");
    let time = section.optional_expression("time");
    let key = section.optional_expression("key");
    let max_age = read_max_age(&mut section, defaults);
    let providers = read_providers(&mut section);
    let content = read_content(&mut section);
    let templates = section.table("templates");
    let fallback = section.optional_table("fallback");
    section.finish();
    let templates = templates.map(|templates| read_templates(place, templates, faults)).unwrap_or_default();
    let fallback = match fallback {
        Some(table) => {
            let none = VariablesRule::Positional(Vec::new());
            let body = content.as_ref().map(|content| match content {
                ContentRule::Template(rule) => &rule.body,
                ContentRule::OrderStatus(_) => &none,
            });
            let around = Surroundings { name, max_age, body };
            let place = inner_place(place, "fallback");
            fallback_rule::read(place, table, &around, order, faults).map(|rule| Some(Box::new(rule)))
        }
        None => Some(None),
    };
    if sender.is_none() {
        for (provider, _) in templates.iter().filter(|(_, rule)| !rule.senders.is_empty()) {
            let problem = "stands without `sender`, which finds the sender of an event";
            faults
                .push(Fault::new(format!("{} {provider} senders", inner_place(place, "templates")), problem));
        }
    }
    for provider in &providers {
        if !table
            .get("templates")
            .and_then(Value::as_table)
            .is_some_and(|all| all.contains_key(provider.name()))
        {
            faults.push(Fault::new(
                format!("{place} providers"),
                format!("{provider} has no entry in templates"),
            ));
        }
        if !provider.has_order_status() && matches!(content, Some(ContentRule::OrderStatus(_))) {
            let problem = format!(
                "{provider} documents no order_status message; give body instead of status, or other providers"
            );
            faults.push(Fault::new(format!("{place} providers"), problem));
        }
        if !provider.has_order_status()
            && matches!(&content, Some(ContentRule::Template(rule)) if rule.order_details.is_some())
        {
            let problem = format!(
                "{provider} documents no order_status message, which follows order_details; name kaleyra or meta"
            );
            faults.push(Fault::new(format!("{place} providers"), problem));
        }
        let beyond = match &content {
            Some(ContentRule::Template(rule)) if !provider.has_all_components() => {
                rule.first_advanced_component()
            }
            _ => None,
        };
        if let Some(beyond) = beyond {
            let problem =
                format!("{provider} documents no {beyond}; leave them out, or name other providers");
            faults.push(Fault::new(format!("{place} providers"), problem));
        }
    }
    Some(Entry {
        name: name.to_owned(),
        sources,
        detail_types,
        when,
        sender,
        order: order_number?,
        recipient: recipient?,
        country,
        international_digits: defaults.international_digits,
        language,
        consent: consent?,
        time,
        key,
        max_age: max_age?,
        providers,
        content: content?,
        templates,
        fallback: fallback?,
    })
}

/// Reports `country = "AT"`: as an expression this would be the name of a field, which no event has.
fn read_country(section: &mut Section<'_, '_>) -> Option<Expression> {
    let country = section.optional_expression("country")?;
    let letters = country.as_str();
    if letters.len() == 2 && Country::parse(letters).is_some() {
        section.fault("country", format!("is a field's name; the country itself is \"'{letters}'\""));
    }
    Some(country)
}

fn read_max_age(section: &mut Section<'_, '_>, defaults: &Defaults) -> Option<Duration> {
    let is_here = section.has("max_age");
    let own = read_age(section);
    match defaults.max_age {
        _ if is_here => own,
        DefaultAge::Known(age) => Some(age),
        DefaultAge::Faulty => None,
        DefaultAge::Absent => {
            section
                .fault("max_age", "is missing, here and in [defaults]; write, for example, max_age = \"3d\"");
            None
        }
    }
}

fn read_age(section: &mut Section<'_, '_>) -> Option<Duration> {
    let text = section.optional_text("max_age")?;
    let problem = match humantime::parse_duration(&text) {
        Ok(age) if age > MAX_MAX_AGE => format!("is {text:?}; at most 60d are allowed"),
        Ok(age) if age.is_zero() => "is zero: every event would be too old".to_owned(),
        Ok(age) => return Some(age),
        Err(error) => format!("is {text:?}, no duration such as \"3d\" or \"36h\": {error}"),
    };
    section.fault("max_age", problem);
    None
}

fn read_providers(section: &mut Section<'_, '_>) -> Vec<Provider> {
    let names = section.distinct_texts("providers");
    let mut providers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match parse_whatsapp_provider(name) {
            Ok(provider) => providers.push(provider),
            Err(problem) => section.fault(&format!("providers[{index}]"), problem),
        }
    }
    providers
}

/// A provider that may stand in `providers` and `templates`: text messages and e-mails are fallbacks.
fn parse_whatsapp_provider(name: &str) -> Result<Provider, String> {
    let known = || Provider::FOR_WHATSAPP.map(Provider::name).join(", ");
    match name.parse::<Provider>() {
        Ok(provider) if provider.channel() == Channel::WhatsApp => Ok(provider),
        Ok(provider) => Err(format!(
            "{provider} doesn't send to WhatsApp: name it in `fallback`; here it is one of {}",
            known()
        )),
        Err(_) => Err(format!("unknown provider {name:?}: it is one of {}", known())),
    }
}

fn read_content(section: &mut Section<'_, '_>) -> Option<ContentRule> {
    let status_keys = ["status", "reference_id", "description"].map(|key| section.has(key)).contains(&true);
    if status_keys {
        let problem = "stands beside status, reference_id or description: a message has one or the other";
        for key in ["header", "body", "buttons", "order_details"] {
            if section.value(key, true).is_some() {
                section.fault(key, problem);
            }
        }
        let status = section.expression("status");
        let reference_id = section.optional_expression("reference_id");
        let description = section.optional_expression("description");
        let is_reference_remembered = false;
        let rule = OrderStatusRule { status: status?, reference_id, is_reference_remembered, description };
        return Some(ContentRule::OrderStatus(Box::new(rule)));
    }
    components::read(section).map(|rule| ContentRule::Template(Box::new(rule)))
}

/// The place of a table inside `[notifications.<name>]`.
fn inner_place(place: &str, key: &str) -> String {
    format!("{}.{key}]", place.trim_end_matches(']'))
}

fn read_templates(place: &str, table: &Table, faults: &mut Vec<Fault>) -> BTreeMap<Provider, TemplateRule> {
    let place = inner_place(place, "templates");
    let mut templates = BTreeMap::new();
    for (name, value) in table {
        let here = format!("{place} {name}");
        let provider = match parse_whatsapp_provider(name) {
            Ok(provider) => provider,
            Err(problem) => {
                faults.push(Fault::new(here, problem));
                continue;
            }
        };
        let Some(table) = value.as_table() else {
            faults.push(Fault::new(here, format!("is {}, not a table", kind(value))));
            continue;
        };
        if let Some(rule) = read_template(&here, provider, table, faults) {
            templates.insert(provider, rule);
        }
    }
    templates
}

fn read_template(
    place: &str,
    provider: Provider,
    table: &Table,
    faults: &mut Vec<Fault>,
) -> Option<TemplateRule> {
    let mut section = Section::new(place.to_owned(), table, faults).with_examples(&keys::TEMPLATE);
    let name = section.text("name");
    check_template_name(&mut section, name.as_ref());
    let namespace = if provider.has_namespaces() { section.text("namespace") } else { None };
    let languages = section.distinct_texts("languages").into_iter().map(Language::new).collect();
    let senders = section.optional_table("senders");
    section.finish();
    let template = Template { name: name?, namespace };
    let mut rule = TemplateRule { template, languages, senders: BTreeMap::new() };
    for (name, value) in senders.into_iter().flatten() {
        let here = format!("{place} senders.{name}");
        match (Sender::parse(name), value.as_table()) {
            (Ok(sender), Some(table)) => {
                let own = read_sender_template(here, provider, table, &rule, faults);
                rule.senders.insert(sender, own);
            }
            (Err(error), _) => faults.push(Fault::new(here, format!("{error}"))),
            (_, None) => faults.push(Fault::new(here, format!("is {}, not a table", kind(value)))),
        }
    }
    Some(rule)
}

/// A sender's template: what its table doesn't have is the same as for all senders.
fn read_sender_template(
    place: String,
    provider: Provider,
    table: &Table,
    general: &TemplateRule,
    faults: &mut Vec<Fault>,
) -> TemplateRule {
    let mut section = Section::new(place, table, faults).with_examples(&keys::SENDER_TEMPLATE);
    let name = section.optional_text("name");
    check_template_name(&mut section, name.as_ref());
    let namespace = if provider.has_namespaces() { section.optional_text("namespace") } else { None };
    let has_languages = section.has("languages");
    let languages = if has_languages { section.distinct_texts("languages") } else { Vec::new() };
    section.finish();
    let template = Template {
        name: name.unwrap_or_else(|| general.template.name.clone()),
        namespace: namespace.or_else(|| general.template.namespace.clone()),
    };
    let languages = if has_languages {
        languages.into_iter().map(Language::new).collect()
    } else {
        general.languages.clone()
    };
    TemplateRule { template, languages, senders: BTreeMap::new() }
}

fn check_template_name(section: &mut Section<'_, '_>, name: Option<&String>) {
    if name.is_some_and(|name| name.chars().count() > MAX_TEMPLATE_NAME_CHARS) {
        section.fault("name", format!("is longer than {MAX_TEMPLATE_NAME_CHARS} characters"));
    }
}

/// Reports entries that can never apply, because an earlier entry takes all their events; names the first
/// such entry.
fn report_shadowed(name: &str, entries: &[Entry], faults: &mut Vec<Fault>) {
    for (index, later) in entries.iter().enumerate() {
        let overlap =
            entries.iter().take(index).filter(|earlier| earlier.when.is_none()).find_map(|earlier| {
                let source = later.sources.iter().find(|source| earlier.sources.contains(source))?;
                let detail_type =
                    later.detail_types.iter().find(|kind| earlier.detail_types.contains(kind))?;
                Some((earlier, source, detail_type))
            });
        if let Some((earlier, source, detail_type)) = overlap {
            faults.push(Fault::new(
                format!("{name}: [notifications.{}]", later.name),
                format!(
                    "listens to {source:?} {detail_type:?}, and so does [notifications.{}], which stands before it and has no \
                     `when`",
                    earlier.name
                ),
            ));
        }
    }
}
