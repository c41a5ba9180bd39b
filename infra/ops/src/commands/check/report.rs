//! The report of `ops check`.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::catalogue::{Entry, TemplateRule};
use shared::message::{Language, Sender};

use crate::exit::Exit;
use crate::labels;
use crate::order_id::of_sender;
use crate::output::{Report, Table, style};

/// The sample events that trigger each notification, by its name.
pub(super) type Triggers = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default, Serialize)]
pub(super) struct Checked {
    pub(super) faults: Vec<Remark>,
    pub(super) warnings: Vec<Remark>,
    pub(super) notifications: Vec<Row>,
    /// The sample events that would not be sent, because their customers have not agreed.
    pub(super) suppressed: Vec<String>,
}

/// A fault or a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    pub(super) place: String,
    pub(super) problem: String,
    /// A suggestion, unless the problem contains it.
    pub(super) fix: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    notification: String,
    events: Vec<String>,
    /// Each provider with its template and languages, the preferred one first.
    providers: Vec<String>,
    /// The sample events that trigger it.
    samples: Vec<String>,
}

impl Checked {
    pub(super) const fn exit(&self) -> Exit {
        if self.faults.is_empty() { Exit::Fine } else { Exit::Attention }
    }
}

impl Remark {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), fix: None }
    }

    pub(super) fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    fn lines(&self, label: &str) -> String {
        let fix = self.fix.as_ref().map(|fix| format!("  {} {fix}\n", style::weak("write:")));
        format!("{label} {}: {}\n{}", style::strong(&self.place), self.problem, fix.unwrap_or_default())
    }
}

impl Row {
    pub(super) fn new(entry: &Entry, triggers: &Triggers) -> Self {
        let events = entry.sources.iter().flat_map(|source| {
            entry.detail_types.iter().map(move |detail_type| format!("{source}: {detail_type}"))
        });
        let providers = entry.providers.iter().filter_map(|provider| {
            let rule = entry.templates.get(provider)?;
            let line = move |sender: Option<&Sender>, rule: &TemplateRule| {
                let languages: Vec<&str> = rule.languages.iter().map(Language::as_str).collect();
                let (of, name) = (of_sender(sender), &rule.template.name);
                format!("{provider}{of}: {name} ({})", languages.join(", "))
            };
            let of_senders = rule.senders.iter().map(move |(sender, own)| line(Some(sender), own));
            Some(std::iter::once(line(None, rule)).chain(of_senders))
        });
        Self {
            notification: entry.name.clone(),
            events: events.collect(),
            providers: providers.flatten().chain(followers(entry)).collect(),
            samples: triggers.get(&entry.name).cloned().unwrap_or_default(),
        }
    }
}

/// The channels of the fallback, each with its languages.
fn followers(entry: &Entry) -> impl Iterator<Item = String> {
    entry.fallback.iter().flat_map(|fallback| {
        let after = labels::duration(fallback.after);
        fallback.channels.iter().enumerate().map(move |(index, channel)| {
            let more = if index == 0 { "" } else { " more" };
            let languages: Vec<&str> = channel.texts.iter().map(|text| text.language.as_str()).collect();
            format!("then {} after {after}{more} ({})", channel.provider, languages.join(", "))
        })
    })
}

impl Report for Checked {
    fn text(&self) -> String {
        let Self { faults, warnings, notifications, suppressed } = self;
        let mut text: Vec<String> = faults.iter().map(|fault| fault.lines(&style::bad("fault:"))).collect();
        text.extend(warnings.iter().map(|warning| warning.lines(&style::pending("warning:"))));
        if faults.is_empty() {
            let mut table =
                Table::new(["notification", "events", "providers: template (languages)", "samples"]);
            for Row { notification, events, providers, samples } in notifications {
                let cell = |lines: &[String]| lines.join("\n");
                table.row([notification.clone(), cell(events), cell(providers), cell(samples)]);
            }
            let count = labels::count(notifications.len(), "notification");
            let headline = match suppressed.len() {
                0 => style::good(format!("The shop's files agree: {count}.")),
                samples => style::pending(format!(
                    "The shop's files agree: {count}. But {} would be suppressed: {}.",
                    labels::count(samples, "sample"),
                    suppressed.join(", ")
                )),
            };
            text.push(format!("{headline}\n{table}\n"));
        } else {
            let count = labels::count(faults.len(), "fault");
            text.push(style::bad(format!("Fix {count} before you deploy.\n")));
        }
        text.concat()
    }
}
