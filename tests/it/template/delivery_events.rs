//! The path of AWS's delivery events: default bus, rule, queue, delivery-events; deployed only with a channel of AWS.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resolved::deployed;
use super::{properties, statements, strings, template};

/// Each parameter, and the action that it allows order-notifier.
const CHANNELS: [(&str, &str); 3] = [
    ("AwsWhatsApp", "social-messaging:SendWhatsAppMessage"),
    ("AwsSms", "sms-voice:SendTextMessage"),
    ("AwsEmail", "ses:SendEmail"),
];

fn of_delivery_events(stack: &Value) -> BTreeSet<String> {
    let named = |section: &str| {
        let entries = stack[section].as_object().unwrap().clone();
        entries.into_iter().map(|(name, _)| name).filter(|name| name.starts_with("DeliveryEvents"))
    };
    named("Resources").chain(named("Outputs")).collect()
}

fn actions_of_order_notifier(stack: &Value) -> BTreeSet<String> {
    let statements = statements(properties(stack, "OrderNotifierRole"));
    statements.iter().flat_map(|statement| strings(&statement["Action"])).collect()
}

#[test]
fn without_a_channel_of_aws_nothing_of_it_is_deployed() {
    let stack = deployed(&[]);
    assert_eq!(of_delivery_events(&stack), BTreeSet::new());
    // The nested stack gets `none` for each name.
    let named = |name: &str| stack["Resources"].to_string().contains(name);
    assert!(!named("\"DeliveryEvents\"") && !named("DeliveryEventsQueue.QueueName"));
    let actions = actions_of_order_notifier(&stack);
    assert!(CHANNELS.iter().all(|(_, action)| !actions.contains(*action)), "{actions:?}");
}

#[test]
fn each_channel_deploys_everything_and_allows_its_own_request_alone() {
    let template = template();
    let all = of_delivery_events(&template);
    for (channel, action) in CHANNELS {
        let stack = deployed(&[(channel, "true")]);
        let mut expected = all.clone();
        if channel != "AwsWhatsApp" {
            expected.remove("DeliveryEventsQueueArn");
        }
        assert_eq!(of_delivery_events(&stack), expected, "{channel}");
        let actions = actions_of_order_notifier(&stack);
        for (_, other) in CHANNELS {
            assert_eq!(actions.contains(other), other == action, "{channel}: {other}");
        }
    }
}

#[test]
fn the_rule_of_the_default_bus_forwards_the_events_that_the_function_reads_and_no_others() {
    let all = deployed(&[("AwsSms", "true"), ("AwsEmail", "true"), ("AwsWhatsApp", "true")]);
    let rule = properties(&all, "DeliveryEventsRule");
    assert_eq!(rule.get("EventBusName"), None, "services put their events on the default bus");
    // The operator's tool derives the name from the stack's.
    assert_eq!(rule["Name"], json!({ "Fn::Sub": "${AWS::StackName}-delivery-events" }));
    let pattern = &rule["EventPattern"];
    let forwards = |source: &str, detail_type: &str| {
        let matches = |value: &Value| match value["prefix"].as_str() {
            Some(prefix) => detail_type.starts_with(prefix),
            None => value == detail_type,
        };
        pattern["source"].as_array().unwrap().contains(&json!(source))
            && pattern["detail-type"].as_array().unwrap().iter().any(matches)
    };
    let by_sms = deployed(&[("AwsSms", "true")]);
    let of_sms = &properties(&by_sms, "DeliveryEventsRule")["EventPattern"]["source"];
    assert_eq!(*of_sms, json!(["aws.sms-voice"]));
    for (source, detail_type, is_forwarded) in [
        ("aws.sms-voice", "Text Message Delivery Status Updated", true),
        ("aws.sms-voice", "Voice Message Delivery Status Updated", false),
        ("aws.ses", "Email Bounced", true),
        ("aws.ses", "Email Complaint Received", true),
        ("aws.ses", "Sending Status Disabled", false),
        ("aws.ses", "AWS API Call via CloudTrail", false),
        ("aws.social-messaging", "WhatsApp Message Undeliverable", true),
        ("aws.social-messaging", "WhatsApp Message Received", false),
        ("aws.social-messaging", "WhatsApp Unknown Notification Received", false),
        ("oms", "Email Bounced", false),
    ] {
        assert_eq!(forwards(source, detail_type), is_forwarded, "{source} {detail_type}");
    }
}

#[test]
fn only_the_rule_and_with_whatsapp_the_accounts_topics_put_messages_on_the_queue() {
    let policy = |stack: &Value| statements(properties(stack, "DeliveryEventsQueuesPolicy"));
    let rule = json!({ "ArnEquals": { "aws:SourceArn": { "Fn::GetAtt": "DeliveryEventsRule.Arn" } } });
    let by_sms = policy(&deployed(&[("AwsSms", "true")]));
    assert_eq!((by_sms.len(), &by_sms[0]["Condition"]), (1, &rule));
    let by_whatsapp = policy(&deployed(&[("AwsWhatsApp", "true")]));
    assert_eq!((by_whatsapp.len(), &by_whatsapp[0]), (2, &by_sms[0]));
    assert_eq!(by_whatsapp[1]["Principal"]["Service"], "sns.amazonaws.com");
    let topics = &by_whatsapp[1]["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"];
    assert!(topics.as_str().unwrap().contains("${AWS::AccountId}"), "{topics}");
}

#[test]
fn the_queue_is_read_in_batches_of_which_a_part_may_fail() {
    let template = template();
    let function = properties(&template, "DeliveryEvents");
    let mapping = &function["Events"]["DeliveryEvents"]["Properties"];
    assert_eq!(mapping["Queue"], json!({ "Fn::GetAtt": "DeliveryEventsQueue.Arn" }));
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    let queue = properties(&template, "DeliveryEventsQueue");
    let (visibility, timeout) = (queue["VisibilityTimeout"].as_i64(), function["Timeout"].as_i64());
    assert!(visibility.unwrap() >= 6 * timeout.unwrap());
    let dead_letters = properties(&template, "DeliveryEventsDeadLetterQueue");
    let days = |queue: &Value| queue["MessageRetentionPeriod"].as_i64().unwrap();
    assert!(days(dead_letters) > days(queue));
}

#[test]
fn the_local_queue_has_as_many_receives() {
    let template = template();
    let receives = &properties(&template, "DeliveryEventsQueue")["RedrivePolicy"]["maxReceiveCount"];
    assert_eq!(*receives, local::events_queue::MAX_RECEIVES);
}

#[test]
fn the_function_reaches_the_items_that_delivery_webhook_reaches() {
    let template = template();
    let of_table = |role: &str| {
        let statements = statements(properties(&template, role)).into_iter();
        let of_table =
            statements.filter(|it| strings(&it["Action"]).iter().any(|it| it.starts_with("dynamodb:")));
        of_table.collect::<Vec<_>>()
    };
    assert_eq!(of_table("DeliveryEventsRole"), of_table("DeliveryWebhookRole"));
}
