//! The benchmark: see `docs/performance.md`.

use std::process::ExitCode;

use bench::Options;

#[tokio::main]
async fn main() -> ExitCode {
    match bench::run(Options::from_arguments()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
