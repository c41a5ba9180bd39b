//! The one place that writes to the terminal.

use std::io::{IsTerminal as _, Write as _};

/// Whether colours are welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// On a terminal.
    On,
    /// In a file, a pipe, a response; or where `NO_COLOR` says so (<https://no-color.org>).
    Off,
}

impl Colours {
    /// For standard output.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !unwanted { Self::On } else { Self::Off }
    }
}

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

impl Stream {
    /// Writes a line.
    pub fn say(self, line: impl std::fmt::Display) {
        // Whoever closed the pipe (`| head`) doesn't want to read on.
        let _written = match self {
            Self::Output => writeln!(std::io::stdout(), "{line}"),
            Self::Errors => writeln!(std::io::stderr(), "{line}"),
        };
    }
}

/// Writes a line to standard output.
pub fn say(line: impl std::fmt::Display) {
    Stream::Output.say(line);
}

/// A line on standard error that tells how far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusLine {
    /// On a terminal each line takes the place of the one before.
    Changing,
    /// Elsewhere each is a line of its own.
    Repeated,
}

impl StatusLine {
    /// What standard error is.
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Changing } else { Self::Repeated }
    }

    /// Shows it.
    pub fn show(self, line: impl std::fmt::Display) {
        let mut errors = std::io::stderr();
        let _written = match self {
            // To the start of the line, and clear it.
            Self::Changing => write!(errors, "\r\x1b[K{line}").and_then(|()| errors.flush()),
            Self::Repeated => writeln!(errors, "{line}"),
        };
    }

    /// Makes room for what follows.
    pub fn end(self) {
        if self == Self::Changing {
            let _written = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
