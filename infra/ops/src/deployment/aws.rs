//! The SDK's configuration for AWS or a local run.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_types::SdkConfig;
use shared::aws::http_client;
use shared::settings::Environment;
use shared::tls::Tls;

use crate::failure::Failure;

/// AWS answers within tens of milliseconds, but the operator's connection may be slow.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit for all tries of one operation, because the operator waits for it.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// From the same sources as the AWS CLI: variables, profiles, single sign-on, roles.
#[cfg(feature = "stack")]
pub(super) async fn from_process() -> Result<SdkConfig, Failure> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(client()?)
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .load()
        .await;
    Ok(config)
}

/// A build without stacks knows only local runs.
#[cfg(not(feature = "stack"))]
#[expect(clippy::unused_async, reason = "the other build reads files and asks AWS")]
pub(super) async fn from_process() -> Result<SdkConfig, Failure> {
    Err(Failure::usage("this program knows only its own local run").with_remedy("use `cargo run -p ops`"))
}

/// From the local run's variables alone, without the process's variables and profiles.
pub(super) fn from_local_run(environment: &Environment) -> Result<SdkConfig, Failure> {
    let value = |name| environment.get(name).unwrap_or_default().to_owned();
    let credentials =
        Credentials::new(value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), None, None, "local run");
    let config = SdkConfig::builder()
        .http_client(client()?)
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(value("AWS_REGION")))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build();
    Ok(config)
}

/// The functions' HTTP client, because the SDK's would add another one to the build.
fn client() -> Result<SharedHttpClient, Failure> {
    Tls::with_system_roots().and_then(|tls| http_client(&tls)).map_err(Failure::usage)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}
