//! `ops check`: checks a shop's files against each other before they are deployed.

mod advice;
mod parameters;
mod report;
mod samples;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use shared::catalogue::Catalogue;
use shared::fault::Fault;
use template_definitions::{Definitions, Disagreement, DisagreementKind};

use self::report::{Checked, Remark, Row};
use self::samples::Sample;
use super::preview::misleading::consent_of_nobody;
use crate::catalogue;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::message_templates;
use crate::output::Output;

/// The default folder of a shop's sample events.
const SAMPLES: &str = "infra/sample-events";

const EXAMPLES: &str = "\
Examples:
  ops check
  ops check --catalogue notifications.toml --event-sources oms,returns,wms
  ops check --json";

/// Checks a shop's files against each other before they are deployed.
///
/// The files are the catalogue, the definitions of the message templates, the sample events, and the SAM template with the
/// parameters that depend on the catalogue. By default they are those of the current folder, which must be the repository's
/// root. Uses no network; `ops templates plan` compares the definitions with the providers' templates.
///
/// Shows each fault with its place and the correction. Without faults, it shows each notification's events, providers,
/// templates, languages and samples. Exit code 1 if there are faults; warnings don't change it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The catalogue.
    #[arg(long, value_name = "FILE", default_value = "notifications.toml")]
    catalogue: PathBuf,

    /// The folder with the definitions of the message templates.
    #[arg(long, value_name = "DIR", env = "OPS_DEFINITIONS", default_value = "infra/message-templates")]
    definitions: PathBuf,

    /// The folder with the sample events, one in each .json file [default: infra/sample-events, if it exists].
    #[arg(long, value_name = "DIR")]
    events: Option<PathBuf>,

    /// The SAM template. The parameter values in a samconfig.toml in the same folder are checked too.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,

    /// A value of the parameter `EventSources`, such as oms,returns,wms, to check instead of the SAM template.
    #[arg(long, value_name = "SOURCES", conflicts_with = "template")]
    event_sources: Option<String>,
}

/// A catalogue, at least partly valid.
struct Shop {
    /// The catalogue's file, for messages.
    name: String,
    /// The notifications without a fault.
    catalogue: Catalogue,
    /// Whether all notifications are without a fault.
    is_whole: bool,
}

/// The definitions of a readable folder.
struct Defined {
    folder: PathBuf,
    /// The definitions without a fault.
    definitions: Definitions,
    /// The names of the faulty definitions.
    faulty: BTreeSet<String>,
}

pub(crate) fn run(arguments: &Arguments, output: Output) -> Exit {
    let checked = check(arguments);
    output.show(&checked);
    checked.exit()
}

fn check(arguments: &Arguments) -> Checked {
    let mut checked = Checked::default();
    // The samples' faults come after those of the other files, whose corrections name the samples' fields.
    let mut of_samples = Checked::default();
    let samples = match arguments.events.as_deref() {
        None if !Path::new(SAMPLES).is_dir() => Vec::new(),
        folder => samples::read(folder.unwrap_or(Path::new(SAMPLES)), &mut of_samples),
    };
    let shop = Shop::read(&arguments.catalogue, &samples, &mut checked);
    let defined = Defined::read(&arguments.definitions, &mut checked);
    let Some(shop) = shop else { return checked };
    if let Some(defined) = &defined {
        compare_templates(&shop, defined, &mut checked);
        warn_of_placeholders(defined, &mut checked);
    }
    match &arguments.event_sources {
        Some(sources) => parameters::check_list(sources, &shop, &mut checked),
        None => parameters::check_template(&arguments.template, &shop, &mut checked),
    }
    warn_of_consent(&shop, &mut checked);
    checked.faults.append(&mut of_samples.faults);
    let definitions = defined.as_ref().map(|defined| &defined.definitions);
    let triggers = samples::judge(&samples, &shop, definitions, &mut checked);
    checked.notifications = shop.catalogue.entries().iter().map(|entry| Row::new(entry, &triggers)).collect();
    checked
}

impl Shop {
    fn read(path: &Path, samples: &[Sample], checked: &mut Checked) -> Option<Self> {
        let (name, text) = catalogue::read_file(path)
            .map_err(|failure| checked.faults.push(Remark::from_failure("--catalogue", &failure)))
            .ok()?;
        let (catalogue, faults) = Catalogue::examine(&name, &text);
        let is_whole = faults.is_empty();
        let known = advice::Known {
            catalogue: text.parse().unwrap_or_default(),
            events: samples.iter().map(Sample::event).collect(),
        };
        let remarks =
            faults.iter().map(|fault| Remark::from_fault(fault, advice::on_catalogue(fault, &known)));
        checked.faults.extend(remarks);
        Some(Self { name, catalogue, is_whole })
    }

    /// A notification's place in the catalogue, for messages.
    fn of_notification(&self, name: &str) -> String {
        format!("{}: [notifications.{name}]", self.name)
    }
}

