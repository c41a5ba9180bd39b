//! The variables that Lambda itself sets, except `AWS_LAMBDA_INITIALIZATION_TYPE`, which would make a function warm
//! up during a regular start.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>.

use std::collections::BTreeMap;

use crate::aws::REGION;

/// The variables for a function with this name and memory.
/// [`ExecutionEnvironment::start`](super::ExecutionEnvironment::start) adds that of the single process.
pub fn lambda_variables(name: &str, memory_mb: u32) -> BTreeMap<String, String> {
    let memory = memory_mb.to_string();
    let log_group = format!("/aws/lambda/{name}");
    let variables = [
        ("_HANDLER", "bootstrap"),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef"),
        // Lambda's credentials include a token, which is signed and sent with each request.
        ("AWS_SESSION_TOKEN", "local"),
        ("LANG", "en_US.UTF-8"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
