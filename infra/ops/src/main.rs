//! The operator's tool.

use std::process::ExitCode;

use ops::Options;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::from_process();
    ops::run(options).await.into()
}
