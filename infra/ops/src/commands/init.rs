//! `ops init`: creates a catalogue entry, a template definition and a sample from an event.

mod files;
pub(super) mod guess;
mod question;
mod usable;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, Entry};
use shared::provider::Provider;
use template_definitions::{Definitions, DisagreementKind};

use self::files::{Answers, NewFile, has_international_digits};
use self::question::Questions;
use self::usable::{COUNTRY, check_consent, check_country, check_recipient, needs_country};
use crate::events::{self, Judgement, file};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Next;
use crate::output::{Output, Report, style};

const EXAMPLES: &str = "\
Examples:
  ops init tests/events/order-cancelled.json --dry-run
  ops init tests/events/order-cancelled.json --name order-given-up --text 'Hello, {{1}}! We have cancelled order {{2}} for you.' --dry-run
  ops init tests/events/stock-arrived.json --body detail.product.name --body detail.order.number --provider meta --provider kaleyra --dry-run
  ops init tests/events/stock-arrived.json --consent '`true`' --yes --dry-run";

/// The remedy for a JSON object without an envelope.
const ENVELOPE: &str = "wrap it in an EventBridge envelope: {\"source\": \"shop\", \"detail-type\": \"Order Packed\", \
                        \"detail\": {…}}";

/// Creates a notification from one of the shop's events: a catalogue entry, a template definition and a sample.
///
/// Guesses which fields have the order's number, the phone number, the consent, the language and the customer's name. In a
/// terminal it asks about each guess, unless an option gives the value or --yes accepts all guesses.
///
/// The event's customer must have agreed to be contacted. The files are validated before they are written. Existing files are
/// not overwritten: an existing catalogue gets an additional notification. Calls neither AWS nor a provider.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A JSON file with an event as EventBridge delivers it, as producers put it or as a queue carries it; - for standard input.
    event: PathBuf,

    /// The folder for the files.
    #[arg(long, value_name = "DIR", default_value = "shop")]
    folder: PathBuf,

    /// The notification's name [default: from the event's detail type].
    #[arg(long)]
    name: Option<String>,

    /// A provider that may send it: onemsg, kaleyra or meta; repeat the option in order of preference.
    #[arg(long, value_name = "NAME", default_value = "meta")]
    provider: Vec<Provider>,

    /// The templates' namespace at 1MSG, as its cabinet shows it.
    #[arg(long, required_if_eq("provider", "onemsg"))]
    namespace: Option<String>,

    /// The template's name [default: the notification's name].
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    /// The template's language code.
    #[arg(long, value_name = "CODE", default_value = "en_US")]
    template_language: String,

    /// The template's text, with {{1}}, {{2}}, … for the values of --body.
    #[arg(long)]
    text: Option<String>,

    /// The expression for the order's number, such as detail.order.number.
    #[arg(long, value_name = "EXPRESSION")]
    order: Option<String>,

    /// The expression for the customer's phone number.
    #[arg(long, value_name = "EXPRESSION")]
    recipient: Option<String>,

    /// The expression for the country of a phone number without `+`: its two or three letters; "'AT'" if all are Austrian.
    #[arg(long, value_name = "EXPRESSION")]
    country: Option<String>,

    /// The expression that is true if the customer agreed to be contacted; '`true`' if all customers have.
    #[arg(long, value_name = "EXPRESSION")]
    consent: Option<String>,

    /// The expression for the customer's language.
    #[arg(long, value_name = "EXPRESSION")]
    language: Option<String>,

    /// The expression for a variable of the template; repeat the option for each variable in order.
    #[arg(long, value_name = "EXPRESSION")]
    body: Vec<String>,

    /// Accepts all guesses without asking.
    #[arg(long)]
    yes: bool,

    /// Shows the files without writing them.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let written = file::open(&arguments.event)?;
    let read = file::read(&written, now);
    let mut event = read
        .map_err(|faults| {
            let path = arguments.event.display();
            Failure::usage(format!("{path} has no event:\n{faults}")).with_remedy(ENVELOPE)
        })?
        .event;
    let answers = answers(arguments, &event)?;
    let files = files::build(&answers, &event, &arguments.folder)?;
    file::set_time(&mut event, now);
    let definition = files::definition(&answers, &files, &arguments.folder)?;
    check_event(&files, &definition, &answers, &event, now)?;
    if !arguments.dry_run {
        for NewFile { path, text, .. } in &files {
            write(path, text)?;
        }
    }
    let shown = |file: &NewFile| Shown {
        path: file.path.display().to_string(),
        text: arguments.dry_run.then(|| file.text.clone()),
    };
    let report = Written {
        files: files.iter().map(shown).collect(),
        next: if arguments.dry_run { Vec::new() } else { next(&files) },
        notification: answers.name,
        source: answers.source,
    };
    output.show(&report);
    Ok(Exit::Fine)
}

