//! The one place that writes to the terminal.
//!
//! A report goes to standard output, whole; progress and errors go to standard error. Colours are stripped where
//! standard output is no terminal or `NO_COLOR` says so (<https://no-color.org>).

mod progress;
pub mod style;
mod table;

use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

pub use progress::Progress;
pub use table::{Table, fields, time};

/// Whether a report could not be written. A process has one standard output.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// For a program: one JSON value.
    Json,
}

/// What a command has to tell. Its JSON is its `Serialize`.
pub trait Report: Serialize {
    /// As a person reads it; may hold the escapes of [`style`].
    fn text(&self) -> String;
}

/// Where reports go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Reports in this format.
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Shows a command's report.
    pub fn show(self, report: &impl Report) {
        let text = match self.format {
            Format::Text => report.text(),
            // Reports are made of texts, numbers and lists, which always are JSON.
            Format::Json => serde_json::to_string_pretty(report).unwrap_or_default(),
        };
        let mut out = anstream::stdout();
        self.written(writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()));
    }

    /// Says so where what standard output was to hold could not be written, and remembers it. Whoever closed the pipe
    /// (`| head`) doesn't want to read on, and that is no error.
    pub fn written(self, written: io::Result<()>) {
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                IS_LOST.store(true, Ordering::Relaxed);
                self.remark(format_args!("The report can't be written to standard output: {error}."));
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether a report got lost.
    pub fn is_lost(self) -> bool {
        IS_LOST.load(Ordering::Relaxed)
    }

    /// Shows why the command ended.
    pub fn failed(self, failure: &Failure) {
        let mut errors = anstream::stderr();
        let _written = match self.format {
            Format::Text => {
                let label = style::bad("error:");
                let remedy = failure.remedy().map(|remedy| format!("\n{} {remedy}", style::strong("next:")));
                writeln!(errors, "{label} {}{}", failure.problem(), remedy.unwrap_or_default())
            }
            Format::Json => {
                let error = json!({ "error": failure.problem(), "next": failure.remedy() });
                writeln!(errors, "{error}")
            }
        };
    }

    /// Says something besides the report: a warning, what comes next. Not part of the JSON.
    pub fn remark(self, remark: impl std::fmt::Display) {
        let _written = writeln!(anstream::stderr(), "{remark}");
    }
}