impl Defined {
    fn read(folder: &Path, checked: &mut Checked) -> Option<Self> {
        let files = template_definitions::read_files(folder)
            .map_err(|error| checked.faults.push(Remark::from_failure("--definitions", &error.into())))
            .ok()?;
        let mut sound = Vec::new();
        let mut faulty = BTreeSet::new();
        for (path, text) in &files {
            // Each file is parsed by itself, so that one file's faults don't prevent the comparison of the others.
            let Err(faults) = Definitions::parse([(path.as_str(), text.as_str())]) else {
                sound.push((path.as_str(), text.as_str()));
                continue;
            };
            faulty.extend(Path::new(path).file_stem().map(|name| name.to_string_lossy().into_owned()));
            let remarks = faults.iter().map(|fault| Remark::from_fault(fault, advice::on_definition(fault)));
            checked.faults.extend(remarks);
        }
        let definitions = Definitions::parse(sound).ok()?;
        Some(Self { folder: folder.to_owned(), definitions, faulty })
    }

    fn file(&self, template: &str) -> String {
        self.folder.join(format!("{template}.toml")).display().to_string()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.all().iter().map(|definition| definition.name.as_str())
    }
}

/// Compares the catalogue's templates with the definitions.
fn compare_templates(shop: &Shop, defined: &Defined, checked: &mut Checked) {
    for Disagreement { kind, template, fault, write } in defined.definitions.disagreements(&shop.catalogue) {
        let file = defined.file(&template);
        let fix = match kind {
            DisagreementKind::Undefined if defined.faulty.contains(&template) => continue,
            DisagreementKind::Undefined => match advice::likeliest(&template, defined.names()) {
                Some(likely) => format!("name = {likely:?}, or define {template} in {file}"),
                None => format!("define {template} in {file}"),
            },
            DisagreementKind::Filling => match write {
                Some(write) => format!("{write}, as {file} defines it"),
                None => format!("the keys for the kind of template that {file} defines"),
            },
            DisagreementKind::Language => format!("add the language to {file}, or remove it from languages"),
            DisagreementKind::LanguageLeftOut => {
                format!("add the language to languages, or remove it from {file}")
            }
            DisagreementKind::LateDelivery => {
                format!("{} in {file}", write.unwrap_or_else(|| "message_send_ttl_seconds".to_owned()))
            }
            DisagreementKind::Namespace => {
                "the namespace that 1MSG's cabinet shows, in every entry".to_owned()
            }
        };
        let Fault { place, problem } = fault;
        let remark = Remark::new(format!("{}: {place}", shop.name), problem).with_fix(fix);
        match kind {
            DisagreementKind::Undefined
            | DisagreementKind::Filling
            | DisagreementKind::Language
            | DisagreementKind::Namespace => checked.faults.push(remark),
            DisagreementKind::LanguageLeftOut | DisagreementKind::LateDelivery => {
                checked.warnings.push(remark);
            }
        }
    }
    let entries = shop.catalogue.entries().iter();
    let rules = entries.flat_map(|entry| entry.templates.values());
    let sent: BTreeSet<&str> = rules
        .flat_map(|rule| std::iter::once(rule).chain(rule.senders.values()))
        .map(|rule| rule.template.name.as_str())
        .collect();
    for unsent in defined.names().filter(|name| shop.is_whole && !sent.contains(name)) {
        let remark = Remark::new(defined.file(unsent), format!("no notification of {} sends it", shop.name));
        checked.warnings.push(remark);
    }
}

/// Warns of a consent that is true for an event without any fields, also that of a channel.
fn warn_of_consent(shop: &Shop, checked: &mut Checked) {
    for entry in shop.catalogue.entries() {
        let own = std::iter::once(("consent".to_owned(), &entry.consent));
        let channels = entry.fallback.iter().flat_map(|rule| rule.channels.iter().enumerate());
        let channels =
            channels.map(|(index, rule)| (format!("fallback.channels[{index}].consent"), &rule.consent));
        for (key, consent) in own.chain(channels) {
            let place = || format!("{} {key}", shop.of_notification(&entry.name));
            checked.warnings.extend(consent_of_nobody(consent).map(|problem| Remark::new(place(), problem)));
        }
    }
}

/// Warns of the samples that `ops init` has written.
fn warn_of_placeholders(defined: &Defined, checked: &mut Checked) {
    for (definition, text) in defined.definitions.texts() {
        let left = text.samples.iter().filter(|sample| message_templates::is_placeholder(sample));
        let left: Vec<String> = left.map(|sample| format!("{sample:?}")).collect();
        if !left.is_empty() {
            let place = format!("{}: [texts.{}] samples", defined.file(&definition.name), text.language);
            let problem = format!("still has {}, which `ops init` has written", left.join(", "));
            let fix = "values as in a customer's message: Meta's reviewers see them";
            checked.warnings.push(Remark::new(place, problem).with_fix(fix));
        }
    }
}

impl Remark {
    /// A fault in a file. The parser's own example is omitted, because `fix` replaces it.
    fn from_fault(fault: &Fault, fix: Option<String>) -> Self {
        let problem = fault.problem.split("; write, for example, ").next().unwrap_or_default();
        Self { fix, ..Self::new(&fault.place, problem) }
    }

    /// The remark about an unreadable file.
    fn from_failure(place: &str, failure: &Failure) -> Self {
        Self { fix: failure.remedy().map(str::to_owned), ..Self::new(place, failure.problem()) }
    }
}
