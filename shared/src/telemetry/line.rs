//! Formats a log line as a flat JSON object.
//!
//! Lambda's JSON log format needs `timestamp` and `level`. The fields of the surrounding spans, outermost
//! first, are added to the line's own fields, so that one condition selects all lines of an invocation or a
//! record. Only this project's spans are included, because those of other crates may contain anything.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::is_ours;

pub(super) struct Line;

#[derive(Serialize)]
struct Object<'a> {
    timestamp: String,
    level: &'a str,
    message: Option<Value>,
    #[serde(flatten)]
    fields: Map<String, Value>,
    target: &'a str,
}

impl<S> FormatEvent<S, JsonFields> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Map::new();
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if !is_ours(span.metadata().target()) {
                continue;
            }
            if let Some(known) = span.extensions().get::<FormattedFields<JsonFields>>() {
                fields.extend(parsed(known)?);
            }
        }
        let mut own = String::new();
        context.field_format().format_fields(Writer::new(&mut own), event)?;
        fields.extend(parsed(&own)?);
        let line = Object {
            timestamp: Timestamp::now().to_string(),
            level: event.metadata().level().as_str(),
            message: fields.remove("message"),
            fields,
            target: event.metadata().target(),
        };
        writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?)
    }
}

/// A span without fields formats as an empty string.
fn parsed(fields: &str) -> Result<Map<String, Value>, fmt::Error> {
    if fields.is_empty() { Ok(Map::new()) } else { serde_json::from_str(fields).map_err(|_| fmt::Error) }
}
