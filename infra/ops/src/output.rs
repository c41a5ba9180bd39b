//! All output to the terminal.
//!
//! A report goes to standard output, complete; progress and errors go to standard error. Colours are stripped if
//! standard output is no terminal, or if `NO_COLOR` is set (<https://no-color.org>).

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

/// The format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text for a person.
    Text,
    /// One JSON value for a program.
    Json,
}

/// The result of a command. Its JSON is its `Serialize`.
pub trait Report: Serialize {
    /// The text for a person; may contain the escapes of [`style`].
    fn text(&self) -> String;
}

/// Writes reports in one format.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Writes reports in this format.
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Shows a command's report.
    pub fn show(self, report: &impl Report) {
        let text = match self.format {
            Format::Text => report.text(),
            // Reports consist of texts, numbers and lists, whose serialisation can't fail.
            Format::Json => serde_json::to_string_pretty(report).unwrap_or_default(),
        };
        let mut out = anstream::stdout();
        self.written(writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()));
    }

    /// Reports and remembers that standard output could not be written. A closed pipe (`| head`) is no error, because
    /// its reader doesn't want the rest.
    pub fn written(self, written: io::Result<()>) {
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                IS_LOST.store(true, Ordering::Relaxed);
                self.remark(format_args!("The report can't be written to standard output: {error}."));
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether a report could not be written.
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

    /// Prints a remark besides the report, such as a warning or the next step. It is not part of the JSON.
    pub fn remark(self, remark: impl std::fmt::Display) {
        let _written = writeln!(anstream::stderr(), "{remark}");
    }
}
