//! The command line itself.

use std::fs::File;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Ran, Rig, command, ops, run};

#[tokio::test]
async fn completions_need_no_deployment() {
    let script = ops(&["completions", "bash"]).await.ended_with(0);
    assert!(script.contains("complete -F _ops"), "{script}");
}

#[tokio::test]
async fn an_unknown_command_is_a_usage_error() {
    assert_snapshot!(ops(&["no-such-command"]).await, @"
    exit code 2
    stderr:
    error: unrecognized subcommand 'no-such-command'

    Usage: ops [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[tokio::test]
async fn local_conflicts_with_stack_and_overrides_ops_stack() {
    let rig = Rig::start().await;
    assert_snapshot!(rig.ops(&["held", "--stack", "no-such-stack"]).await, @"
    exit code 2
    stderr:
    error: --stack and --local can't be used together

    Usage: ops [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    run(command().env("OPS_STACK", "no-such-stack").args(["held", &rig.local_option()])).await.ended_with(0);
}

#[tokio::test]
async fn missing_credentials_are_reported_with_a_remedy() {
    let mut tool = command();
    tool.env("AWS_REGION", "eu-central-1").env("AWS_EC2_METADATA_DISABLED", "true");
    assert_snapshot!(run(tool.args(["held", "--stack", "prod"])).await, @"
    exit code 4
    stderr:
    error: no AWS credentials were found
    next: set AWS_PROFILE, log in with `aws sso login`, or use a local run (--local), which needs no credentials
    ");
}

#[tokio::test]
async fn sdk_errors_are_explained_without_their_own_texts() {
    let mut tool = command();
    tool.env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "y")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    tool.args(["held", "--stack", "prod"]);
    assert_snapshot!(run(&mut tool).await, @"
    exit code 2
    stderr:
    error: no AWS region is set
    next: set AWS_REGION, or set a region in the profile AWS_PROFILE
    ");
    // Port 1 has no listener.
    tool.env("AWS_REGION", "eu-central-1").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    assert_snapshot!(run(&mut tool).await, @"
    exit code 4
    stderr:
    error: AWS did not describe the stack: AWS can't be reached
    next: check the network, a proxy and AWS_REGION, then try again
    ");
}

#[tokio::test]
async fn a_missing_deployment_is_reported_with_a_remedy() {
    assert_snapshot!(ops(&["held"]).await, @"
    exit code 2
    stderr:
    error: no deployment is named
    next: name it with --stack NAME (or OPS_STACK), or --local for a local run; or set TABLE_NAME and the functions' other variables
    ");
    // The local run's settings would be at port 6, which has no listener.
    assert_snapshot!(ops(&["held", "--local=1"]).await, @"
    exit code 4
    stderr:
    error: no local run is running at port 1
    next: start one with `cargo run -p local -- --keep`, or name its port: --local=PORT
    ");
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_a_failure() {
    for arguments in [["templates", "show"], ["completions", "bash"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let running = command().args(arguments).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ran = Ran::from_output(running.wait_with_output().await.unwrap());
        assert!(ran.code == 4 && ran.stderr.contains("can't be written"), "{ran:?}");
    }
}

#[tokio::test]
async fn commands_with_subcommands_have_a_description_and_an_example() {
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
