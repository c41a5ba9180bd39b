//! Each alarm reads an existing metric, can fire, notifies the topic, and states what to do; and every failure that
//! needs an alarm has one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::metrics::{Metric, OURS};
use super::reading::name_in;
use super::resolved::deployed;
use super::{names, properties, resources, template};

const TOPIC: &str = "arn:aws:sns:eu-central-1:111122223333:alarms";

fn alarms() -> BTreeMap<String, Value> {
    resources(&template(), "AWS::CloudWatch::Alarm")
}

#[test]
fn every_alarm_reads_metrics_that_exist() {
    for bus in ["default", "shop", "aws.partner/shop.example/1/orders"] {
        let stack = deployed(&[("OrderEventBusName", bus)]);
        let lost = Metric::of_alarm(properties(&stack, "LostEventsAlarm"));
        // EventBridge's metrics name every bus but the default one.
        let named = lost.dimensions.get("EventBusName").map(String::as_str);
        assert_eq!(named, Some(bus).filter(|bus| *bus != "default"));
        for alarm in resources(&stack, "AWS::CloudWatch::Alarm").values() {
            Metric::of_alarm(alarm).must_exist();
        }
    }
}

#[test]
fn every_alarm_notifies_the_topic_when_it_starts_and_ends() {
    for (parameter, value, topic) in [
        ("AlarmTopicArn", TOPIC, json!([TOPIC])),
        ("AlarmEmail", "on-call@shop.example", json!([{ "Ref": "AlarmTopic" }])),
    ] {
        let stack = deployed(&[(parameter, value)]);
        for (name, alarm) in resources(&stack, "AWS::CloudWatch::Alarm") {
            for actions in ["AlarmActions", "OKActions"] {
                assert_eq!(alarm[actions], topic, "{parameter}: {name}: {actions}");
            }
        }
        assert_eq!(stack["Outputs"]["AlarmTopicArn"]["Value"], topic[0]);
        assert_eq!(stack["Outputs"].get("AlarmsHaveNoRecipient"), None);
    }
}

#[test]
fn only_an_email_address_creates_a_topic() {
    let stack = deployed(&[("AlarmEmail", "on-call@shop.example")]);
    let subscription = properties(&stack, "AlarmSubscription");
    assert_eq!(subscription["TopicArn"], json!({ "Ref": "AlarmTopic" }));
    assert_eq!(
        (&subscription["Protocol"], &subscription["Endpoint"]),
        (&json!("email"), &json!("on-call@shop.example"))
    );
    // The SNS-managed key grants CloudWatch no access: no alarm would ever arrive.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    assert_eq!(properties(&stack, "AlarmTopic").get("KmsMasterKeyId"), None);
    for parameters in [&[][..], &[("AlarmTopicArn", TOPIC)]] {
        let stack = deployed(parameters);
        for resource in ["AlarmTopic", "AlarmSubscription"] {
            assert_eq!(stack["Resources"].get(resource), None, "{parameters:?}");
        }
    }
}

#[test]
fn a_stack_without_an_alarm_recipient_says_so_in_its_outputs() {
    let stack = deployed(&[]);
    for (name, alarm) in resources(&stack, "AWS::CloudWatch::Alarm") {
        for actions in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
            assert_eq!(alarm.get(actions), None, "{name}: {actions}");
        }
    }
    assert_eq!(stack["Outputs"].get("AlarmTopicArn"), None);
    let warning = &stack["Outputs"]["AlarmsHaveNoRecipient"];
    assert!(warning["Description"].as_str().unwrap().contains("WARNING"), "{warning}");
    assert!(warning["Value"].as_str().unwrap().contains("AlarmEmail"), "{warning}");
}

#[test]
fn missing_data_is_an_alarm_only_for_the_scheduled_function() {
    for (name, alarm) in alarms() {
        if name == "DeliverySweeperStoppedAlarm" {
            // A function that doesn't run emits no metrics, so missing data is this alarm's failure.
            assert_eq!(alarm["TreatMissingData"], "missing");
            assert!(alarm.get("InsufficientDataActions").is_some());
        } else {
            assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
            assert_eq!(alarm.get("InsufficientDataActions"), None, "{name}");
        }
    }
}

