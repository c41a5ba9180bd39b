//! The command line itself.

use std::fs::File;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Ran, Rig, command, ops, run};

#[tokio::test]
async fn a_shell_gets_its_completions_without_any_deployment() {
    let script = ops(&["completions", "bash"]).await.ended_with(0);
    assert!(script.contains("complete -F _ops"), "{script}");
}

#[tokio::test]
async fn a_command_line_that_cannot_be_read_ends_with_its_own_code() {
    assert_snapshot!(ops(&["no-such-command"]).await, @"
    exit code 2
    stderr:
    error: unrecognized subcommand 'no-such-command'

    Usage: ops [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[tokio::test]
async fn a_stack_and_a_local_run_together_are_refused_but_a_local_run_wins_over_the_environments_stack() {
    let rig = Rig::start().await;
    assert_snapshot!(rig.ops(&["held", "--stack", "no-such-stack"]).await, @"
    exit code 2
    stderr:
    error: --stack and --local name two deployments, and a command is about one

    Usage: ops [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    run(command().env("OPS_STACK", "no-such-stack").args(["held", &rig.local_option()])).await.ended_with(0);
}

#[tokio::test]
async fn a_stack_without_credentials_ends_soon_with_words_and_what_to_do() {
    let mut tool = command();
    tool.env("AWS_REGION", "eu-central-1").env("AWS_EC2_METADATA_DISABLED", "true");
    assert_snapshot!(run(tool.args(["held", "--stack", "prod"])).await, @"
    exit code 4
    stderr:
    error: no AWS credentials were found
    next: set AWS_PROFILE, log in with `aws sso login`, or name a local run with --local: it needs none
    ");
}

#[tokio::test]
async fn what_does_not_answer_is_told_without_the_sdks_own_words() {
    let mut tool = command();
    tool.env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "y")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    tool.args(["held", "--stack", "prod"]);
    assert_snapshot!(run(&mut tool).await, @"
    exit code 2
    stderr:
    error: no AWS region is named
    next: set AWS_REGION, or give the profile that AWS_PROFILE names a region
    ");
    // Port 1 has no listener.
    tool.env("AWS_REGION", "eu-central-1").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    assert_snapshot!(run(&mut tool).await, @"
    exit code 4
    stderr:
    error: AWS did not describe the stack: it can't be reached
    next: check the network, a proxy and AWS_REGION, then try again
    ");
}

#[tokio::test]
async fn what_names_no_deployment_or_one_that_is_not_there_is_told_with_what_would() {
    assert_snapshot!(ops(&["held"]).await, @"
    exit code 2
    stderr:
    error: no deployment is named
    next: name it with --stack NAME (or OPS_STACK), a local run with --local; without either, TABLE_NAME and the functions' other variables name its parts
    ");
    // The local run's settings would be at port 6, which has no listener.
    assert_snapshot!(ops(&["held", "--local=1"]).await, @"
    exit code 4
    stderr:
    error: no local run goes on at port 1
    next: start one with `cargo run -p local -- --keep`, or name its port: --local=PORT
    ");
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
        let text = ops(&[arguments, &["--help"]].concat()).await.ended_with(0);
        let explained = text.split("Usage:").next().unwrap();
        assert!(explained.lines().count() > 3, "{text}");
        assert!(arguments.len() > 1 || text.contains("\n  ops "), "{text}");
    }
}

#[tokio::test]
async fn a_template_that_a_provider_does_not_have_is_named() {
    let ran = ops(&["templates", "show", "--provider", "onemsg"]).await;
    assert!(ran.stderr.contains("order_status isn't shown: it isn't 1MSG's"), "{ran:?}");
}
