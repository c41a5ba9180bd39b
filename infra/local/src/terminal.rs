//! All output to the terminal.

use std::io::{IsTerminal as _, Write as _};

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// On a terminal.
    On,
    /// In a file, a pipe or a response, or if `NO_COLOR` is set (<https://no-color.org>).
    Off,
}

impl Colours {
    /// The setting for standard output.
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !unwanted { Self::On } else { Self::Off }
    }
}

/// The destination of a line.
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
        // If the reader has closed the pipe (`| head`), the rest of the output is not wanted.
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

/// A progress line on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusLine {
    /// On a terminal each line replaces the previous one.
    Changing,
    /// Elsewhere each update is a separate line.
    Repeated,
}

impl StatusLine {
    /// The kind that suits standard error.
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Changing } else { Self::Repeated }
    }

    /// Shows the line.
    pub fn show(self, line: impl std::fmt::Display) {
        let mut errors = std::io::stderr();
        let _written = match self {
            // To the start of the line, and clear it.
            Self::Changing => write!(errors, "\r\x1b[K{line}").and_then(|()| errors.flush()),
            Self::Repeated => writeln!(errors, "{line}"),
        };
    }

    /// Clears the line for further output.
    pub fn end(self) {
        if self == Self::Changing {
            let _written = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
