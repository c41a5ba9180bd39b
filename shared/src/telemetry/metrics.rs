//! Metrics on standard output, in CloudWatch's embedded metric format: CloudWatch Logs makes metrics of the lines.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A line is on its way when [`Metrics::write`] returns, so that nothing is left to flush when an invocation is answered.
//! What it holds besides its dimensions are its own time and level: Lambda's JSON log format takes a line without a
//! valid `timestamp` for INFO, and filters by `level`
//! (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>). `RUST_LOG` has no say.

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

/// The namespace that the metrics have in CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

/// It is no namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no namespace: 1 to 255 of the characters A-Z a-z 0-9 . - _ / # : and not AWS/… (or \"none\")")]
pub struct InvalidNamespace;

/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>, `Namespace`.
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

/// Where a function's metrics go. Clones write to the same place.
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
    /// To standard output, or, without a namespace, nowhere.
    pub fn to_stdout(namespace: Option<Namespace>) -> Self {
        namespace.map_or(Self(None), |namespace| Self::to(namespace, std::io::stdout()))
    }

    /// To another writer. Each line comes in one write.
    pub fn to(namespace: Namespace, writer: impl Write + Send + 'static) -> Self {
        let format = Emf::builder(namespace.0, vec![vec![]]).build();
        Self(Some(Arc::new(Mutex::new(Sink { format, writer: Box::new(writer) }))))
    }

    /// Writes what has happened. What counts the same thing is one line with its number; each measurement is a line of
    /// its own, because the specification knows only numbers and arrays of numbers, and the crate writes neither of
    /// several observations.
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
        // Whoever closed standard output doesn't want to read on.
        let _written = self.writer.write_all(&bytes).and_then(|()| self.writer.flush());
    }
}

/// One document of the format.
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
        // CloudWatch refuses a document one of whose sets names a dimension without a value.
        let sets = definition.sets.iter().filter(|set| set.iter().all(has));
        let sets = sets.map(|set| set.iter().copied().map(Cow::Borrowed).collect()).collect();
        Self { definition, dimensions, sets: EntryDimensions::new(sets), value, now: Timestamp::now() }
    }
}

impl Entry for Line {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.timestamp(SystemTime::from(self.now));
        writer.value("timestamp", &self.now.to_string());
        writer.value("level", "INFO");
        writer.config(&self.sets);
        for (name, value) in &self.dimensions {
            writer.value(*name, *value);
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
