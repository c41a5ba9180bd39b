//! Formats a log line as a flat JSON object.
//!
//! Lambda's JSON log format needs `timestamp` and `level`. The fields of the surrounding spans are added to
//! the line's own fields, so that one condition selects all lines of an invocation or a record. Only this
//! project's spans are included, because those of other crates may contain anything.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::is_ours;

/// More than most lines have.
const USUAL_BYTES: usize = 512;

pub(super) struct Line;

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
        let mut of_spans: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if !is_ours(span.metadata().target()) {
                continue;
            }
            if let Some(known) = span.extensions().get::<FormattedFields<JsonFields>>() {
                of_spans.append(&mut parsed(known)?);
            }
        }
        let mut line = Object::default();
        line.add("timestamp", &Timestamp::now());
        line.add("level", event.metadata().level().as_str());
        event.record(&mut line);
        for (name, value) in &of_spans {
            if !line.own.contains(&name.as_str()) {
                line.add(name, value);
            }
        }
        line.add("target", event.metadata().target());
        writeln!(writer, "{}", line.end()?)
    }
}

/// A span without fields formats as an empty string.
fn parsed(fields: &str) -> Result<BTreeMap<String, Box<RawValue>>, fmt::Error> {
    if fields.is_empty() { Ok(BTreeMap::new()) } else { serde_json::from_str(fields).map_err(|_| fmt::Error) }
}

/// A JSON object, written member by member.
struct Object {
    json: Vec<u8>,
    /// The names of the event's own fields that have a value.
    own: Vec<&'static str>,
    is_sound: bool,
}

impl Default for Object {
    fn default() -> Self {
        Self { json: Vec::with_capacity(USUAL_BYTES), own: Vec::new(), is_sound: true }
    }
}

impl Object {
    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.json.push(if self.json.is_empty() { b'{' } else { b',' });
        self.write(name);
        self.json.push(b':');
        self.write(value);
    }

    fn write(&mut self, value: &(impl Serialize + ?Sized)) {
        self.is_sound &= serde_json::to_writer(&mut self.json, value).is_ok();
    }

    fn own(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        self.own.push(field.name());
        self.add(field.name(), value);
    }

    fn end(mut self) -> Result<String, fmt::Error> {
        self.json.push(b'}');
        if self.is_sound { String::from_utf8(self.json).map_err(|_| fmt::Error) } else { Err(fmt::Error) }
    }
}

impl Visit for Object {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.own(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.own(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.own(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.own(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.own(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.own(field, &format_args!("{value:?}"));
    }
}