#[test]
fn every_alarm_says_what_happened_and_then_what_to_do() {
    let descriptions: BTreeMap<_, _> = alarms()
        .into_iter()
        .map(|(name, alarm)| (name, alarm["AlarmDescription"].as_str().unwrap().to_owned()))
        .collect();
    for (name, description) in &descriptions {
        let sentences = description.matches(['.', ':']).count();
        assert!(sentences >= 2 && description.ends_with('.'), "{name}: {description}");
        // CloudWatch's limit.
        assert!(description.len() <= 1024, "{name}");
    }
    let distinct: BTreeSet<_> = descriptions.values().collect();
    assert_eq!(distinct.len(), descriptions.len());
}

#[test]
fn every_queue_without_a_consumer_has_an_alarm_at_the_first_message() {
    let template = template();
    let mut alarmed = BTreeSet::new();
    for alarm in alarms().values().filter(|alarm| alarm["MetricName"] == "ApproximateNumberOfMessagesVisible")
    {
        assert_eq!(
            (&alarm["ComparisonOperator"], &alarm["Threshold"]),
            (&json!("GreaterThanThreshold"), &json!(0))
        );
        alarmed.extend(
            Metric::of_alarm(alarm).dimensions["QueueName"].strip_suffix(".QueueName").map(str::to_owned),
        );
    }
    let mut queues = names(&template, "AWS::SQS::Queue");
    assert!(queues.remove("OrderEventsQueue"), "it is emptied by order-notifier, and alarmed by age");
    assert!(queues.remove("DeliveryEventsQueue"), "it is emptied by delivery-events, and alarmed by age");
    assert_eq!(alarmed, queues);
}

#[test]
fn every_rule_with_a_queue_as_its_target_has_an_alarm_for_events_that_it_drops() {
    let on = [("AwsSms", "true"), ("OrderEventBusName", "shop")];
    let stack = deployed(&on);
    let lost: Vec<Metric> = resources(&stack, "AWS::CloudWatch::Alarm")
        .values()
        .filter(|alarm| alarm["MetricName"] == "InvocationsFailedToBeSentToDlq")
        .map(Metric::of_alarm)
        .collect();
    let rules = resources(&stack, "AWS::Events::Rule");
    for (name, rule) in &rules {
        let targets = rule["Targets"].as_array().unwrap();
        assert!(targets.iter().all(|target| target["Arn"]["Fn::GetAtt"].as_str().unwrap().contains("Queue")));
        let has_bus = rule.get("EventBusName").is_some();
        let of_rule = |metric: &&Metric| {
            metric.dimensions["RuleName"] == name_in(&rule["Name"])
                && metric.dimensions.contains_key("EventBusName") == has_bus
        };
        assert_eq!(lost.iter().filter(of_rule).count(), 1, "{name}: {lost:?}");
    }
    assert_eq!(lost.len(), rules.len());
}

#[test]
fn the_age_of_the_oldest_event_alarms_before_the_event_becomes_a_dead_letter() {
    let template = template();
    for (alarm, queue) in
        [("OrderEventsAgeAlarm", "OrderEventsQueue"), ("DeliveryEventsAgeAlarm", "DeliveryEventsQueue")]
    {
        let alarm = properties(&template, alarm);
        assert_eq!(Metric::of_alarm(alarm).dimensions["QueueName"], format!("{queue}.QueueName"));
        let queue = properties(&template, queue);
        let longest = queue["VisibilityTimeout"].as_i64().unwrap()
            * queue["RedrivePolicy"]["maxReceiveCount"].as_i64().unwrap();
        assert!(alarm["Threshold"].as_i64().unwrap() < longest);
    }
}