/// Combines the options, the answers to questions, and the guesses.
fn answers(arguments: &Arguments, event: &Value) -> Result<Answers, Failure> {
    let text = |field: &str| event.get(field).and_then(Value::as_str).map(str::to_owned);
    let missing = |field: &str| {
        Failure::usage(format!("the event has no {field}, which rules match")).with_remedy(ENVELOPE)
    };
    let source = text("source").ok_or_else(|| missing("source"))?;
    let detail_type = text("detail-type").ok_or_else(|| missing("detail-type"))?;
    let guesses = guess::guesses(event);
    let questions = Questions::new(arguments.yes || arguments.event == Path::new("-"));
    let name = questions.answer(
        "What is the notification's name?",
        arguments.name.clone(),
        Some(files::kebab_case(&detail_type)),
        "--name NAME",
    )?;
    let order = questions.answer(
        "Which field has the order's number?",
        arguments.order.clone(),
        guesses.order,
        "--order EXPRESSION",
    )?;
    let recipient = questions.checked_answer(
        "Which field has the customer's phone number?",
        arguments.recipient.as_deref(),
        guesses.recipient.or(guesses.unusable_recipient).as_deref(),
        "--recipient EXPRESSION",
        |recipient| check_recipient(event, recipient, has_international_digits(&arguments.folder)),
    )?;
    let country = country(arguments, event, &recipient, guesses.country.as_deref(), questions)?;
    let consent = questions.checked_answer(
        "Which field is true if the customer agreed to be contacted?",
        arguments.consent.as_deref(),
        guesses.consent.or(guesses.unusable_consent).as_deref(),
        "--consent EXPRESSION, such as \"detail.opt_in == 'yes'\" for a text, or --consent '`true`' if every customer has \
         agreed",
        |consent| check_consent(event, consent),
    )?;
    let language = questions.optional(
        "Which field has the customer's language?",
        arguments.language.clone(),
        guesses.language,
    )?;
    let body = if arguments.body.is_empty() {
        let guessed: Vec<String> = guesses.name.into_iter().chain([order.clone()]).collect();
        let asked = questions.answer(
            "Which values does the message show, separated by spaces?",
            None,
            Some(guessed.join(" ")),
            "--body EXPRESSION",
        )?;
        asked.split_whitespace().map(str::to_owned).collect()
    } else {
        arguments.body.clone()
    };
    let text = questions.answer(
        "What is the message's text?",
        arguments.text.clone(),
        Some(files::first_text(body.len())),
        "--text TEXT",
    )?;
    let template = arguments.template.clone().unwrap_or_else(|| name.replace('-', "_").to_lowercase());
    Ok(Answers {
        name,
        source,
        detail_type,
        order,
        recipient,
        country,
        consent,
        language,
        body,
        providers: arguments.provider.clone(),
        namespace: arguments.namespace.clone(),
        template,
        template_language: arguments.template_language.clone(),
        text,
    })
}

/// The country of phone numbers, which is asked only if the event's number needs one.
fn country(
    arguments: &Arguments,
    event: &Value,
    recipient: &str,
    guess: Option<&str>,
    questions: Questions,
) -> Result<Option<String>, Failure> {
    if !needs_country(event, recipient, has_international_digits(&arguments.folder)) {
        return Ok(arguments.country.clone());
    }
    let given = arguments.country.as_deref();
    let question =
        format!("The phone number ({recipient}) has no country code. Which field has its country?");
    let remedy = format!("{COUNTRY}; or use an event whose number begins with + and its country code");
    let check = |country: &str| check_country(event, recipient, country);
    questions.checked_answer(&question, given, guess, &remedy, check).map(Some)
}

