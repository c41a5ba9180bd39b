//! Colours by meaning.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// As it should be.
pub fn good(text: impl Display) -> String {
    styled(AnsiColor::Green.on_default(), text)
}

/// Not yet, or not known.
pub fn pending(text: impl Display) -> String {
    styled(AnsiColor::Yellow.on_default(), text)
}

/// Not as it should be.
pub fn bad(text: impl Display) -> String {
    styled(AnsiColor::Red.on_default().bold(), text)
}

/// What to look at first.
pub fn strong(text: impl Display) -> String {
    styled(Style::new().bold(), text)
}

/// What is only there to be complete.
pub fn weak(text: impl Display) -> String {
    styled(Style::new().dimmed(), text)
}
