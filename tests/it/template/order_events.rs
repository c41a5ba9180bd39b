//! The path of an order event: bus, rule, queue, order-notifier, and the dead-letter queues.

use serde_json::{Value, json};

use super::parameters::takes;
use super::resolved::deployed;
use super::{properties, resources, template};

/// The source of the status events.
pub const OUR_OWN_SOURCE: &str = "order-notifications";

#[test]
fn the_rule_matches_the_sources_of_the_parameter() {
    let stack = deployed(&[("EventSources", "shop, oms")]);
    let rule = properties(&stack, "OrderEventsRule");
    assert_eq!(rule["EventPattern"], json!({ "source": ["shop", "oms"] }));
}

#[test]
fn a_source_may_have_every_character_but_a_comma() {
    let template = template();
    let parameter = &template["Parameters"]["EventSources"];
    for sources in [
        "oms",
        "Pipe orders-pipe",
        "com.acme:oms",
        "aws.partner/shop.example/1830279/orders",
        "oms, Pipe orders-pipe,https://shop.example/orders?a=b#c",
        "заказы",
        "(oms) [live] @ 1",
        "order-notifications-of-another",
    ] {
        assert!(takes(parameter, sources), "{sources}");
    }
    let long = "x".repeat(257);
    for sources in ["", "oms,", "oms,,wms", "two\nlines", &long] {
        assert!(!takes(parameter, sources), "{sources}");
    }
    let stack = deployed(&[("EventSources", "Pipe orders-pipe, com.acme:oms")]);
    let rule = properties(&stack, "OrderEventsRule");
    assert_eq!(rule["EventPattern"], json!({ "source": ["Pipe orders-pipe", "com.acme:oms"] }));
}

#[test]
fn status_events_never_come_back_as_order_events() {
    // The rule matches only sources that the parameter's pattern admits.
    assert!(!takes(&template()["Parameters"]["EventSources"], OUR_OWN_SOURCE));
    assert!(!takes(&template()["Parameters"]["EventSources"], &format!("oms, {OUR_OWN_SOURCE}")));
    let template = template();
    let rule = properties(&template, "OrderEventsRule");
    assert_eq!(rule["EventPattern"], json!({ "source": { "Ref": "EventSources" } }));
}

