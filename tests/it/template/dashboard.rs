//! The dashboard shows existing metrics: the funnel of each provider, failures by reason, age, latency, and cost
//! drivers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::provider::Provider;

use super::metrics::{Metric, OURS, must_be_emitted};
use super::{names, properties, table_index, template};

fn widgets() -> Vec<Value> {
    let template = template();
    let body = &properties(&template, "Dashboard")["DashboardBody"]["Fn::Sub"];
    let body: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
    let widgets = body["widgets"].as_array().unwrap().clone();
    assert!(!widgets.is_empty());
    widgets
}

/// The name in `${Name}`; `${Name.Attribute}` and plain text are names as they are.
fn name_of(text: &str) -> String {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(text).to_owned()
}

/// The metrics that a widget reads by name.
fn metrics_of(widget: &Value) -> Vec<Metric> {
    let rows = widget["properties"]["metrics"].as_array().cloned().unwrap_or_default();
    let rows = rows.iter().filter(|row| row[0].is_string());
    rows.map(|row| {
        let texts: Vec<String> =
            row.as_array().unwrap().iter().filter_map(Value::as_str).map(name_of).collect();
        let pairs = texts[2..].chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        Metric { namespace: texts[0].clone(), name: texts[1].clone(), dimensions: pairs.collect() }
    })
    .collect()
}

fn expressions_of(widget: &Value) -> Vec<String> {
    let rows = widget["properties"]["metrics"].as_array().cloned().unwrap_or_default();
    let expressions = rows.iter().filter_map(|row| row[0]["expression"].as_str().map(str::to_owned));
    expressions.collect()
}

#[test]
fn every_widget_reads_metrics_that_exist() {
    let widgets = widgets();
    for widget in widgets.iter().filter(|widget| widget["type"] == "metric") {
        let metrics = metrics_of(widget);
        assert!(metrics.len() + expressions_of(widget).len() > 0, "{}", widget["properties"]["title"]);
        metrics.iter().for_each(Metric::must_exist);
        assert_eq!(widget["properties"]["region"], "${AWS::Region}");
    }
}

#[test]
fn every_search_is_for_a_metric_that_is_emitted_with_these_dimensions() {
    let searches: Vec<_> = widgets()
        .iter()
        .flat_map(expressions_of)
        .filter(|expression| expression.starts_with("SEARCH("))
        .collect();
    assert!(searches.len() >= 4);
    for search in searches {
        // SEARCH('{"namespace",dimension,dimension} MetricName="name"', 'statistic', period)
        let named = search.replace("${AWS::StackName}", "stack");
        let (schema, rest) = named.split_once('{').unwrap().1.split_once('}').unwrap();
        let mut schema = schema.split(',');
        assert_eq!(schema.next(), Some("\"stack\""), "{search}");
        let dimensions: Vec<&str> = schema.collect();
        let name = rest.split('"').nth(1).unwrap();
        must_be_emitted(OURS, name, &dimensions);
    }
}

#[test]
fn the_funnel_of_each_provider_goes_from_accepted_to_read() {
    let widgets = widgets();
    for provider in Provider::ALL {
        let funnel = widgets.iter().find(|widget| {
            let metrics = metrics_of(widget);
            let of_this = |metric: &Metric| {
                metric.dimensions.get("provider").is_some_and(|name| name == provider.name())
            };
            metrics.first().is_some_and(|metric| metric.name == "Outcomes") && metrics.iter().all(of_this)
        });
        let funnel = funnel.unwrap_or_else(|| panic!("no funnel of {provider}"));
        let steps: Vec<String> = metrics_of(funnel)
            .iter()
            .map(|metric| metric.dimensions.get("outcome").or(metric.dimensions.get("fact")).unwrap().clone())
            .collect();
        assert_eq!(steps, ["accepted", "sent", "delivered", "read", "failed"]);
    }
}

