//! The command line itself.

use crate::support::{Rig, command};

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
