//! The AWS emulator: one local process, which also runs the deployed binaries.
//!
//! It is `ministack` (see `.ci/emulator-pins`), configured to enforce IAM policies. The functions inherit its
//! environment, which therefore also contains the URLs of the provider simulator.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::Instant;

use crate::command::{tail, terminate};

/// The example account of AWS's documentation. As an access key id it stands for the account's root user.
pub const ACCOUNT: &str = "111122223333";
/// The secret access key of the root user, for the emulator and the programs.
pub const SECRET_KEY: &str = "not-a-secret";
pub const REGION: &str = "eu-central-1";

/// The time limit for a start. The emulator starts within seconds, but a busy machine may need many times that.
const START_LIMIT: Duration = Duration::from_secs(90);
/// The time between two checks whether the emulator has started.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Seconds until `timeout` kills the emulator, in case the suite itself is killed.
const LIFETIME: &str = "1800";
/// The maximum number of starts: another program may take the port before the emulator does.
const STARTS: usize = 3;
/// The time limit for the end of the emulator and its functions.
const END_LIMIT: Duration = Duration::from_secs(10);
/// The maximum number of log lines in an error.
const SHOWN_LINES: usize = 60;

/// A running emulator. Dropping it ends the emulator and its functions.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    port: u16,
    log: PathBuf,
    /// The folder into which the emulator unpacks the functions.
    temporary: PathBuf,
}

impl Emulator {
    /// Starts `ministack` from a folder of programs, and waits until it answers. `settings` are added to its
    /// environment, and so to the functions' environment.
    pub async fn start(
        programs: &Path,
        folder: &Path,
        settings: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let mut last = None;
        for _ in 0..STARTS {
            let mut emulator = Self::spawn(programs, folder, settings)?;
            match emulator.wait().await {
                Ok(()) => return Ok(emulator),
                Err(error) => {
                    last = Some(error.context(format!("the emulator's log ends:\n{}", emulator.log_tail())));
                }
            }
        }
        Err(last.context("the emulator was never started")?)
    }

    fn spawn(programs: &Path, folder: &Path, settings: &[(String, String)]) -> anyhow::Result<Self> {
        let port = free_port()?;
        let log = folder.join("emulator.log");
        let temporary = folder.join("tmp");
        std::fs::create_dir_all(&temporary).context("the emulator's folder can't be created")?;
        let file = File::create(&log).context("the emulator's log can't be written")?;
        let url = format!("http://127.0.0.1:{port}");
        // `timeout` puts the emulator and its functions into one process group, and passes signals on to the group.
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", LIFETIME]).arg(programs.join("ministack"));
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("HOME", folder)
            .env("TMPDIR", &temporary)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("LAMBDA_EXECUTOR", "local")
            .env("IOT_MTLS_ENABLED", "0")
            .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
            .env("MINISTACK_REGION", REGION)
            .env("AUTH", "true")
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            // The endpoint that the functions use.
            .env("AWS_ENDPOINT_URL", &url)
            .envs(settings.iter().map(|(name, value)| (name, value)));
        let process = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("the emulator's log can't be opened")?)
            .stderr(file)
            .current_dir(folder)
            .spawn()
            .context("the emulator can't be started")?;
        Ok(Self { process, port, log, temporary })
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(5))
            .build()?;
        let url = format!("{}/_ministack/ready", self.url());
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait()? {
                bail!("the emulator ended with {status}");
            }
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        bail!("the emulator did not answer within {START_LIMIT:?}")
    }

    /// The endpoint of every service.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The URL of an HTTP API. Its own host name, `<api>.execute-api.localhost`, doesn't resolve on every machine.
    pub fn api_url(&self, api: &str) -> String {
        format!("{}/_aws/execute-api/{api}/$default", self.url())
    }

    /// The end of the emulator's log, which includes the functions' lines.
    pub fn log_tail(&self) -> String {
        tail(&std::fs::read_to_string(&self.log).unwrap_or_default(), SHOWN_LINES)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        terminate(self.process.id());
        let deadline = std::time::Instant::now() + END_LIMIT;
        while std::time::Instant::now() < deadline && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _removed = std::fs::remove_dir_all(&self.temporary);
    }
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("there is no free port")?;
    Ok(listener.local_addr()?.port())
}
