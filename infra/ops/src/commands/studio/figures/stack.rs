//! The figures of a stack, from the metrics that its functions write: docs/metrics.md.

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
    next_token: Option<String>,
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
    let mut figures = Figures::until(now, window, NOTES.to_vec());
    let mut groups =
        Groups { providers: Group::by("provider", None), senders: Group::by("sender", Some(SENDERS)) };
    let client = CloudWatch::new(deployment)?;
    let mut body = request(namespace, &figures, now);
    for _ in 0..PAGES {
        let page = client.call(Operation::GetMetricData, &body).await.map_err(|refused| refused.failure)?;
        let page: Page = serde_json::from_value(page).map_err(Failure::unavailable)?;
        for series in &page.metric_data_results {
            groups.count(&mut figures, series);
        }
        let Some(token) = page.next_token else { break };
        if let Some(body) = body.as_object_mut() {
            body.insert("NextToken".to_owned(), token.into());
        }
    }
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
        let mut figures = Figures::until(now, Window::Day, Vec::new());
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
            let series = Series {
                id: id.to_owned(),
                label: label.to_owned(),
                timestamps: vec![at],
                values: vec![value],
            };
            groups.count(&mut figures, &series);
        }
        assert_eq!(figures.total().get(Stage::Accepted), 5);
        assert_eq!(groups.providers.rows["meta"].get(Stage::Delivered), 4);
        assert_eq!(groups.senders.rows["acme"].get(Stage::Accepted), 2);
        assert_eq!(figures.reasons.keys().collect::<Vec<_>>(), ["failed: recipient (meta)", "held: unclear"]);
    }

    #[test]
    fn the_request_searches_the_stacks_namespace() {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let body = request("shop-prod", &Figures::until(now, Window::Day, Vec::new()), now);
        assert_eq!(
            body["MetricDataQueries"][2]["Expression"],
            r#"SEARCH('{"shop-prod",fact,provider} MetricName="Facts"', 'Sum', 3600)"#
        );
        assert_eq!(body["MetricDataQueries"][2]["Label"], "${PROP('Dim.fact')}|${PROP('Dim.provider')}");
    }
}
