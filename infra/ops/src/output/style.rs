//! Colours by meaning.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A good state.
pub fn good(text: impl Display) -> String {
    styled(AnsiColor::Green.on_default(), text)
}

/// A pending or unknown state.
pub fn pending(text: impl Display) -> String {
    styled(AnsiColor::Yellow.on_default(), text)
}

/// A bad state.
pub fn bad(text: impl Display) -> String {
    styled(AnsiColor::Red.on_default().bold(), text)
}

/// The most important part.
pub fn strong(text: impl Display) -> String {
    styled(Style::new().bold(), text)
}

/// A less important detail.
pub fn weak(text: impl Display) -> String {
    styled(Style::new().dimmed(), text)
}
