//! `ops completions`: prints a shell's completion script.

use std::io::Write as _;

use clap::Args;
use clap_complete::Shell;

use crate::exit::Exit;
use crate::output::Output;

/// Prints a shell's completion script.
///
/// For bash, save it as ~/.local/share/bash-completion/completions/ops.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ops completions bash\n  ops completions zsh")]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut command_line: clap::Command, output: Output) -> Exit {
    // clap_complete panics if it can't write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command_line, "ops", &mut script);
    let mut out = std::io::stdout();
    output.check_written(out.write_all(&script).and_then(|()| out.flush()));
    Exit::Fine
}
