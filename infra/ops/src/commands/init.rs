//! `ops init`: creates a catalogue entry, a template's definition and a sample from an event.

mod files;
mod guess;
mod question;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, Consent, Entry, Notification, OrderEvent};
use shared::provider::Provider;
use template_definitions::{Definitions, DisagreementKind};

use self::files::{Answers, NewFile};
use self::question::Questions;
use crate::commands::preview::consent_in_other_words;
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

/// What a bare JSON object lacks.
const ENVELOPE: &str = "put around it what EventBridge puts around it: {\"source\": \"shop\", \"detail-type\": \"Order Packed\", \
                        \"detail\": {…}}";

/// Writes a shop's first own notification from one of its events: the catalogue's entry, the template's definition, the sample.
///
/// Reads the event and guesses where in it the order's number, the phone number, the consent, the language and the customer's
/// name are; asks about each guess where it is run in a terminal, unless an option answers or --yes takes them all. What it would write
/// is read again before it is written, as order-notifier reads it, and nothing that is there is overwritten: a catalogue in the folder gets one
/// notification more. The event has to be one of a customer who agreed. Asks neither AWS nor a provider.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The event as JSON, - for standard input: an EventBridge event, a producer's entry, or a queue's message.
    event: PathBuf,

    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = "shop")]
    folder: PathBuf,

    /// What the notification is called; without it, after the event's detail type.
    #[arg(long)]
    name: Option<String>,

    /// Who may send it, in order of preference: onemsg, kaleyra or meta.
    #[arg(long, value_name = "NAME", default_value = "meta")]
    provider: Vec<Provider>,

    /// 1MSG's namespace of the templates, as its cabinet shows it.
    #[arg(long, required_if_eq("provider", "onemsg"))]
    namespace: Option<String>,

    /// What the template is called; without it, as the notification.
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    /// The code of the language in which the template is written.
    #[arg(long, value_name = "CODE", default_value = "en_US")]
    template_language: String,

    /// The template's text, with {{1}}, {{2}} and so on for the values of --body.
    #[arg(long)]
    text: Option<String>,

    /// An expression that finds the order's number, such as detail.order.number.
    #[arg(long, value_name = "EXPRESSION")]
    order: Option<String>,

    /// An expression that finds the customer's phone number.
    #[arg(long, value_name = "EXPRESSION")]
    recipient: Option<String>,

    /// An expression that is true where the customer agreed to be contacted; '`true`' where all have.
    #[arg(long, value_name = "EXPRESSION")]
    consent: Option<String>,

    /// An expression that finds the customer's language.
    #[arg(long, value_name = "EXPRESSION")]
    language: Option<String>,

    /// An expression for each of the template's variables, in order.
    #[arg(long, value_name = "EXPRESSION")]
    body: Vec<String>,

    /// Takes every guess without a question.
    #[arg(long)]
    yes: bool,

    /// Shows the files, and writes none.
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
            Failure::usage(format!("{path} holds no event:\n{faults}")).with_remedy(ENVELOPE)
        })?
        .event;
    let answers = answers(arguments, &event)?;
    let files = files::of(&answers, &event, &arguments.folder)?;
    file::set_time(&mut event, now);
    let definition = files::definition(&answers, &files, &arguments.folder)?;
    must_become_a_message(&files, &definition, &answers, &event, now)?;
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
        Failure::usage(format!("the event has no {field}, by which a rule would know it"))
            .with_remedy(ENVELOPE)
    };
    let source = text("source").ok_or_else(|| missing("source"))?;
    let detail_type = text("detail-type").ok_or_else(|| missing("detail-type"))?;
    let guesses = guess::guesses(event);
    let questions = Questions::new(arguments.yes || arguments.event == Path::new("-"));
    let name = questions.answer(
        "What is the notification called?",
        arguments.name.clone(),
        Some(files::kebab_case(&detail_type)),
        "--name NAME",
    )?;
    let order = questions.answer(
        "Where is the order's number?",
        arguments.order.clone(),
        guesses.order,
        "--order EXPRESSION",
    )?;
    let recipient = questions.answer(
        "Where is the customer's phone number?",
        arguments.recipient.clone(),
        guesses.recipient,
        "--recipient EXPRESSION",
    )?;
    let consent = questions.answer(
        "Where does it say that the customer agreed to be contacted?",
        arguments.consent.clone(),
        guesses.consent,
        "--consent EXPRESSION, such as \"detail.opt_in == 'yes'\" where it is a text, or --consent '`true`' where every customer has \
         agreed",
    )?;
    let language = questions.optional(
        "Where is the customer's language?",
        arguments.language.clone(),
        guesses.language,
    )?;
    let body = if arguments.body.is_empty() {
        let guessed: Vec<String> = guesses.name.into_iter().chain([order.clone()]).collect();
        let asked = questions.answer(
            "Which values does the message show, separated by blanks?",
            None,
            Some(guessed.join(" ")),
            "--body EXPRESSION",
        )?;
        asked.split_whitespace().map(str::to_owned).collect()
    } else {
        arguments.body.clone()
    };
    let text = questions.answer(
        "What does the message say?",
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

/// Checks that the new files make a message of the event from which they were created.
fn must_become_a_message(
    files: &[NewFile],
    (definition, text): &(String, String),
    answers: &Answers,
    event: &Value,
    now: Timestamp,
) -> Result<(), Failure> {
    let definitions = Definitions::parse([(definition.as_str(), text.as_str())])
        .map_err(|faults| refused("the template's definition would have faults", &faults))?;
    for NewFile { path, text, .. } in files.iter().filter(|file| file.kind == files::Kind::Catalogue) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let catalogue = Catalogue::parse(&name, text)
            .map_err(|faults| refused("the catalogue would have faults", &faults))?;
        match events::judge(&catalogue, event.clone(), None, now) {
            Judgement::Invalid { faults, .. } => {
                return Err(refused("the event would not become a message", &faults));
            }
            Judgement::Notification(notification, entry) if entry.name == answers.name => {
                must_be_sent(&notification, entry, event, &definitions)?;
            }
            Judgement::Notification(_, entry) => {
                return Err(refused(
                    "another notification of the catalogue takes the event",
                    &format_args!("[notifications.{}] stands before it", entry.name),
                ));
            }
            Judgement::Ignored { .. } => {
                return Err(refused("the notification would not listen to the event", &""));
            }
        }
    }
    Ok(())
}

