//! The exit codes.

use std::process::ExitCode;

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success without findings.
    Fine,
    /// Success with something that needs attention: a finding of `doctor`, an invalid event, a planned change.
    Attention,
    /// The command line, a setting or a file is wrong. The command did nothing.
    Usage,
    /// The subject of the command doesn't exist.
    NotFound,
    /// AWS or a provider refused or couldn't be reached, or standard output couldn't be written.
    Unavailable,
}

impl Exit {
    /// All exit codes, in numeric order.
    pub const ALL: [Self; 5] = [Self::Fine, Self::Attention, Self::Usage, Self::NotFound, Self::Unavailable];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Attention => 1,
            // clap's own code for a usage error.
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Unavailable => 4,
        }
    }

    /// The code's meaning, for the help.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "success",
            Self::Attention => "success, but something needs attention",
            Self::Usage => "the command line, a setting or a file is wrong; nothing was done",
            Self::NotFound => "the order, message, event or other subject of the command doesn't exist",
            Self::Unavailable => {
                "AWS or a provider refused or couldn't be reached, or the report couldn't be written"
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
