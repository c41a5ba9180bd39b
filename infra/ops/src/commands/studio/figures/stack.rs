//! The figures of a stack, from the metrics that its functions write: docs/metrics.md.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::metric_names::NameLimit;

use super::model::{Figures, Group, Stage, Window};
use crate::deployment::signed::{CloudWatch, Operation};
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;

const NOTE: &str = "From CloudWatch's metrics, which come a few minutes late. CloudWatch finds the metrics that had a value in the last two weeks.";
const NO_NAMES: &str = "The stack has no metrics by sender and template, because its parameter MetricsNames is 0. Set it to a number from 1 to 20, and deploy: so many senders and templates have metrics of their own then.";
const SENDERS_NOTE: &str = "The default sender has no name. No sender is known for reports that came before their message's acceptance was stored, and for messages from before the stack had these metrics. \"other\" are the senders beyond the stack's MetricsNames.";
const TEMPLATES_NOTE: &str = "No template is known for reports that came before their message's acceptance was stored, and for messages from before the stack had these metrics. \"other\" are the templates beyond the stack's MetricsNames.";
/// Pages of an answer that are read: each has up to 100,800 values.
const PAGES: usize = 10;

/// A search for the series of a metric.
struct Search {
    id: &'static str,
    metric: &'static str,
    /// The two dimensions whose values are a series' label.
    dimensions: [&'static str; 2],
    /// Which values of them; empty for all.
    only: &'static str,
}

impl Search {
    const fn all(id: &'static str, metric: &'static str, dimensions: [&'static str; 2]) -> Self {
        Self { id, metric, dimensions, only: "" }
    }

    const fn accepted(id: &'static str, by: &'static str) -> Self {
        Self { id, metric: "Outcomes", dimensions: ["outcome", by], only: " outcome=\"accepted\"" }
    }
}

/// The searches for the totals.
const TOTALS: [Search; 4] = [
    Search::all("outcomes", "Outcomes", ["outcome", "provider"]),
    Search::all("reasons", "Outcomes", ["outcome", "reason"]),
    Search::all("facts", "Facts", ["fact", "provider"]),
    Search::all("failures", "FailedMessages", ["provider", "reason"]),
];
/// The searches for what has a name: at most 378 series with the totals. A request gets at most 500
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>), and one request sees one moment.
const NAMED: [Search; 4] = [
    Search::accepted("sender_outcomes", "sender"),
    Search::all("sender_facts", "Facts", ["fact", "sender"]),
    Search::accepted("template_outcomes", "template"),
    Search::all("template_facts", "Facts", ["fact", "template"]),
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
    let mut figures = Figures::until(now, window, &[NOTE]);
    let limit =
        deployment.environment().get("METRICS_NAMES").and_then(|limit| limit.parse::<NameLimit>().ok());
    let has_names = limit.unwrap_or_default().names() > 0;
    let client = CloudWatch::new(deployment)?;
    let (mut groups, mut missing) = (Groups::new(), Missing::default());
    let mut body = request(namespace, &figures, now, has_names);
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
    let notes = missing.notes();
    if has_names {
        // A difference to figures that are too low would be wrong.
        groups.finish(&mut figures, notes.is_empty());
    } else {
        figures.groups.push(groups.providers);
        figures.notes.push(NO_NAMES.to_owned());
    }
    figures.notes.extend(notes);
    Ok(figures)
}

/// The syntax of a search: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>; of the
/// labels: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>.
fn request(namespace: &str, figures: &Figures, now: Timestamp, has_names: bool) -> Value {
    let period = figures.window.period();
    let query = |Search { id, metric, dimensions: [first, second], only }: &Search| {
        let search = format!(
            "SEARCH('{{\"{namespace}\",{first},{second}}} MetricName=\"{metric}\"{only}', 'Sum', {period})"
        );
        let label = format!("${{PROP('Dim.{first}')}}|${{PROP('Dim.{second}')}}");
        json!({"Id": id, "Expression": search, "Label": label})
    };
    let named = NAMED.iter().filter(|_| has_names);
    let queries: Vec<Value> = TOTALS.iter().chain(named).map(query).collect();
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
    templates: Group,
}

impl Groups {
    const fn new() -> Self {
        Self {
            providers: Group::by("provider", None),
            senders: Group::by("sender", Some(SENDERS_NOTE)),
            templates: Group::by("template", Some(TEMPLATES_NOTE)),
        }
    }

    /// Adds the groups to the figures; if the figures are complete, with rows for the messages that have no name.
    fn finish(mut self, figures: &mut Figures, is_complete: bool) {
        if is_complete {
            let total = figures.total();
            self.senders.add_rest("the default one, or not known", total);
            self.templates.add_rest("not known", total);
        }
        figures.groups.extend([self.providers, self.senders, self.templates]);
    }

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
                "sender_outcomes" | "sender_facts" => self.senders.add_named(second, first, count),
                "template_outcomes" | "template_facts" => self.templates.add_named(second, first, count),
                "failures" => {
                    *figures.reasons.entry(format!("failed: {second} ({first})")).or_default() += count;
                }
                "reasons" if first != "accepted" => {
                    *figures.reasons.entry(format!("{first}: {second}")).or_default() += count;
                }
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

