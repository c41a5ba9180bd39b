//! How AWS is reached.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use shared::settings::Environment;

/// AWS answers within tens of milliseconds, but an operator's line may be slow.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// All the tries of one operation: a person waits.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// As the AWS CLI does it: variables, profiles, single sign-on, roles.
pub(super) async fn of_the_process() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .load()
        .await
}

/// With what a local run says, whatever the process's own variables and profiles are.
pub(super) fn of_local_run(environment: &Environment) -> SdkConfig {
    let value = |name| environment.get(name).unwrap_or_default().to_owned();
    let credentials =
        Credentials::new(value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), None, None, "local run");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(value("AWS_REGION")))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}
