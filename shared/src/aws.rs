//! AWS clients, configured from the standard environment variables that Lambda sets.
//!
//! `aws-config` is not used: in Lambda, region and credentials are always in the environment, and its
//! provider chain would only make the start slower. The SDK has no timeouts by default, and a first back-off
//! of one second; both are replaced here.

mod http;

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::Identity;
use url::Url;

use crate::environment::Environment;
use crate::fault::Fault;
use crate::tls::{Tls, TlsError};

pub use self::http::http_client;

/// The timeout of one attempt. AWS services reply within tens of milliseconds, so a slower request will not be
/// answered.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// The timeout of an operation with all its attempts, so that a settlement still fits into the time left
/// after a send.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);
/// The first back-off between attempts.
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);
/// The most attempts per operation.
const MAX_ATTEMPTS: u32 = 4;

/// Region, credentials and endpoints. `Debug` hides the credentials, as the SDK's own type does.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    region: Region,
    credentials: Option<Credentials>,
    dynamodb_endpoint: Option<Url>,
    secrets_manager_endpoint: Option<Url>,
    sqs_endpoint: Option<Url>,
    event_bridge_endpoint: Option<Url>,
}

impl AwsSettings {
    pub(crate) fn read(environment: &Environment, faults: &mut Vec<Fault>) -> Self {
        let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
        if region.is_none() {
            faults.push(Fault::new(
                "AWS_REGION",
                "is not set: it takes the region of the table and the secrets",
            ));
        }
        let credentials =
            match (environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")) {
                (Some(id), Some(key)) => {
                    let token = environment.get("AWS_SESSION_TOKEN").map(str::to_owned);
                    Some(Credentials::new(id, key, token, None, "environment"))
                }
                _ => None,
            };
        let mut endpoint = |name: &str| -> Option<Url> {
            let value = environment.get(name)?;
            let url = Url::parse(value)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if url.is_none() {
                faults.push(Fault::new(name, "is no URL such as \"http://127.0.0.1:8000\""));
            }
            url
        };
        let everywhere = endpoint("AWS_ENDPOINT_URL");
        Self {
            region: Region::new(region.unwrap_or_default().to_owned()),
            credentials,
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| everywhere.clone()),
            secrets_manager_endpoint: endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER")
                .or_else(|| everywhere.clone()),
            sqs_endpoint: endpoint("AWS_ENDPOINT_URL_SQS").or_else(|| everywhere.clone()),
            event_bridge_endpoint: endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE").or(everywhere),
        }
    }

    /// The region; empty if the environment names none.
    pub(crate) fn region(&self) -> &str {
        self.region.as_ref()
    }

    /// The credentials of the environment, for requests that the SDK does not send.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.credentials.clone().map(Identity::from)
    }

    /// Adds the HTTP client that all services share.
    pub fn with_tls(self, tls: &Tls) -> Result<Aws, TlsError> {
        Ok(Aws { settings: self, http: http_client(tls)? })
    }
}

/// AWS services with shared connections.
#[derive(Debug, Clone)]
pub struct Aws {
    settings: AwsSettings,
    http: SharedHttpClient,
}

/// Builds a client for one service. Each SDK crate has its own configuration type; all get the same values.
macro_rules! client {
    ($sdk:ident, $aws:expr, $endpoint:ident) => {{
        let settings = &$aws.settings;
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(settings.region.clone())
            .http_client($aws.http.clone())
            .retry_config(retries())
            .timeout_config(timeouts())
            // Its limit for a stalled body is twenty seconds; an attempt has only two.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_credentials_provider(settings.credentials.clone().map(SharedCredentialsProvider::new));
        config.set_endpoint_url(settings.$endpoint.as_ref().map(Url::to_string));
        $sdk::Client::from_conf(config.build())
    }};
}

impl Aws {
    /// At `AWS_ENDPOINT_URL_DYNAMODB` or `AWS_ENDPOINT_URL`, if set.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(aws_sdk_dynamodb, self, dynamodb_endpoint)
    }

    /// At `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL`, if set.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        client!(aws_sdk_secretsmanager, self, secrets_manager_endpoint)
    }

    /// At `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`, if set.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, self, sqs_endpoint)
    }

    /// At `AWS_ENDPOINT_URL_EVENTBRIDGE` or `AWS_ENDPOINT_URL`, if set.
    pub fn event_bridge(&self) -> aws_sdk_eventbridge::Client {
        client!(aws_sdk_eventbridge, self, event_bridge_endpoint)
    }
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        // The other mode marks a connection after a 5xx; only the SDK's own HTTP client supports that, and
        // others log an error.
        .with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}
