//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Deploys what `sam build` built into an AWS emulator with the real SAM CLI, and lets every sample event run through it.
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

    /// What `sam build` wrote for this machine's processor.
    #[arg(long, value_name = "FOLDER", default_value = ".aws-sam/build")]
    pub built: PathBuf,

    /// Where the emulator's log and what the programs read are written.
    #[arg(long, value_name = "FOLDER", default_value = "target/deploy-test")]
    pub folder: PathBuf,
}
