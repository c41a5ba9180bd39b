//! All output to the terminal.
//!
//! A report goes to standard output, complete; progress and errors go to standard error. Colours are stripped if
//! standard output is not a terminal, or if `NO_COLOR` is set (<https://no-color.org>).

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
    Text,
    /// One JSON value.
    Json,
}

/// The result of a command. `Serialize` is its JSON.
pub trait Report: Serialize {
    /// May contain the escapes of [`style`].
    fn text(&self) -> String;
}

/// Writes reports in one format.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes a report to standard output.
    pub fn show(self, report: &impl Report) {
        let text = match self.format {
            Format::Text => report.text(),
            // Reports consist of texts, numbers and lists, whose serialisation can't fail.
            Format::Json => serde_json::to_string_pretty(report).unwrap_or_default(),
        };
        let mut out = anstream::stdout();
        self.check_written(writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()));
    }

    /// Reports and remembers a failed write to standard output. A closed pipe (`| head`) is not an error, because its
    /// reader doesn't want the rest.
    pub fn check_written(self, result: io::Result<()>) {
        match result {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                IS_LOST.store(true, Ordering::Relaxed);
                self.remark(format_args!("The report can't be written to standard output: {error}."));
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether a report could not be written.
    #[expect(clippy::unused_self, reason = "only who has an output may ask for it")]
    pub fn is_lost(self) -> bool {
        IS_LOST.load(Ordering::Relaxed)
    }

    /// Writes the error to standard error.
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

    /// Writes a remark to standard error, such as a warning. It is not part of the JSON.
    #[expect(clippy::unused_self, reason = "only who has an output may write")]
    pub fn remark(self, remark: impl std::fmt::Display) {
        let _written = writeln!(anstream::stderr(), "{remark}");
    }
}