#[test]
fn the_latency_and_the_delivery_time_of_each_provider_are_shown() {
    let shown: BTreeSet<Metric> = widgets().iter().flat_map(metrics_of).collect();
    for name in ["ProviderLatency", "DeliveryTime"] {
        let of_metric = shown.iter().filter(|metric| metric.name == name);
        let providers: BTreeSet<&str> =
            of_metric.filter_map(|metric| metric.dimensions.get("provider").map(String::as_str)).collect();
        assert_eq!(providers, Provider::ALL.map(Provider::name).into(), "{name}");
    }
}

#[test]
fn the_dashboard_shows_the_costs_of_every_function_and_of_the_table() {
    let template = template();
    let shown: BTreeSet<Metric> = widgets().iter().flat_map(metrics_of).collect();
    let shows = |name: &str, pairs: &[(&str, &str)]| {
        let pairs: BTreeMap<_, _> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert!(
            shown.iter().any(|metric| metric.name == name && metric.dimensions == pairs),
            "{name} {pairs:?}"
        );
    };
    for function in names(&template, "AWS::Serverless::Function") {
        shows("Invocations", &[("FunctionName", &function)]);
        shows("Duration", &[("FunctionName", &function)]);
    }
    for group in names(&template, "AWS::Logs::LogGroup") {
        shows("IncomingBytes", &[("LogGroupName", &group)]);
    }
    for units in ["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"] {
        shows(units, &[("TableName", "Table")]);
        let index = table_index(&template);
        shows(units, &[("TableName", "Table"), ("GlobalSecondaryIndexName", index)]);
    }
    shows("ApproximateAgeOfOldestMessage", &[("QueueName", "OrderEventsQueue.QueueName")]);
}

#[test]
fn compute_is_counted_with_the_memory_that_each_function_has() {
    let template = template();
    let usual = &template["Globals"]["Function"]["MemorySize"];
    let functions = super::resources(&template, "AWS::Serverless::Function");
    let expressions: Vec<_> = widgets().iter().flat_map(expressions_of).collect();
    let widgets = widgets();
    let rows = widgets.iter().filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten();
    let rows: Vec<&Value> = rows.filter(|row| row[1] == "Duration" && row[4]["visible"] == false).collect();
    for (name, function) in &functions {
        let gigabytes = function.get("MemorySize").unwrap_or(usual).as_f64().unwrap() / 1024.0;
        let row = rows.iter().find(|row| row[3] == format!("${{{name}}}")).unwrap();
        let expression = format!("{}/1000*{gigabytes}", row[4]["id"].as_str().unwrap());
        assert!(expressions.contains(&expression), "{name}: {expression} of {expressions:?}");
    }
    let compute = expressions.iter().filter(|expression| expression.contains("/1000*"));
    assert_eq!(compute.count(), functions.len());
}

#[test]
fn widgets_neither_overlap_nor_exceed_the_width() {
    let mut taken = BTreeSet::new();
    for widget in widgets() {
        let side = |name: &str| widget[name].as_i64().unwrap();
        assert!(side("x") + side("width") <= 24);
        for x in side("x")..side("x") + side("width") {
            for y in side("y")..side("y") + side("height") {
                assert!(taken.insert((x, y)), "{}", widget["properties"]["title"]);
            }
        }
    }
}

#[test]
fn the_dashboards_address_is_an_output() {
    let template = template();
    let url = template["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"].as_str().unwrap();
    assert!(url.ends_with("#dashboards/dashboard/${Dashboard}"), "{url}");
    // The name is unique in the account, across regions. It must not become `${AWS::StackName}-${AWS::Region}` again:
    // earlier versions' dashboards outside the nested stack have this name, and CloudFormation would refuse to create
    // a second one.
    let name = &properties(&template, "Dashboard")["DashboardName"]["Fn::Sub"];
    assert_eq!(*name, "${AWS::StackName}-monitoring-${AWS::Region}");
}