#[test]
fn the_age_of_the_oldest_stored_event_alarms_after_many_sweeps_and_long_before_max_age() {
    let template = template();
    let threshold = properties(&template, "KeptEventsAgeAlarm")["Threshold"].as_i64().unwrap();
    let text = std::fs::read_to_string(local::catalogue::shipped()).unwrap();
    let catalogue = shared::catalogue::Catalogue::parse("notifications.toml", &text).unwrap();
    let shortest = catalogue.entries().iter().map(|entry| entry.max_age.as_millis()).min().unwrap();
    assert_eq!(properties(&template, "SweepSchedule")["ScheduleExpression"], "rate(5 minutes)");
    assert!(
        threshold >= 12 * 5 * 60_000 && u128::try_from(threshold).unwrap() * 12 < shortest,
        "{threshold}"
    );
}

#[test]
fn every_function_has_alarms_for_errors_throttles_and_long_runs() {
    let template = template();
    for (function, properties_of) in resources(&template, "AWS::Serverless::Function") {
        let of_function = |kind: &str, metric: &str| {
            let alarm = properties(&template, &format!("{function}{kind}Alarm")).clone();
            let read = Metric::of_alarm(&alarm);
            assert_eq!((read.namespace.as_str(), read.name.as_str()), ("AWS/Lambda", metric));
            assert_eq!(read.dimensions["FunctionName"], function);
            assert_eq!(alarm["ComparisonOperator"], "GreaterThanThreshold");
            alarm
        };
        for (kind, metric) in [("Errors", "Errors"), ("Throttles", "Throttles")] {
            let alarm = of_function(kind, metric);
            assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&json!("Sum"), &json!(0)), "{function}");
        }
        let alarm = of_function("Duration", "Duration");
        assert_eq!(alarm["ExtendedStatistic"], "p99", "{function}");
        let (threshold, timeout) =
            (alarm["Threshold"].as_i64().unwrap(), properties_of["Timeout"].as_i64().unwrap());
        assert_eq!(threshold, timeout * 1000 * 8 / 10, "{function}");
    }
}

#[test]
fn every_task_of_an_operator_has_an_alarm_for_every_provider() {
    let alarms = alarms();
    for (alarm, metric, dimension) in [
        ("HeldNotificationsAlarm", "Outcomes", Some(("outcome", "held"))),
        ("InvalidEventsAlarm", "Outcomes", Some(("outcome", "invalid"))),
        ("UnmatchedFactsAlarm", "UnmatchedFacts", None),
        ("AuthenticationFailuresAlarm", "AuthenticationFailures", None),
        ("KeptEventsAgeAlarm", "DueEventAge", None),
        ("UnreadableRecordsAlarm", "UnreadableRecords", None),
        ("UnreadableCallbacksAlarm", "UnreadableCallbacks", None),
        ("AccountErrorsAlarm", "AccountErrors", None),
        ("UnknownSendsAlarm", "Attempts", Some(("alarm", "unknown_sends"))),
        ("ProviderRefusalsAlarm", "Attempts", Some(("alarm", "provider_refusals"))),
        ("ContentRefusalsAlarm", "Attempts", Some(("alarm", "content_refusals"))),
    ] {
        let dimensions = dimension.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let watched = Metric {
            namespace: OURS.to_owned(),
            name: metric.to_owned(),
            dimensions: dimensions.into_iter().collect(),
        };
        assert_eq!(Metric::of_alarm(&alarms[alarm]), watched, "{alarm}");
    }
}

#[test]
fn late_status_events_alarm_while_the_stream_still_has_them() {
    let template = template();
    let alarm = properties(&template, "StatusPublisherIteratorAgeAlarm");
    let read = Metric::of_alarm(alarm);
    assert_eq!(
        (read.name.as_str(), read.dimensions["FunctionName"].as_str()),
        ("IteratorAge", "StatusPublisher")
    );
    let mapping = &properties(&template, "StatusPublisher")["Events"]["Stream"]["Properties"];
    let given_up = mapping["MaximumRecordAgeInSeconds"].as_i64().unwrap() * 1000;
    assert!(alarm["Threshold"].as_i64().unwrap() < given_up);
}
