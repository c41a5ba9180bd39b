//! Sample events, and their results under the catalogue.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;
use shared::catalogue::{Entry, Notification, OrderEvent};
use shared::fault::Fault;
use shared::protocol::{Guard, Policy};
use template_definitions::{Definitions, DisagreementKind};

use super::Shop;
use super::report::{Checked, Remark, Triggers};
use crate::commands::preview::misleading::{truth_in_words, unformatted_amounts};
use crate::commands::preview::{consent_problem, look::looks};
use crate::events::{self, Judgement, Known, Mood, explain_faults, file};
use crate::order_id::of_sender;

/// An event in a file.
pub(super) struct Sample {
    path: PathBuf,
    event: Value,
}

/// Reads every `.json` file of a folder.
pub(super) fn read(folder: &Path, checked: &mut Checked) -> Vec<Sample> {
    let listed = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<BTreeSet<PathBuf>>>()
    });
    let listed = listed.unwrap_or_else(|error| {
        let problem = format!("{} can't be read: {error}", folder.display());
        checked.faults.push(Remark::new("--events", problem).with_fix(
            "the name of a folder with an event of each kind, as EventBridge delivers it, in a .json file",
        ));
        BTreeSet::new()
    });
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    listed.into_iter().filter(is_json).filter_map(|path| Sample::read(path, checked)).collect()
}

impl Sample {
    fn read(path: PathBuf, checked: &mut Checked) -> Option<Self> {
        let name = path.display().to_string();
        let written = file::open(&path).map_err(|failure| {
            // The failure's text begins with the file's name.
            let problem = failure.problem().trim_start_matches(&name).trim_start();
            checked.faults.push(Remark::new(&name, problem));
        });
        match file::read(&written.ok()?, Timestamp::now()) {
            Ok(read) => Some(Self { path, event: read.event }),
            Err(faults) => {
                let remarks =
                    faults.iter().map(|it| Remark::new(format!("{name}: {}", it.place), &it.problem));
                checked.faults.extend(remarks);
                None
            }
        }
    }

    /// The whole envelope.
    pub(super) const fn event(&self) -> &Value {
        &self.event
    }

    /// The file's name without its folder.
    fn file(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// Judges the samples as order-notifier would, each at its own time.
pub(super) fn judge(
    samples: &[Sample],
    shop: &Shop,
    definitions: Option<&Definitions>,
    checked: &mut Checked,
) -> Triggers {
    let mut triggers = Triggers::new();
    // The notifications of samples that would not be sent: each such sample has its own fault or warning.
    let mut unsent: BTreeSet<&str> = BTreeSet::new();
    for sample in samples {
        let judged = events::judge(&shop.catalogue, sample.event.clone(), None, Timestamp::now());
        match with_a_recipient(judged, sample) {
            Judgement::Invalid { notification, faults } => {
                unsent.extend(notification);
                let fix = notification.map(|name| {
                    format!("fix the event, or what {} does with it", shop.of_notification(name))
                });
                checked.faults.extend(faults.iter().map(|fault| Remark {
                    fix: fix.clone(),
                    ..Remark::new(format!("{}: {}", sample.name(), fault.place), &fault.problem)
                }));
            }
            // A faulty notification may be the one for this event.
            Judgement::Ignored { .. } if !shop.is_whole => {}
            Judgement::Ignored { source, detail_type, nearest } => {
                let problem =
                    format!("nothing in {} listens to {source:?}, {detail_type:?}: it is ignored", shop.name);
                let nearest = nearest.first().map(|near| {
                    format!(
                        "the event for {}: {}",
                        shop.of_notification(&near.notification),
                        near.differs.join("; ")
                    )
                });
                checked.warnings.push(Remark { fix: nearest, ..Remark::new(sample.name(), problem) });
            }
            Judgement::Notification(notification, entry) => {
                let is_sent = would_be_sent(sample, &notification, entry, definitions, checked);
                if is_sent {
                    let sender = of_sender(notification.reference.order.sender.as_ref());
                    let file = format!("{}{sender}", sample.file());
                    triggers.entry(entry.name.clone()).or_default().push(file);
                } else {
                    unsent.insert(&entry.name);
                }
            }
        }
    }
    let has_sample = |name: &str| triggers.contains_key(name) || unsent.contains(name);
    for entry in shop.catalogue.entries().iter().filter(|entry| shop.is_whole && !has_sample(&entry.name)) {
        let (sources, detail_types) = (entry.sources.join("\" or \""), entry.detail_types.join("\" or \""));
        checked.warnings.push(
            Remark::new(shop.of_notification(&entry.name), "no sample event triggers it").with_fix(format!(
                "an event of \"{sources}\", \"{detail_types}\" into a .json file of the samples"
            )),
        );
    }
    triggers
}

/// The judgement of a sample, whose recipient WhatsApp has to reach: the fallback would hide that the catalogue looks for the phone
/// number in the wrong place.
fn with_a_recipient<'a>(judged: Judgement<'a>, sample: &Sample) -> Judgement<'a> {
    let Judgement::Notification(notification, entry) = judged else { return judged };
    match &notification.unusable_recipient {
        None => Judgement::Notification(notification, entry),
        Some(faults) => Judgement::Invalid {
            notification: Some(&entry.name),
            faults: explain_faults(entry, faults, &sample.event),
        },
    }
}

/// Whether a sample would be sent. Reports why not, and texts that are too long.
fn would_be_sent(
    sample: &Sample,
    notification: &Notification,
    entry: &Entry,
    definitions: Option<&Definitions>,
    checked: &mut Checked,
) -> bool {
    let name = sample.name();
    if let Some(definitions) = definitions {
        let (_looks, problems, _undefined) = looks(notification, entry, definitions);
        // Wrong parameters and languages have already been reported, once for all samples.
        let is_reported = |kind| matches!(kind, DisagreementKind::Filling | DisagreementKind::Language);
        if !definitions.disagreements_in(entry).iter().any(|found| is_reported(found.kind)) {
            let remark = |it: Fault| Remark::new(format!("{name}: {}", it.place), it.problem);
            checked.faults.extend(problems.into_iter().map(remark));
        }
    }
    let channels = notification.fallback.iter().flat_map(|fallback| &fallback.messages);
    for fault in channels.filter_map(|message| message.as_ref().err()).flat_map(|faults| faults.iter()) {
        let problem = format!("{}; the channel is left out for this event", fault.problem);
        checked.warnings.push(Remark::new(format!("{name}: {}", fault.place), problem));
    }
    let truth = OrderEvent::parse(sample.event.clone()).ok().and_then(|event| truth_in_words(entry, &event));
    let misleading = truth.into_iter().chain(unformatted_amounts(entry));
    checked.warnings.extend(misleading.map(|problem| Remark::new(&name, problem)));
    // A sample's age doesn't matter: it is judged at the time of its event.
    let at = notification.event_time;
    match events::forecast(notification, &Known::default(), Guard::Allowed, &Policy::default(), at) {
        Ok(forecast) if forecast.is_sent() => true,
        Ok(forecast) => {
            checked.suppressed.push(sample.file());
            let problem = format!("as {}, it {}", entry.name, forecast.summary(Mood::Would));
            checked.warnings.push(match consent_problem(&entry.consent, &sample.event) {
                Some(words) => Remark::new(&name, format!("{problem}; {words}")),
                None => Remark::new(&name, problem).with_fix(format!(
                    "an event of which consent ({}) finds JSON's true",
                    entry.consent.as_str()
                )),
            });
            false
        }
        Err(fault) => {
            checked.faults.push(Remark::new(format!("{name}: {}", fault.place), fault.problem));
            false
        }
    }
}