#[test]
fn an_undeliverable_event_is_retried_for_a_day_and_then_stored() {
    let template = template();
    for (name, rule) in resources(&template, "AWS::Events::Rule") {
        for target in rule["Targets"].as_array().unwrap() {
            // EventBridge's limits: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
            let most = json!({ "MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185 });
            assert_eq!(target["RetryPolicy"], most, "{name}");
            let kept = match name.as_str() {
                "DeliveryEventsRule" => "DeliveryEventsDeadLetterQueue.Arn",
                _ => "UndeliveredEventsQueue.Arn",
            };
            assert_eq!(target["DeadLetterConfig"]["Arn"], json!({ "Fn::GetAtt": kept }), "{name}");
        }
    }
    let policy = properties(&template, "OrderEventsQueuesPolicy");
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Principal"]["Service"], "events.amazonaws.com");
    assert_eq!(
        statement["Condition"]["ArnEquals"]["aws:SourceArn"],
        json!({ "Fn::GetAtt": "OrderEventsRule.Arn" })
    );
    assert_eq!(
        statement["Resource"],
        json!([{ "Fn::GetAtt": "OrderEventsQueue.Arn" }, { "Fn::GetAtt": "UndeliveredEventsQueue.Arn" }])
    );
}

#[test]
fn the_queue_is_read_in_batches_of_which_a_part_may_fail() {
    let stack = deployed(&[("MaximumConcurrency", "7")]);
    let mapping = &properties(&stack, "OrderNotifier")["Events"]["OrderEvents"];
    assert_eq!(mapping["Type"], "SQS");
    let mapping = &mapping["Properties"];
    assert_eq!(mapping["Queue"], json!({ "Fn::GetAtt": "OrderEventsQueue.Arn" }));
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(mapping["ScalingConfig"]["MaximumConcurrency"], "7");
    // The parameter's maximum of concurrent sends is a whole batch.
    assert_eq!(stack["Parameters"]["SendConcurrency"]["MaxValue"], mapping["BatchSize"]);
}

#[test]
fn a_waiting_event_is_redelivered_only_after_its_invocation_has_ended() {
    let template = template();
    let timeout = properties(&template, "OrderNotifier")["Timeout"].as_i64().unwrap();
    let visibility = properties(&template, "OrderEventsQueue")["VisibilityTimeout"].as_i64().unwrap();
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    assert!(visibility >= 6 * timeout, "{visibility} s for {timeout} s");
}

/// The seconds of a parameter's default such as `3h`.
fn seconds(template: &Value, parameter: &str) -> i64 {
    let default = template["Parameters"][parameter]["Default"].as_str().unwrap();
    let (number, unit) = default.split_at(default.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        other => panic!("{other}"),
    };
    number.parse::<i64>().unwrap() * unit
}

#[test]
fn a_notification_is_stuck_only_after_its_event_is_a_dead_letter() {
    let template = template();
    let queue = properties(&template, "OrderEventsQueue");
    let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_i64().unwrap();
    let longest = receives * queue["VisibilityTimeout"].as_i64().unwrap();
    assert!(seconds(&template, "StuckAfter") > longest, "{longest} s");
    assert!(seconds(&template, "UnconfirmedAfter") > seconds(&template, "SilentAfter"));
}

#[test]
fn a_dead_letter_queue_keeps_an_event_longer_than_the_queue_that_it_came_from() {
    let template = template();
    let period = |queue: &str| properties(&template, queue)["MessageRetentionPeriod"].as_i64().unwrap();
    for queue in ["OrderEventsDeadLetterQueue", "UndeliveredEventsQueue"] {
        assert!(period(queue) > period("OrderEventsQueue"), "{queue}");
    }
    assert_eq!(
        properties(&template, "OrderEventsQueue")["RedrivePolicy"]["deadLetterTargetArn"],
        json!({ "Fn::GetAtt": "OrderEventsDeadLetterQueue.Arn" })
    );
}

#[test]
fn an_existing_bus_is_used_and_a_new_one_created_if_the_parameter_says_so() {
    let there = deployed(&[("EventBusName", "shop")]);
    assert_eq!(there["Resources"].get("OrderEventsBus"), None);
    assert_eq!(properties(&there, "OrderEventsRule")["EventBusName"], "shop");

    let made = deployed(&[("EventBusName", "shop"), ("CreateEventBus", "true")]);
    assert_eq!(properties(&made, "OrderEventsBus")["Name"], "shop");
    // A reference, so that the rule is created after the bus.
    assert_eq!(properties(&made, "OrderEventsRule")["EventBusName"], json!({ "Ref": "OrderEventsBus" }));

    let rule = &template()["Rules"]["NewBus"];
    assert_eq!(rule["RuleCondition"], json!({ "Fn::Equals": [{ "Ref": "CreateEventBus" }, "true"] }));
    assert_eq!(
        rule["Assertions"][0]["Assert"],
        json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "EventBusName" }, "default"] }] })
    );
}

#[test]
fn the_archive_stores_only_order_events_for_the_parameters_days() {
    let without = deployed(&[("ArchiveRetentionDays", "0")]);
    assert_eq!(without["Resources"].get("OrderEventsArchive"), None);
    assert_eq!(without["Outputs"].get("OrderEventsArchiveName"), None);

    let stack = deployed(&[("ArchiveRetentionDays", "14")]);
    let archive = properties(&stack, "OrderEventsArchive");
    assert_eq!(archive["RetentionDays"], "14");
    assert_eq!(archive["EventPattern"], properties(&stack, "OrderEventsRule")["EventPattern"]);
    let bus = |stack: &Value| properties(stack, "OrderEventsArchive")["SourceArn"].to_string();
    assert!(bus(&stack).contains("event-bus/${EventBusName}"), "{}", bus(&stack));
    let stack = deployed(&[
        ("ArchiveRetentionDays", "14"),
        ("OrderEventBusName", "aws.partner/shop.example/1/orders"),
    ]);
    assert!(bus(&stack).contains("event-bus/${OrderEventBusName}"), "{}", bus(&stack));
    assert_eq!(stack["Outputs"]["OrderEventsArchiveName"]["Value"], json!({ "Ref": "OrderEventsArchive" }));
}
