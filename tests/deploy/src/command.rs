//! Runs the operator's programs with a time limit and without access to any real account.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
        let (child, what) = self.spawn(folder, arguments)?;
        let seconds = self.limit.as_secs();
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

    /// Starts a program that serves until it is dropped, and waits for its first line.
    pub async fn start(&self, folder: &Path, arguments: &[&str]) -> anyhow::Result<Started> {
        let (mut child, what) = self.spawn(folder, arguments)?;
        let running = Running(Some(child.id()));
        let first_line = tokio::task::spawn_blocking(move || {
            let mut first_line = String::new();
            let read = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut first_line));
            match read {
                Some(Ok(length)) if length > 0 => Ok(first_line),
                _ => Err(child.wait_with_output()),
            }
        });
        let first_line = first_line.await?.map_err(|ended| {
            let errors = ended.map(|ended| String::from_utf8_lossy(&ended.stderr).into_owned());
            anyhow::anyhow!("{what} ended: {}", errors.unwrap_or_default())
        })?;
        Ok(Started { first_line, _running: running })
    }

    /// Starts the program; returns it with the words for it in errors.
    fn spawn(&self, folder: &Path, arguments: &[&str]) -> anyhow::Result<(Child, String)> {
        // In the foreground, so that Ctrl-C reaches the program too.
        let mut command = Command::new("timeout");
        command.args(["--foreground", "--kill-after=5", &self.limit.as_secs().to_string()]);
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
        Ok((child, what))
    }
}

/// A program that serves. Dropping it ends it.
pub struct Started {
    first_line: String,
    _running: Running,
}

impl Started {
    /// The first line of its standard output.
    pub fn first_line(&self) -> &str {
        &self.first_line
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
