//! The command line itself.

use std::fs::File;
use std::process::Stdio;

use crate::support::{Ran, Rig, command};

#[tokio::test]
async fn a_shell_gets_its_completions_without_any_deployment() {
    let output = command().args(["completions", "bash"]).output().await.unwrap();
    assert!(output.status.success());
    let script = String::from_utf8(output.stdout).unwrap();
    assert!(script.contains("complete -F _ops"), "{script}");
}

#[tokio::test]
async fn a_command_line_that_cannot_be_read_ends_with_its_own_code() {
    let rig = Rig::start().await;
    assert_eq!(rig.ops(&["no-such-command"]).await.code, 2);
}

#[tokio::test]
async fn a_stack_and_a_local_run_together_are_refused_but_a_local_run_wins_over_the_environments_stack() {
    let rig = Rig::start().await;
    let ran = rig.ops(&["held", "--stack", "no-such-stack"]).await;
    assert!(ran.code == 2 && ran.stderr.contains("--stack and --local"), "{ran:?}");
    let mut tool = command();
    tool.env("OPS_STACK", "no-such-stack").args(["held", &rig.local_option()]);
    Ran::of(tool.output().await.unwrap()).ended_with(0);
}

#[tokio::test]
async fn a_stack_without_credentials_ends_soon_with_words_and_what_to_do() {
    let mut tool = command();
    tool.env("AWS_REGION", "eu-central-1").env("AWS_EC2_METADATA_DISABLED", "true");
    let ran = Ran::of(tool.args(["held", "--stack", "prod"]).output().await.unwrap());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("error: no AWS credentials were found\nnext: "), "{ran:?}");
    assert!(ran.stderr.contains("aws sso login") && !ran.stderr.contains('{'), "{ran:?}");
}

#[tokio::test]
async fn what_does_not_answer_is_told_without_the_sdks_own_words() {
    let asked = |region: Option<&str>| {
        let mut tool = command();
        tool.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "y");
        tool.env("AWS_EC2_METADATA_DISABLED", "true");
        match region {
            // Port 1 has no listener.
            Some(region) => tool.env("AWS_REGION", region).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            None => &mut tool,
        };
        tool.args(["held", "--stack", "prod"]);
        tool
    };
    let ran = Ran::of(asked(Some("eu-central-1")).output().await.unwrap());
    assert!(
        ran.code == 4 && ran.stderr.contains("describe the stack: it can't be reached\nnext: "),
        "{ran:?}"
    );
    let ran = Ran::of(asked(None).output().await.unwrap());
    assert!(ran.code == 2 && ran.stderr.contains("no AWS region is named\nnext: "), "{ran:?}");
}

#[tokio::test]
async fn what_names_no_deployment_or_one_that_is_not_there_is_told_with_what_would() {
    let ran = Ran::of(command().arg("held").output().await.unwrap());
    assert!(
        ran.code == 2 && ran.stderr.contains("error: no deployment is named\nnext: name it with --stack"),
        "{ran:?}"
    );
    // The local run's settings would be at port 6, which has no listener.
    let ran = Ran::of(command().args(["held", "--local=1"]).output().await.unwrap());
    assert!(ran.code == 4 && ran.stderr.contains("no local run goes on at port 1\nnext: "), "{ran:?}");
    assert!(!ran.stderr.contains("http"), "{ran:?}");
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_no_success() {
    for arguments in [["templates", "show"], ["completions", "bash"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let running = command().args(arguments).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ran = Ran::of(running.wait_with_output().await.unwrap());
        assert!(ran.code == 4 && ran.stderr.contains("can't be written"), "{ran:?}");
    }
}

#[tokio::test]
async fn commands_with_commands_of_their_own_are_explained_with_an_example() {
    for arguments in [&["templates"][..], &["webhook"], &["invalid"], &["webhook", "register"]] {
        let ran = Ran::of(command().args(arguments).arg("--help").output().await.unwrap());
        let text = ran.ended_with(0);
        let explained = text.split("Usage:").next().unwrap();
        assert!(explained.lines().count() > 3, "{text}");
        assert!(arguments.len() > 1 || text.contains("\n  ops "), "{text}");
    }
}

#[tokio::test]
async fn a_template_that_a_provider_does_not_have_is_named() {
    let ran = Ran::of(command().args(["templates", "show", "--provider", "onemsg"]).output().await.unwrap());
    assert!(ran.stderr.contains("order_status isn't shown: it isn't 1MSG's"), "{ran:?}");
}
