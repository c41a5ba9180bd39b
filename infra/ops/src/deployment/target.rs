//! The options that select a deployment.

use clap::Args;

/// The default first port of a local run.
const LOCAL_PORT: &str = "4600";

/// Without these options, the environment has the functions' own variables. `--local` wins over `OPS_STACK`.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Target {
    /// The deployment's CloudFormation stack.
    #[arg(long, global = true, env = "OPS_STACK", value_name = "NAME", help_heading = "Deployment")]
    pub stack: Option<String>,

    /// The local run (`cargo run -p local -- --keep`) at this port; 4600 if no port is given.
    #[arg(
        long,
        global = true,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LOCAL_PORT,
        value_parser = clap::value_parser!(u16).range(1..=65528),
        help_heading = "Deployment"
    )]
    pub local: Option<u16>,
}
