//! The figures of a stack, from the metrics that its functions write: docs/metrics.md.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Figures, Group, Stage, Window};
use crate::deployment::signed::{CloudWatch, Operation};
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;

const NOTES: [&str; 2] = [
    "From CloudWatch's metrics, which come a few minutes late. CloudWatch finds the metrics that had a value in the last two weeks.",
    "The metrics have no template: a stack's figures can't be shown by template. Each order has its own on its page.",
];
const SENDERS: &str = "The metrics of senders have outcomes only, and none for the default sender: accepted messages, and rejected ones as failed.";
/// Pages of the answer that are read: each has up to 100,800 values.
const PAGES: usize = 10;

/// The metrics, with the two dimensions whose values are a series' label.
const QUERIES: [(&str, &str, [&str; 2]); 5] = [
    ("outcomes", "Outcomes", ["outcome", "provider"]),
    ("reasons", "Outcomes", ["outcome", "reason"]),
    ("facts", "Facts", ["fact", "provider"]),
    ("failures", "FailedMessages", ["provider", "reason"]),
    ("senders", "SenderOutcomes", ["outcome", "sender"]),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Vec<Series>,
    /// About the whole request, such as too many series for one answer.
    #[serde(default)]
    messages: Vec<Message>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    #[serde(default)]
    code: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    /// The values of the two dimensions.
    label: String,
    /// In seconds.
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
    /// `Complete`, `InternalError`, `PartialData` or `Forbidden`. A series whose rest is on the next page is `PartialData` on this one.
    #[serde(default)]
    status_code: String,
    #[serde(default)]
    messages: Vec<Message>,
}

/// What is missing in the answer.
/// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html>.
#[derive(Default)]
struct Missing {
    /// The series that aren't complete yet, with their last status.
    series: BTreeMap<(String, String), String>,
    messages: BTreeSet<String>,
    has_further_pages: bool,
}

impl Missing {
    fn read(&mut self, page: &Page) {
        for series in &page.metric_data_results {
            let name = (series.id.clone(), series.label.clone());
            if series.status_code == "Complete" {
                self.series.remove(&name);
            } else {
                self.series.insert(name, series.status_code.clone());
            }
        }
        let of_series = page.metric_data_results.iter().flat_map(|series| &series.messages);
        let messages = page.messages.iter().chain(of_series);
        self.messages.extend(messages.map(|message| format!("{} {}", message.code, message.value)));
        self.has_further_pages = page.next_token.is_some();
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let is_forbidden = |status: &&String| *status == "Forbidden";
        if self.series.values().any(|status| is_forbidden(&status)) {
            notes.push(
                "These credentials may not read some of the metrics: the figures are too low.".to_owned(),
            );
        }
        if self.has_further_pages || self.series.values().any(|status| !is_forbidden(&status)) {
            let why = "CloudWatch's answer is not complete: the figures are too low. Load the page again, or choose a shorter time.";
            notes.push(why.to_owned());
        }
        notes.extend(self.messages.iter().map(|message| format!("CloudWatch says: {}", message.trim())));
        notes
    }
}

pub(super) async fn figures(
    deployment: &Deployment,
    window: Window,
    now: Timestamp,
) -> Result<Figures, Failure> {
    let namespace = match (deployment.named(), deployment.environment().get("METRICS_NAMESPACE")) {
        (Named::Stack(stack), _) => stack,
        (_, Some(namespace)) => namespace,
        (_, None) => {
            return Err(Failure::usage("METRICS_NAMESPACE is not set")
                .with_remedy("name the stack: ops studio --stack NAME"));
        }
    };
    let mut figures = Figures::until(now, window, &NOTES);
    let mut groups =
        Groups { providers: Group::by("provider", None), senders: Group::by("sender", Some(SENDERS)) };
    let client = CloudWatch::new(deployment)?;
    let mut missing = Missing::default();
    let mut body = request(namespace, &figures, now);
    for _ in 0..PAGES {
        let page = client.call(Operation::GetMetricData, &body).await.map_err(|refused| refused.failure)?;
        let page: Page = serde_json::from_value(page).map_err(Failure::unavailable)?;
        for series in &page.metric_data_results {
            groups.count(&mut figures, series);
        }
        missing.read(&page);
        let Some(token) = page.next_token else { break };
        if let Some(body) = body.as_object_mut() {
            body.insert("NextToken".to_owned(), token.into());
        }
    }
    figures.notes.extend(missing.notes());
    figures.groups.extend([groups.providers, groups.senders]);
    Ok(figures)
}

