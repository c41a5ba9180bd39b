//! The path of a status event: the table's stream, status-publisher, the bus, and the queue for failed batches.

use serde_json::{Value, json};

use super::parameters::takes;
use super::resolved::deployed;
use super::{properties, template};

fn stream_mapping() -> Value {
    let template = template();
    let mapping = &properties(&template, "StatusPublisher")["Events"]["Stream"];
    assert_eq!(mapping["Type"], "DynamoDB");
    mapping["Properties"].clone()
}

#[test]
fn the_publisher_reads_the_tables_stream_from_its_beginning_with_both_images() {
    let mapping = stream_mapping();
    assert_eq!(mapping["Stream"], json!({ "Fn::GetAtt": "Table.StreamArn" }));
    assert_eq!(mapping["StartingPosition"], "TRIM_HORIZON");
    let template = template();
    let stream = &properties(&template, "Table")["StreamSpecification"];
    assert_eq!(stream["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[test]
fn the_filter_excludes_only_removals() {
    let filters = stream_mapping()["FilterCriteria"]["Filters"].clone();
    let patterns: Vec<Value> = filters
        .as_array()
        .unwrap()
        .iter()
        .map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(patterns, [json!({ "eventName": ["INSERT", "MODIFY"] })]);
}

#[test]
fn an_unpublishable_record_is_isolated_and_given_up_before_the_stream_drops_it() {
    let mapping = stream_mapping();
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(mapping["BisectBatchOnFunctionError"], true);
    assert_eq!(mapping["MaximumRetryAttempts"], -1);
    // The stream keeps a record for 24 hours, and an operator needs a working day of them:
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    let age = mapping["MaximumRecordAgeInSeconds"].as_i64().unwrap();
    assert!((3600..=12 * 3600).contains(&age), "{age} s");
    assert_eq!(
        mapping["DestinationConfig"]["OnFailure"],
        json!({ "Type": "SQS", "Destination": { "Fn::GetAtt": "UnpublishedStatusesQueue.Arn" } })
    );
}

#[test]
fn status_events_go_to_the_order_events_bus_unless_that_has_its_own_parameter() {
    let partners = "aws.partner/shop.example/1/orders";
    for (parameters, statuses, orders) in [
        (vec![("EventBusName", "shop")], json!("shop"), json!("shop")),
        (
            vec![("EventBusName", "shop"), ("CreateEventBus", "true")],
            json!({ "Ref": "OrderEventsBus" }),
            json!({ "Ref": "OrderEventsBus" }),
        ),
        (vec![("OrderEventBusName", partners)], json!("default"), json!(partners)),
        (
            vec![("EventBusName", "shop"), ("CreateEventBus", "true"), ("OrderEventBusName", "default")],
            json!({ "Ref": "OrderEventsBus" }),
            json!("default"),
        ),
    ] {
        let stack = deployed(&parameters);
        let variables = &properties(&stack, "StatusPublisher")["Environment"]["Variables"];
        assert_eq!(
            (&variables["EVENT_BUS_NAME"], &stack["Outputs"]["EventBusName"]["Value"]),
            (&statuses, &statuses)
        );
        assert_eq!(properties(&stack, "OrderEventsRule")["EventBusName"], orders);
        assert_eq!(stack["Outputs"]["OrderEventBusName"]["Value"], orders);
        // The bus that the role may write to.
        let put = properties(&stack, "StatusPublisherRole")["Policies"][0]["PolicyDocument"]["Statement"]
            .to_string();
        assert!(put.contains("event-bus/${EventBusName}") && !put.contains("OrderEventBusName"), "{put}");
    }
}

#[test]
fn a_partners_bus_for_status_events_is_refused_with_the_right_parameter() {
    let parameter = &template()["Parameters"]["EventBusName"];
    for (bus, is_taken) in [
        ("default", true),
        ("my.shop_bus-1", true),
        ("aws.partner/shop.example/1/orders", false),
        ("arn:aws:events:eu-central-1:111122223333:event-bus/shop", false),
        ("", false),
    ] {
        assert_eq!(takes(parameter, bus), is_taken, "{bus}");
    }
    let said = parameter["ConstraintDescription"].as_str().unwrap();
    assert!(said.contains("a partner's bus (aws.partner/...) goes into OrderEventBusName"), "{said}");
    assert!(takes(&template()["Parameters"]["OrderEventBusName"], "aws.partner/shop.example/1/orders"));
}