/// Checks that the event becomes a message with the new files.
fn check_event(
    files: &[NewFile],
    (definition, text): &(String, String),
    answers: &Answers,
    event: &Value,
    now: Timestamp,
) -> Result<(), Failure> {
    let definitions = Definitions::parse([(definition.as_str(), text.as_str())])
        .map_err(|faults| refused("the template definition would have faults", &faults))?;
    for NewFile { path, text, .. } in files.iter().filter(|file| file.kind == files::Kind::Catalogue) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let catalogue = Catalogue::parse(&name, text)
            .map_err(|faults| refused("the catalogue would have faults", &faults))?;
        match events::judge(&catalogue, event.clone(), None, now) {
            Judgement::Invalid { faults, .. } => {
                return Err(refused("the event would not become a message", &faults));
            }
            Judgement::Notification(_, entry) if entry.name == answers.name => {
                check_values(entry, &definitions)?;
            }
            Judgement::Notification(_, entry) => {
                return Err(refused(
                    "another notification of the catalogue matches the event",
                    &format_args!("[notifications.{}] comes first", entry.name),
                ));
            }
            Judgement::Ignored { .. } => {
                return Err(refused("the notification would not match the event", &""));
            }
        }
    }
    Ok(())
}

/// Checks that there is a value for each of the template's variables.
fn check_values(entry: &Entry, definitions: &Definitions) -> Result<(), Failure> {
    let found = definitions.disagreements_in(entry);
    match found.into_iter().find(|it| it.kind == DisagreementKind::Filling) {
        Some(filling) => Err(refused("the values don't match the template's variables", &filling.fault)),
        None => Ok(()),
    }
}

fn refused(what: &str, faults: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("nothing is written, because {what}:\n{faults}"))
        .with_remedy("give other values; `ops init --help` lists the options")
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("{} can't be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

fn next(files: &[NewFile]) -> Vec<Next> {
    let path = |kind| {
        let file = files.iter().find(|file| file.kind == kind);
        file.map(|file| file.path.display().to_string()).unwrap_or_default()
    };
    let (catalogue, event) = (path(files::Kind::Catalogue), path(files::Kind::Event));
    let folder = Path::new(&catalogue).parent().unwrap_or(Path::new(""));
    let (definitions, events) = (folder.join("message-templates"), folder.join("events"));
    let shop = format!("--catalogue {catalogue} --definitions {}", definitions.display());
    let events = events.display();
    let check = format!("ops check {shop} --events {events} --event-sources {}", sources(files));
    vec![
        Next::with(
            "see the message as the customer does (if `ops` isn't installed: `cargo run -q -p ops --`)",
            [format!("ops preview {event} --now {shop}")],
        ),
        Next::with(
            "check the files, and send the message in a local run",
            [check, format!("cargo run -p local -- {shop} --events {events}")],
        ),
        Next::words(format!(
            "replace notifications.toml with {catalogue}, and move the definition into infra/message-templates and the sample into \
             infra/sample-events; docs/catalogue.md explains the keys, and docs/deploy.md how to submit the template and add a source (EventSources)"
        )),
    ]
}

/// The sources of the whole catalogue, as a value of `EventSources` that is quoted for a shell.
fn sources(files: &[NewFile]) -> String {
    let catalogue = files.iter().find(|file| file.kind == files::Kind::Catalogue);
    let read = catalogue.and_then(|file| Catalogue::parse("", &file.text).ok());
    let entries = read.iter().flat_map(Catalogue::entries);
    let sources: BTreeSet<&str> = entries.flat_map(|entry| &entry.sources).map(String::as_str).collect();
    let sources = sources.into_iter().collect::<Vec<_>>().join(",");
    format!("'{}'", sources.replace('\'', r"'\''"))
}

#[derive(Debug, Serialize)]
struct Written {
    notification: String,
    source: String,
    files: Vec<Shown>,
    next: Vec<Next>,
}

#[derive(Debug, Serialize)]
struct Shown {
    path: String,
    /// Only in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Report for Written {
    fn text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            // Writing to a `String` can't fail.
            let _written = match &file.text {
                Some(content) => writeln!(text, "{}\n\n{content}", style::strong(&file.path)),
                None => writeln!(text, "{} {}", style::good("written"), file.path),
            };
        }
        for next in &self.next {
            let _written = writeln!(text, "{}", next.lines().join("\n"));
        }
        text
    }
}