/// Checks that the customer agreed, and that there is a value for each of the template's variables.
fn must_be_sent(
    notification: &Notification,
    entry: &Entry,
    event: &Value,
    definitions: &Definitions,
) -> Result<(), Failure> {
    if let Some(filling) =
        definitions.disagreements_in(entry).into_iter().find(|it| it.kind == DisagreementKind::Filling)
    {
        return Err(refused("the values don't fill the template", &filling.fault));
    }
    if notification.consent == Consent::Given {
        return Ok(());
    }
    let words = OrderEvent::parse(event.clone()).ok().and_then(|event| consent_in_other_words(entry, &event));
    let words = words.unwrap_or_else(|| {
        let consent = entry.consent.as_str();
        format!("consent ({consent}) is not true; take the event of a customer who agreed")
    });
    Err(refused("the event's customer has not agreed to be contacted", &words))
}

fn refused(what: &str, faults: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("nothing is written, because {what}:\n{faults}"))
        .with_remedy("answer otherwise, by the options that `ops init --help` has")
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
            "see the message as the customer would (`ops` that isn't installed is `cargo run -q -p ops --`)",
            [format!("ops preview {event} --now {shop}")],
        ),
        Next::with(
            "see whether the files agree, and the message sent in the local run",
            [check, format!("cargo run -p local -- {shop} --events {events}")],
        ),
        Next::words(format!(
            "put {catalogue} in place of notifications.toml and the definition into infra/message-templates; docs/catalogue.md \
             explains every key, and docs/deploy.md how the template is submitted and where a new source goes (EventSources)"
        )),
    ]
}

/// The sources of the whole catalogue, as a shell reads a value of `EventSources`.
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
