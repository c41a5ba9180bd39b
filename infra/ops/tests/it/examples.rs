//! The command lines in the help, the README and the guides work.
//!
//! The test executes the help's examples and the README's lines for the local run, in their order, against a local run
//! whose samples have their expected outcomes and that has one held notification. It parses every other line of the
//! documents.

use std::path::Path;
use std::time::{Duration, Instant};

use local::LocalOptions;
use ops::Options;
use serde_json::Value;

use crate::support::{Ran, Rig, repository};

/// The sample whose send has an unknown outcome.
const HELD: &str = "tests/events/held/order-cancelled-server-error.json";
/// The send, its confirmation window and the queue take seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Commands that succeed with exit code 1: one notification is held, one event is invalid.
const ATTENTION: [&str; 5] = [
    "ops held",
    "ops invalid list",
    "ops preview tests/events/order-cancelled-invalid.json",
    "ops replay --from 2h --wait",
    "ops send tests/events/order-cancelled-invalid.json",
];

/// This command ends only when it is interrupted. The suite `studio` runs it.
const ENDLESS: &str = "ops studio";

/// A command line. The local run supplies the values of its placeholders in angle brackets.
#[derive(Debug)]
struct Example {
    place: String,
    line: String,
}

impl Example {
    fn read(place: &str, line: &str) -> Self {
        let line = line.split_once(" #").map_or(line, |(line, _comment)| line);
        Self { place: place.to_owned(), line: line.trim().to_owned() }
    }

    fn uses_a_local_run(&self) -> bool {
        self.line.contains(" --local")
    }
}

/// The examples in the help of a command and of all its subcommands.
fn examples_in_help(command: &clap::Command, place: &str, found: &mut Vec<Example>) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().filter(|line| line.starts_with("  ops "));
    let examples: Vec<Example> = lines.map(|line| Example::read(place, line)).collect();
    let is_a_leaf = !command.has_subcommands();
    assert!(!is_a_leaf || !examples.is_empty(), "the help of `{place}` shows no example");
    found.extend(examples);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        examples_in_help(below, &format!("{place} {}", below.get_name()), found);
    }
}

/// The lines of a document's shell blocks that run the tool.
fn examples_in_document(path: &Path) -> Vec<Example> {
    let place = path.strip_prefix(repository()).unwrap().display().to_string();
    let text = std::fs::read_to_string(path).unwrap();
    let mut shell = false;
    let mut found = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(kind) => shell = !shell && kind == "sh",
            None if shell => {
                let run = line.strip_prefix("cargo run -q -p ops -- ").or_else(|| line.strip_prefix("ops "));
                found.extend(run.map(|arguments| Example::read(&place, &format!("ops {arguments}"))));
            }
            None => {}
        }
    }
    found
}

fn documents() -> Vec<Example> {
    let guides = std::fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = guides.filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    paths.sort();
    paths.splice(0..0, ["README.md", "CONTRIBUTING.md"].map(|name| repository().join(name)));
    paths.iter().flat_map(|path| examples_in_document(path)).collect()
}

/// The placeholders in angle brackets.
const PLACEHOLDERS: [&str; 4] = ["<KEY>", "<REFERENCE>", "<EVENT_ID>", "<MESSAGE_ID>"];

/// The values of the placeholders, in the same order.
struct PlaceholderValues([String; 4]);

impl PlaceholderValues {
    async fn find(rig: &Rig) -> Self {
        let (held, invalid) = (rig.json(&["held"]).await, rig.json(&["invalid", "list"]).await);
        let order = rig.json(&["status", "10482"]).await;
        let text = |report: &Value, pointer: &str| {
            report
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{pointer} of {report}"))
                .to_owned()
        };
        Self([
            text(&held, "/held/0/key"),
            text(&held, "/held/0/reference"),
            text(&invalid, "/invalid_events/0/event_id"),
            text(&order, "/notifications/0/messages/0/id"),
        ])
    }

    fn substitute(&self, line: &str) -> String {
        PLACEHOLDERS
            .iter()
            .zip(&self.0)
            .fold(line.to_owned(), |line, (name, value)| line.replace(name, value))
    }
}

async fn hold_one(rig: &Rig) {
    rig.ops(&["send", HELD, "--now"]).await.ended_with(0);
    let started = Instant::now();
    while rig.json(&["held"]).await["held"].as_array().is_none_or(Vec::is_empty) {
        assert!(started.elapsed() < PATIENCE, "nothing is held");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn every_example_has_the_expected_exit_code() {
    let mut options = LocalOptions { timing: 0.1, ..LocalOptions::default() };
    options.settings.insert("CONFIRMATION_WINDOW".to_owned(), "1s".to_owned());
    let rig = Rig::with(options).await.play().await;
    hold_one(&rig).await;

    let mut examples = Vec::new();
    examples_in_help(&Options::interface(), "ops", &mut examples);
    let documents = documents();
    for page in ["README.md", "docs/local.md"] {
        assert!(documents.iter().any(|example| example.place == page), "{page} shows the tool");
    }
    examples.extend(documents.into_iter().filter(Example::uses_a_local_run));

    examples.retain(|example| !example.line.starts_with(ENDLESS));

    let names = PlaceholderValues::find(&rig).await;
    let mut wrong = Vec::new();
    for Example { place, line } in examples {
        let line = names.substitute(&line);
        let ran = rig.shell(&line).await;
        let code = i32::from(ATTENTION.iter().any(|start| line.starts_with(start)));
        if ran.code != code {
            let Ran { code: ended, stdout, stderr } = ran;
            wrong.push(format!("{place}: `{line}` ended with {ended} and not with {code}: {stdout}{stderr}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Splits a line as a shell does: a text in single quotes is one word, and the line ends at a pipe or a redirection.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else if let Some((own, _)) = part.split_once(['|', '>']) {
            words.extend(own.split_whitespace().map(str::to_owned));
            break;
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_line_in_the_documents_is_valid() {
    for Example { place, line } in documents() {
        let words = PLACEHOLDERS.iter().fold(line.clone(), |line, name| line.replace(name, "1"));
        let read = Options::parse_from(words_of(&words));
        assert!(read.is_ok(), "{place}: `{line}`: {}", read.unwrap_err());
    }
}
