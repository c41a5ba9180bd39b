//! The program as a process of its own: what the README's first command does with the suites' catalogue, and the settings that a shell reads.

use std::process::Stdio;
use std::time::Duration;

use local::environment::clock;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// The run itself takes seconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// With the suites' catalogue, whatever the shop's says.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.arg("--catalogue").arg(local::catalogue::shipped());
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
