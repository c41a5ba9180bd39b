//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Deploys the output of `sam build` into an AWS emulator with the real SAM CLI, and publishes every sample event.
///
/// `.ci/deploy-test` installs the programs and runs this.
#[derive(Debug, Parser)]
#[command(name = "deploy-test")]
pub struct Options {
    /// The folder with the programs `ministack` and `aws`.
    #[arg(long, value_name = "FOLDER")]
    pub emulator: PathBuf,

    /// The folder with the program `sam`.
    #[arg(long, value_name = "FOLDER")]
    pub sam: PathBuf,

    /// The output folder of `sam build` for this machine's processor.
    #[arg(long, value_name = "FOLDER", default_value = ".aws-sam/build")]
    pub built: PathBuf,

    /// The folder for the emulator's log and for the programs' input files.
    #[arg(long, value_name = "FOLDER", default_value = "target/deploy-test")]
    pub folder: PathBuf,
}
