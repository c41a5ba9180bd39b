//! Logs: one JSON object a line, with an RFC 3339 `timestamp` and a `level`, as Lambda's JSON log format reads them.
//!
//! `RUST_LOG` chooses what is shown. Other crates are never shown below INFO whatever it says: on DEBUG and TRACE the
//! HTTP and AWS clients write whole requests, and those hold phone numbers and tokens.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::Environment;

/// The crates of this project, as their log targets begin.
const OURS: [&str; 6] =
    ["delivery_sweeper", "delivery_webhook", "order_notifier", "status_publisher", "shared", "local"];

/// Sends this process's logs to standard output. A second call changes nothing.
pub fn start(environment: &Environment) {
    // Only a subscriber that is there already can refuse another; then that one is used.
    let _ = tracing::subscriber::set_global_default(subscriber(environment.get("RUST_LOG"), std::io::stdout));
}

/// The subscriber that [`start`] uses, with another writer.
pub fn subscriber<W>(filter: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let chosen = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(filter.unwrap_or_default());
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(true)
        .with_writer(writer)
        .with_filter(FilterFn::new(may_be_shown));
    tracing_subscriber::registry().with(chosen).with(lines)
}

fn may_be_shown(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || OURS.iter().any(|ours| metadata.target().starts_with(ours))
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
    fn other_crates_never_show_their_debug_lines() {
        let targets: Vec<String> =
            logged(Some("trace")).iter().map(|line| line["target"].as_str().unwrap().to_owned()).collect();
        assert_eq!(targets, ["shared::table", "shared::telemetry::tests"]);
    }
}
