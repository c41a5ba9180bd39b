//! `ops completions`: what a shell needs to complete this tool's command lines.

use clap::Args;
use clap_complete::Shell;

use crate::Options;
use crate::exit::Exit;

/// Prints what a shell needs to complete this tool's command lines.
///
/// Where it belongs is the shell's choice: bash reads ~/.local/share/bash-completion/completions/ops.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops completions bash\n  ops completions zsh")]
pub struct Arguments {
    /// Which shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    clap_complete::generate(arguments.shell, &mut Options::interface(), "ops", &mut std::io::stdout());
    Exit::Fine
}
