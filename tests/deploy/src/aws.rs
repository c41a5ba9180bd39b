//! The emulated account: the AWS CLI, the SAM CLI and `ops` as an operator uses them, and the SDK for frequent checks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use serde_json::Value;
use shared::aws::http_client;
use shared::tls::Tls;

use crate::command::{Program, Started};
use crate::emulator::{ACCOUNT, Emulator, REGION, SECRET_KEY};

/// The time limit of an AWS CLI call. A call takes a second, or several on a busy machine.
const CLI_LIMIT: Duration = Duration::from_secs(90);
/// The time limit of a SAM CLI call. A deployment takes ten seconds, or a minute on a busy machine.
const SAM_LIMIT: Duration = Duration::from_mins(5);
/// The time limit of the operator's tool, which serves the Studio for as long.
const OPS_LIMIT: Duration = Duration::from_mins(10);

/// Access to the emulated account.
#[derive(Debug, Clone)]
pub struct Aws {
    cli: Program,
    sam: Program,
    ops: Program,
    folder: PathBuf,
    url: String,
    http: SharedHttpClient,
}

impl Aws {
    /// Accesses this emulator with the programs in `cli` and `sam`, run in `folder`.
    pub fn new(emulator: &Emulator, cli: &Path, sam: &Path, folder: &Path) -> anyhow::Result<Self> {
        let environment = vec![
            ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", emulator.url()),
            ("SAM_CLI_TELEMETRY", "0".to_owned()),
        ];
        Ok(Self {
            cli: Program::new(cli.join("aws"), environment.clone(), CLI_LIMIT),
            sam: Program::new(sam.join("sam"), environment.clone(), SAM_LIMIT),
            ops: Program::new(std::env::current_exe()?.with_file_name("ops"), environment, OPS_LIMIT),
            folder: folder.to_owned(),
            url: emulator.url(),
            http: http_client(&Tls::with_system_roots()?)?,
        })
    }

    /// Runs `aws …` and returns its JSON output; null if there is none.
    pub async fn call(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        // The URL is repeated because the CLI's SQS commands ignore the variable.
        let options = ["--endpoint-url", &self.url, "--output", "json"];
        let text = self.cli.run(&self.folder, &[arguments, &options].concat()).await?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("aws {} printed no JSON", arguments.join(" ")))
    }

    /// Runs `sam …` and returns its output.
    pub async fn sam(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.sam.run(&self.folder, arguments).await
    }

    /// Runs `ops …`, built beside this program, and returns its output.
    pub async fn ops(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.ops.run(&self.folder, arguments).await
    }

    /// Starts `ops …`, which serves.
    pub async fn start_ops(&self, arguments: &[&str]) -> anyhow::Result<Started> {
        self.ops.start(&self.folder, arguments).await
    }

    /// Writes a file and returns its `file://…` argument, for values that are too long or too secret for a command line.
    pub fn file(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
        Ok(format!("file://{}", path.display()))
    }

    /// A DynamoDB client of the SDK.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(credentials())
            .http_client(self.http.clone())
            .endpoint_url(&self.url);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An SQS client of the SDK.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(REGION))
            .credentials_provider(credentials())
            .http_client(self.http.clone())
            .endpoint_url(&self.url);
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}

fn credentials() -> Credentials {
    Credentials::new(ACCOUNT, SECRET_KEY, None, None, "the emulated account")
}
