//! The options that name a deployment.

use clap::Args;

/// The first port of a local run that goes on.
const LOCAL_PORT: &str = "4600";

/// Which deployment a command is about. Without any of these the environment names it, with the functions' own variables.
/// A local run that is named on the command line wins over a stack that the environment names.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Target {
    /// The CloudFormation stack; its outputs and parameters name everything.
    #[arg(long, global = true, env = "OPS_STACK", value_name = "NAME", help_heading = "Deployment")]
    pub stack: Option<String>,

    /// The local run of `cargo run -p local -- --keep` that goes on at this port; --local alone: at 4600.
    #[arg(
        long,
        global = true,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LOCAL_PORT,
        value_parser = clap::value_parser!(u16).range(1..=65529),
        help_heading = "Deployment"
    )]
    pub local: Option<u16>,
}