    fn counted(all: &[(&str, &str, f64)]) -> (Figures, Groups) {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let (mut figures, mut groups) = (Figures::until(now, Window::Day, &[]), Groups::new());
        for (id, label, value) in all {
            let series =
                json!({"Id": id, "Label": label, "Timestamps": [1_795_165_200.0], "Values": [value]});
            let series: Series = serde_json::from_value(series).unwrap();
            groups.count(&mut figures, &series);
        }
        (figures, groups)
    }

    fn rows(group: &Group) -> Vec<(&str, [u64; 5])> {
        let named = group.rows.iter().map(|(name, counts)| (name.as_str(), *counts)).chain(group.rest);
        named.map(|(name, counts)| (name, Stage::ALL.map(|it| counts.get(it)))).collect()
    }

    #[test]
    fn each_series_counts_where_it_belongs() {
        let (mut figures, groups) = counted(&[
            ("outcomes", "accepted|meta", 5.0),
            ("outcomes", "held|meta", 1.0),
            ("facts", "delivered|meta", 4.0),
            ("failures", "meta|recipient", 1.0),
            ("reasons", "held|unclear", 1.0),
            ("sender_outcomes", "accepted|acme", 2.0),
            ("sender_facts", "delivered|acme", 2.0),
            ("template_outcomes", "accepted|order_ready", 4.0),
            ("template_facts", "delivered|order_ready", 3.0),
            ("template_facts", "delivered|a|b", 1.0),
        ]);
        groups.finish(&mut figures, true);
        assert_eq!(figures.total().get(Stage::Accepted), 5);
        assert_eq!(figures.reasons.keys().collect::<Vec<_>>(), ["failed: recipient (meta)", "held: unclear"]);
        let [providers, senders, templates] = &figures.groups[..] else { panic!("{:?}", figures.groups) };
        assert_eq!(rows(providers), [("meta", [5, 0, 4, 0, 0])]);
        assert_eq!(
            rows(senders),
            [("acme", [2, 0, 2, 0, 0]), ("the default one, or not known", [3, 0, 2, 0, 0])]
        );
        assert_eq!(
            rows(templates),
            [("a|b", [0, 0, 1, 0, 0]), ("order_ready", [4, 0, 3, 0, 0]), ("not known", [1, 0, 0, 0, 0])]
        );
    }

    #[test]
    fn the_messages_without_a_name_are_never_less_than_none_and_unknown_if_figures_are_missing() {
        let series = [("outcomes", "accepted|meta", 5.0), ("sender_outcomes", "accepted|acme", 7.0)];
        let (mut figures, groups) = counted(&series);
        groups.finish(&mut figures, true);
        assert_eq!(rows(&figures.groups[1]), [("acme", [7, 0, 0, 0, 0])]);
        assert_eq!(rows(&figures.groups[2]), [("not known", [5, 0, 0, 0, 0])]);
        let (mut figures, groups) = counted(&series);
        groups.finish(&mut figures, false);
        assert_eq!(rows(&figures.groups[2]), []);
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
        let figures = Figures::until(now, Window::Day, &[]);
        let body = request("shop-prod", &figures, now, true);
        let expression = |place: usize| {
            let query = &body["MetricDataQueries"][place];
            (query["Expression"].as_str().unwrap().to_owned(), query["Label"].as_str().unwrap().to_owned())
        };
        let (facts, label) = expression(2);
        assert_eq!(facts, r#"SEARCH('{"shop-prod",fact,provider} MetricName="Facts"', 'Sum', 3600)"#);
        assert_eq!(label, "${PROP('Dim.fact')}|${PROP('Dim.provider')}");
        let (accepted, label) = expression(4);
        assert_eq!(
            accepted,
            r#"SEARCH('{"shop-prod",outcome,sender} MetricName="Outcomes" outcome="accepted"', 'Sum', 3600)"#
        );
        assert_eq!(label, "${PROP('Dim.outcome')}|${PROP('Dim.sender')}");
        assert_eq!(
            expression(7).0,
            r#"SEARCH('{"shop-prod",fact,template} MetricName="Facts"', 'Sum', 3600)"#
        );
    }

    #[test]
    fn every_search_finds_series_that_the_functions_write() {
        for search in TOTALS.iter().chain(&NAMED) {
            let mut definitions = shared::telemetry::metric::DEFINITIONS.iter();
            let sets = definitions.find(|one| one.name == search.metric).map(|one| one.sets).unwrap();
            let wanted = BTreeSet::from(search.dimensions);
            let is_written = sets.iter().any(|set| set.iter().copied().collect::<BTreeSet<_>>() == wanted);
            assert!(is_written, "{} {wanted:?}", search.metric);
        }
    }
}