/// A search for each metric: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>; the
/// labels: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>.
fn request(namespace: &str, figures: &Figures, now: Timestamp) -> Value {
    let queries = QUERIES.map(|(id, metric, [first, second])| {
        let period = figures.window.period();
        let search = format!(
            "SEARCH('{{\"{namespace}\",{first},{second}}} MetricName=\"{metric}\"', 'Sum', {period})"
        );
        let label = format!("${{PROP('Dim.{first}')}}|${{PROP('Dim.{second}')}}");
        json!({"Id": id, "Expression": search, "Label": label})
    });
    json!({
        "StartTime": figures.from.as_second(),
        "EndTime": now.as_second(),
        "ScanBy": "TimestampAscending",
        "MetricDataQueries": queries,
    })
}

struct Groups {
    providers: Group,
    senders: Group,
}

impl Groups {
    fn count(&mut self, figures: &mut Figures, series: &Series) {
        let Some((first, second)) = series.label.split_once('|') else { return };
        for (at, value) in series.timestamps.iter().zip(&series.values) {
            let (at, count) = (whole(*at), whole(*value));
            let Some(at) = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok()) else {
                continue;
            };
            if !figures.covers(at) {
                continue;
            }
            match series.id.as_str() {
                "outcomes" if first == "accepted" => {
                    figures.add(Stage::Accepted, at, count);
                    self.providers.add(second, Stage::Accepted, count);
                }
                "facts" => {
                    if let Some(stage) = Stage::named(first) {
                        figures.add(stage, at, count);
                        self.providers.add(second, stage, count);
                    }
                }
                "failures" => {
                    *figures.reasons.entry(format!("failed: {second} ({first})")).or_default() += count;
                }
                "reasons" if first != "accepted" => {
                    *figures.reasons.entry(format!("{first}: {second}")).or_default() += count;
                }
                "senders" if first == "accepted" => self.senders.add(second, Stage::Accepted, count),
                "senders" if first == "rejected" => self.senders.add(second, Stage::Failed, count),
                _ => {}
            }
        }
    }
}

/// CloudWatch writes whole numbers as decimals.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is a count or a time after 1970"
)]
fn whole(number: f64) -> u64 {
    number.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_counts_where_it_belongs() {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let mut figures = Figures::until(now, Window::Day, &[]);
        let mut groups =
            Groups { providers: Group::by("provider", None), senders: Group::by("sender", None) };
        let at = 1_795_165_200.0;
        for (id, label, value) in [
            ("outcomes", "accepted|meta", 5.0),
            ("outcomes", "held|meta", 1.0),
            ("facts", "delivered|meta", 4.0),
            ("failures", "meta|recipient", 1.0),
            ("reasons", "held|unclear", 1.0),
            ("senders", "accepted|acme", 2.0),
        ] {
            let series = json!({"Id": id, "Label": label, "Timestamps": [at], "Values": [value]});
            let series: Series = serde_json::from_value(series).unwrap();
            groups.count(&mut figures, &series);
        }
        assert_eq!(figures.total().get(Stage::Accepted), 5);
        assert_eq!(groups.providers.rows["meta"].get(Stage::Delivered), 4);
        assert_eq!(groups.senders.rows["acme"].get(Stage::Accepted), 2);
        assert_eq!(figures.reasons.keys().collect::<Vec<_>>(), ["failed: recipient (meta)", "held: unclear"]);
    }

    fn notes(pages: &[Value]) -> Vec<String> {
        let mut missing = Missing::default();
        for page in pages {
            missing.read(&serde_json::from_value(page.clone()).unwrap());
        }
        missing.notes()
    }

    #[test]
    fn an_answer_that_is_not_complete_is_noted() {
        let series = |status: &str| json!({"Id": "facts", "Label": "read|meta", "StatusCode": status});
        let first = json!({"MetricDataResults": [series("PartialData")], "NextToken": "more"});
        let last = json!({"MetricDataResults": [series("Complete")]});
        assert_eq!(notes(&[first.clone(), last]), Vec::<String>::new());
        assert!(notes(&[first])[0].contains("not complete"));
        let partial = notes(&[json!({"MetricDataResults": [series("InternalError")]})]);
        assert!(partial.len() == 1 && partial[0].contains("not complete"), "{partial:?}");
        let forbidden = notes(&[json!({
            "MetricDataResults": [series("Forbidden")],
            "Messages": [{"Code": "MaxMetricsExceeded", "Value": "The maximum number of metrics is 500"}],
        })]);
        assert!(forbidden[0].contains("may not read"), "{forbidden:?}");
        assert_eq!(forbidden[1], "CloudWatch says: MaxMetricsExceeded The maximum number of metrics is 500");
    }

    #[test]
    fn the_request_searches_the_stacks_namespace() {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let body = request("shop-prod", &Figures::until(now, Window::Day, &[]), now);
        assert_eq!(
            body["MetricDataQueries"][2]["Expression"],
            r#"SEARCH('{"shop-prod",fact,provider} MetricName="Facts"', 'Sum', 3600)"#
        );
        assert_eq!(body["MetricDataQueries"][2]["Label"], "${PROP('Dim.fact')}|${PROP('Dim.provider')}");
    }
}
