//! The program as a process of its own: what the README's first command does with the suites' catalogue, and the settings that a shell reads.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use local::environment::clock;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// The run itself takes seconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// With the suites' catalogue, whatever the shop's says.
fn program(arguments: &[&str]) -> Command {
    program_under(&local::catalogue::shipped(), arguments)
}

fn program_under(catalogue: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.arg("--catalogue").arg(catalogue);
    command.args(arguments).env_clear().envs(clock()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_run_shows_every_sample_where_it_should_be_and_ends_well() {
    let output = tokio::time::timeout(PATIENCE, program(&[]).output()).await.unwrap().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    let samples = local::samples::read(&[local::samples::shipped()]).unwrap().len();
    assert!(
        shown.contains(&format!("{samples} of {samples} events have come to where they should.")),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "escapes, although standard output is no terminal: {shown}");
}

#[tokio::test]
async fn a_run_shows_each_message_as_the_customer_reads_it() {
    let sample = local::samples::shipped().join("order-cancelled.json");
    let output = program(&["--events", sample.to_str().unwrap()]).output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let sample: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(sample).unwrap()).unwrap();
    let customer = sample["detail"]["customer"]["name"].as_str().unwrap();
    let line = shown
        .lines()
        .find(|line| line.contains("accepted order_cancelled"))
        .unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains(&format!("Hello, {customer}!")) && !line.contains("{{"), "{line}");
}

#[tokio::test]
async fn a_run_under_a_catalogue_that_ignores_the_events_says_so_at_once() {
    let catalogue = std::fs::read_to_string(local::catalogue::shipped()).unwrap();
    let sources = [r#""oms""#, r#""returns""#, r#""wms""#];
    let ignoring = sources.iter().fold(catalogue, |text, source| text.replace(source, r#""elsewhere""#));
    let file = std::env::temp_dir().join(format!("ignoring-{}.toml", rand::random::<u64>()));
    std::fs::write(&file, ignoring).unwrap();
    let output = program_under(&file, &[]).output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
    std::fs::remove_file(&file).unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let said = format!("No notification of {} is for ", file.display());
    assert!(shown.contains(&said) && shown.contains("order-cancelled"), "{shown}");
}

#[tokio::test]
async fn a_run_whose_events_do_not_arrive_in_time_ends_badly() {
    let arguments = ["--time-limit", "1ms"];
    let output = tokio::time::timeout(PATIENCE, program(&arguments).output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[tokio::test]
async fn backends_only_prints_settings_that_a_shell_reads() {
    // Below the ports that Linux takes for outgoing connections.
    let port = rand::random_range(20_000..32_000_u16);
    let port = port.to_string();
    let mut running = program(&["--backends-only", "--port", &port]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut settings = Vec::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        if line.starts_with('#') {
            break;
        }
        settings.push(line);
    }
    let script = settings.join("\n") + "\nprintf %s \"$TABLE_NAME\"";
    let output = Command::new("sh").args(["-c", &script]).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), local::environment::TABLE, "{settings:?}");
}
