//! `ops completions`: what a shell needs to complete this tool's command lines.

use clap::Args;
use clap_complete::Shell;

use crate::Options;
use crate::exit::Exit;

/// Prints the completions of a shell; `ops completions bash > /etc/bash_completion.d/ops`, for one.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    clap_complete::generate(arguments.shell, &mut Options::interface(), "ops", &mut std::io::stdout());
    Exit::Fine
}
