//! Writes metrics to standard output in CloudWatch's embedded metric format, from which CloudWatch Logs
//! extracts them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A line has been written when [`Metrics::write`] returns, so nothing is left to flush when an invocation
//! ends. Each line has its own time and level: Lambda's JSON log format treats a line without a valid
//! `timestamp` as `INFO`, and filters by `level`
//! (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>). `RUST_LOG` does
//! not affect metrics.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use metrique_writer_core::config::EntryDimensions;
use metrique_writer_core::format::Format as _;
use metrique_writer_core::unit::NegativeScale;
use metrique_writer_core::{Entry, EntryWriter, MetricFlags, Observation, Unit, Value, ValueWriter};
use metrique_writer_format_emf::Emf;

use super::metric::{self, Definition, Dimension, Metric};

/// The CloudWatch namespace of the metrics; `OrderNotifications` by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

/// The text is not a valid namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no namespace: 1 to 255 of the characters A-Z a-z 0-9 . - _ / # : and not AWS/… (or \"none\")")]
pub struct InvalidNamespace;

/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>,
/// `Namespace`.
const MAX_NAMESPACE: usize = 255;

impl Default for Namespace {
    fn default() -> Self {
        Self("OrderNotifications".to_owned())
    }
}

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, InvalidNamespace> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#:".contains(c);
        let is_one = (1..=MAX_NAMESPACE).contains(&text.len())
            && text.chars().all(allowed)
            && !text.starts_with([':', '/'])
            && !text.starts_with("AWS/");
        if is_one { Ok(Self(text.to_owned())) } else { Err(InvalidNamespace) }
    }
}

/// The destination of a function's metrics. Clones share it.
#[derive(Clone)]
pub struct Metrics(Option<Arc<Mutex<Sink>>>);

struct Sink {
    format: Emf,
    writer: Box<dyn Write + Send>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("on", &self.0.is_some()).finish()
    }
}

impl Metrics {
    /// Writes to standard output, or discards the metrics if there is no namespace.
    pub fn to_stdout(namespace: Option<Namespace>) -> Self {
        namespace.map_or(Self(None), |namespace| Self::to(namespace, std::io::stdout()))
    }

    /// Writes to another writer, each line in one call.
    pub fn to(namespace: Namespace, writer: impl Write + Send + 'static) -> Self {
        let format = Emf::builder(namespace.0, vec![vec![]]).build();
        Self(Some(Arc::new(Mutex::new(Sink { format, writer: Box::new(writer) }))))
    }

    /// Writes these metrics. Equal counts are added up into one line. Each measurement gets a line of its
    /// own, because the specification allows only numbers and arrays of numbers, and the `metrique` crate
    /// writes neither for several observations.
    pub fn write(&self, metrics: impl IntoIterator<Item = Metric>) {
        let Some(sink) = &self.0 else { return };
        let mut counts: BTreeMap<(&'static Definition, Vec<Dimension>), u64> = BTreeMap::new();
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        for metric in metrics {
            let (definition, dimensions) = (metric.definition(), metric.dimensions());
            match metric.measured() {
                None => *counts.entry((definition, dimensions)).or_default() += 1,
                Some(value) => sink.line(&Line::new(definition, dimensions, value)),
            }
        }
        for ((definition, dimensions), value) in counts {
            sink.line(&Line::new(definition, dimensions, value));
        }
    }
}

impl Sink {
    fn line(&mut self, line: &Line) {
        let mut bytes = Vec::new();
        if let Err(error) = self.format.format(line, &mut bytes) {
            tracing::error!(%error, metric = line.definition.name, "a metric could not be written");
            return;
        }
        // A write error means that standard output was closed, so it is ignored.
        let _written = self.writer.write_all(&bytes).and_then(|()| self.writer.flush());
    }
}

/// One document of the embedded metric format.
struct Line {
    definition: &'static Definition,
    dimensions: Vec<Dimension>,
    sets: EntryDimensions,
    value: u64,
    now: Timestamp,
}

impl Line {
    fn new(definition: &'static Definition, dimensions: Vec<Dimension>, value: u64) -> Self {
        let has = |name: &&str| dimensions.iter().any(|(known, _)| known == name);
        // CloudWatch rejects a document if a set names a dimension without a value.
        let sets = definition.sets.iter().filter(|set| set.iter().all(has));
        let sets = sets.map(|set| set.iter().copied().map(Cow::Borrowed).collect()).collect();
        Self { definition, dimensions, sets: EntryDimensions::new(sets), value, now: Timestamp::now() }
    }
}

impl Entry for Line {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        if let Ok(now) = SystemTime::try_from(self.now) {
            writer.timestamp(now);
        }
        writer.value("timestamp", &self.now.to_string());
        writer.value("level", "INFO");
        writer.config(&self.sets);
        for (name, value) in &self.dimensions {
            writer.value(*name, value.as_ref());
        }
        writer.value(self.definition.name, &Observed { value: self.value, unit: self.definition.unit });
    }
}

struct Observed {
    value: u64,
    unit: metric::Unit,
}

impl Value for Observed {
    fn write(&self, writer: impl ValueWriter) {
        let unit = match self.unit {
            metric::Unit::Count => Unit::Count,
            metric::Unit::Milliseconds => Unit::Second(NegativeScale::Milli),
        };
        writer.metric([Observation::Unsigned(self.value)], unit, [], MetricFlags::empty());
    }
}
