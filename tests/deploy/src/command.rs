//! Runs the operator's programs with a time limit and without access to any real account.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Variables that would make an AWS program use a real account or another endpoint than the emulator.
const REMOVED_VARIABLES: [&str; 6] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];
/// The exit code of `timeout` after it killed the program.
const TIMED_OUT: i32 = 124;
/// The maximum number of output lines in an error.
const SHOWN_LINES: usize = 40;

/// A program whose environment gives access to the emulator alone.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    environment: Vec<(&'static str, String)>,
    limit: Duration,
}

impl Program {
    /// `run` kills the program when it takes longer than `limit`.
    pub fn new(path: PathBuf, environment: Vec<(&'static str, String)>, limit: Duration) -> Self {
        Self { path, environment, limit }
    }

    /// Runs the program in a folder and returns its standard output. A failure is an error with the end of its output.
    pub async fn run(&self, folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
        let seconds = self.limit.as_secs();
        // In the foreground, so that Ctrl-C reaches the program too.
        let mut command = Command::new("timeout");
        command.args(["--foreground", "--kill-after=5", &seconds.to_string()]);
        command.arg(&self.path).args(arguments).current_dir(folder).stdin(Stdio::null());
        for name in REMOVED_VARIABLES {
            command.env_remove(name);
        }
        // Non-existent files, so that the user's own profiles and settings have no effect.
        command
            .env("AWS_CONFIG_FILE", "/nowhere/config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)));

        let what = format!("{} {}", self.path.display(), arguments.join(" "));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().with_context(|| format!("{what} can't be started"))?;
        let running = Running(Some(child.id()));
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await?;
        running.disarm();
        let output = output.with_context(|| format!("{what} can't be read"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code() == Some(TIMED_OUT) {
            bail!("{what} took longer than {seconds} s and was killed");
        }
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let (text, errors) = (tail(&text, SHOWN_LINES), tail(&errors, SHOWN_LINES));
            bail!("{what} ended with {}\n{text}\n{errors}", output.status);
        }
        Ok(text)
    }
}

/// Terminates the program when the future that waits for it is dropped.
struct Running(Option<u32>);

impl Running {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(process) = self.0 {
            terminate(process);
        }
    }
}

/// Sends SIGTERM; `timeout`, which runs every program here, passes it on.
pub fn terminate(process: u32) {
    let _sent = Command::new("kill").args(["-s", "TERM", &process.to_string()]).status();
}

/// Returns at most the last `lines` lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(limit: Duration) -> Program {
        Program::new("/bin/sh".into(), vec![("GIVEN", "given".to_owned())], limit)
    }

    #[tokio::test]
    async fn run_returns_the_output_and_an_error_shows_its_end() {
        let shell = shell(Duration::from_mins(1));
        let folder = std::env::temp_dir();
        assert_eq!(shell.run(&folder, &["-c", "echo $GIVEN"]).await.unwrap(), "given\n");
        let error = shell.run(&folder, &["-c", "echo because >&2; exit 3"]).await.unwrap_err().to_string();
        assert!(error.contains("because"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_takes_too_long_is_killed() {
        let error = shell(Duration::from_secs(1)).run(&std::env::temp_dir(), &["-c", "exec sleep 60"]).await;
        assert!(error.unwrap_err().to_string().contains("was killed"));
    }
}
