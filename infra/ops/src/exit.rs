//! How a command ended, for scripts.

use std::process::ExitCode;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing is wrong.
    Fine,
    /// Done, and something needs attention: a finding of `doctor`, an event that is invalid, a change that is planned.
    Attention,
    /// The command line, a setting or a file is wrong. Nothing was done.
    Usage,
    /// What the command is about isn't there.
    NotFound,
    /// AWS or a provider refused, or couldn't be reached; or standard output couldn't be written.
    Unavailable,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 5] = [Self::Fine, Self::Attention, Self::Usage, Self::NotFound, Self::Unavailable];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Attention => 1,
            // clap's own code for a command line that it can't read.
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Unavailable => 4,
        }
    }

    /// What it means, in the help.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "done, and nothing is wrong",
            Self::Attention => "done, and something needs attention",
            Self::Usage => "the command line, a setting or a file is wrong; nothing was done",
            Self::NotFound => "what the command is about isn't there",
            Self::Unavailable => {
                "AWS or a provider refused, or couldn't be reached; or the report couldn't be written"
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
