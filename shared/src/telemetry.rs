//! Logs and metrics: one JSON object per line on standard output, with an RFC 3339 `timestamp` and a `level`,
//! as Lambda's JSON log format expects. `docs/logging.md` and `docs/metrics.md` list every field and every
//! metric.
//!
//! `RUST_LOG` selects the log levels. Events of other crates below `INFO` are never logged: at `DEBUG` and `TRACE` the
//! HTTP and AWS clients log whole requests, which contain phone numbers and tokens.

mod line;
pub mod metric;
mod metrics;

use std::time::Duration;

pub use metric::{Metric, OutcomeKind};
pub use metrics::{InvalidNamespace, Metrics, Namespace};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;

use crate::environment::Environment;

/// The beginnings of this project's log targets.
const OURS: [&str; 7] = [
    "delivery_events",
    "delivery_sweeper",
    "delivery_webhook",
    "order_notifier",
    "status_publisher",
    "shared",
    "local",
];

/// Sends this process's logs to standard output. A second call has no effect.
pub fn start(environment: &Environment) {
    // This fails only if a subscriber is already set; that one is then used.
    let _ = tracing::subscriber::set_global_default(subscriber(environment.get("RUST_LOG"), std::io::stdout));
}

/// The subscriber of [`start`], with another writer.
pub fn subscriber<W>(filter: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(line::Line)
        .with_writer(writer)
        .with_filter(FilterFn::new(is_allowed));
    tracing_subscriber::registry().with(parse_filter(filter.unwrap_or_default())).with(lines)
}

/// Parses directives such as `info` or `shared=debug,warn`: levels, and levels for targets. Invalid
/// directives are ignored, and the default level is `INFO`. (`EnvFilter` also supports spans and fields, but
/// depends on a regular expression engine.)
fn parse_filter(filter: &str) -> Targets {
    let directives = filter.split(',').map(str::trim);
    // Directives for spans and fields, from which `Targets` would take only the target.
    let directives =
        directives.filter(|directive| !directive.is_empty() && !directive.contains(['[', '{', '}']));
    let directives = directives.filter_map(|directive| directive.parse::<Targets>().ok());
    directives.fold(Targets::new().with_default(LevelFilter::INFO), |chosen, directive| {
        let chosen = chosen.with_targets(directive.iter().map(|(target, level)| (target.to_owned(), level)));
        match directive.default_level() {
            Some(level) => chosen.with_default(level),
            None => chosen,
        }
    })
}

/// The span of an invocation. Every line in it has the request id, under the name that Lambda's own lines
/// use. Its level is `ERROR`, so that no value of `RUST_LOG` disables it. Spawned tasks have to be
/// instrumented with it.
pub fn invocation(request_id: &str) -> Span {
    tracing::error_span!("invocation", requestId = request_id)
}

/// A duration in the unit of the logs, in whole milliseconds.
pub fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn is_allowed(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || is_ours(metadata.target())
}

fn is_ours(target: &str) -> bool {
    OURS.iter().any(|ours| target.starts_with(ours))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: Option<&str>) -> Vec<serde_json::Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(filter, move || writer.clone()), || {
            tracing::debug!(target: "hyper::proto", "a whole request");
            tracing::debug!(target: "shared::table", "ours");
            tracing::info!(order = "10482", "accepted");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_a_timestamp_a_level_and_its_fields() {
        let lines = logged(None);
        assert_eq!(lines.len(), 1);
        assert!(lines[0]["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!((&lines[0]["level"], &lines[0]["order"]), (&"INFO".into(), &"10482".into()));
    }

    #[test]
    fn a_value_keeps_its_type_and_a_missing_one_is_omitted() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(None, move || writer.clone()), || {
            let (text, none) = ("a \"b\"\n\u{1}é", None::<&str>);
            tracing::info!(text, count = -7, most = u64::MAX, ratio = 0.5, known = true, none, debug = ?text, "{text}");
        });
        let mut line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        line.as_object_mut().unwrap().retain(|name, _| name != "timestamp");
        let expected = serde_json::json!({
            "level": "INFO", "message": "a \"b\"\n\u{1}é", "text": "a \"b\"\n\u{1}é", "count": -7, "most": u64::MAX,
            "ratio": 0.5, "known": true, "debug": r#""a \"b\"\n\u{1}é""#, "target": "shared::telemetry::tests",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn a_line_has_the_fields_of_our_surrounding_spans_at_every_level() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(Some("error"), move || writer.clone()), || {
            let _foreign = tracing::error_span!(target: "hyper", "request", body = "secret").entered();
            let _invocation = invocation("request-1").entered();
            let record = tracing::error_span!("record", order = tracing::field::Empty);
            record.in_scope(|| {
                record.record("order", "10482");
                tracing::error!(requestId = "its own", "held");
            });
            tracing::error!("outside");
        });
        let bytes = lines.0.lock().unwrap().clone();
        let lines: Vec<serde_json::Value> = String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((&lines[0]["requestId"], &lines[0]["order"]), (&"its own".into(), &"10482".into()));
        assert_eq!((&lines[1]["requestId"], &lines[1]["order"]), (&"request-1".into(), &().into()));
        assert!(lines.iter().all(|line| line.get("body").is_none()), "{lines:?}");
    }

    #[test]
    fn levels_apply_to_all_or_to_targets_and_invalid_directives_are_ignored() {
        for (filter, lines) in [
            ("", 1),
            ("shared::table=debug", 2),
            ("WARN", 0),
            ("warn, shared::telemetry=info", 1),
            ("shared=loud", 1),
            ("off,shared=loud", 0),
            ("[{order}]=debug", 1),
            ("shared[record]=debug,warn", 0),
        ] {
            assert_eq!(logged(Some(filter)).len(), lines, "{filter}");
        }
    }

    #[test]
    fn other_crates_never_show_their_debug_lines() {
        let targets: Vec<String> =
            logged(Some("trace")).iter().map(|line| line["target"].as_str().unwrap().to_owned()).collect();
        assert_eq!(targets, ["shared::table", "shared::telemetry::tests"]);
    }
}
