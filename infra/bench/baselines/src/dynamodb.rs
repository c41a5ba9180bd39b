//! The baseline with one DynamoDB client, which shows the cost of the SDK. It puts one item per invocation, or makes the
//! number of concurrent writes in the event: each the write that delivery-webhook makes for a status, and nothing else.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_dynamodb::{Client, Config};
use futures_util::{StreamExt, TryStreamExt, stream};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

/// The number of concurrent requests, as in delivery-webhook.
const CONCURRENCY: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (client, table) = (&client()?, &std::env::var("TABLE_NAME")?);
    run(service_fn(|event| handle(client, table, event))).await
}

async fn handle(client: &Client, table: &str, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let number = |name: &str| event.payload.get(name).and_then(Value::as_u64);
    if let Some(items) = number("notifications") {
        let puts = stream::iter(0..items).map(|number| put_notification(client, table, number));
        puts.buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    } else if let Some(statuses) = number("statuses") {
        let updates = stream::iter(0..statuses).map(|number| store_status(client, table, number));
        updates.buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    } else {
        let id = event.payload.get("id").and_then(Value::as_str).unwrap_or_default();
        put(client, table, id).await?;
    }
    Ok(Value::Null)
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

async fn put(client: &Client, table: &str, id: &str) -> Result<(), Error> {
    client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(format!("BASELINE#{id}")))
        .item("sk", text("BASELINE"))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await?;
    Ok(())
}

/// Puts an item with the attributes of an accepted notification.
async fn put_notification(client: &Client, table: &str, number: u64) -> Result<(), Error> {
    let texts = [
        ("sk", "NOTIFICATION#0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("state", "accepted"),
        ("provider", "meta"),
        ("fingerprint", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("notification", "order-cancelled"),
        ("template", "order_cancelled"),
        ("language", "en_US"),
        ("event_id", "3ca942da-eca6-5e18-9666-9a8dba299045"),
        ("event_time", "2026-11-20T09:00:00.000Z"),
        ("created_at", "2026-11-20T09:00:01.000Z"),
        ("updated_at", "2026-11-20T09:00:01.000Z"),
    ];
    let ids = AttributeValue::Ss(vec![message(number)]);
    let numbers = [("attempt", "1"), ("requests", "1"), ("expires_at", "1800000000")];
    let numbers = numbers.map(|(name, number)| (name, AttributeValue::N(number.to_owned())));
    let item = texts.map(|(name, value)| (name, text(value))).into_iter().chain(numbers);
    let item = item.chain([("message_ids", ids.clone()), ("reply_ids", ids), ("pk", key(number))]);
    let item = item.map(|(name, value)| (name.to_owned(), value)).collect();
    client.put_item().table_name(table).set_item(Some(item)).send().await?;
    Ok(())
}

fn key(number: u64) -> AttributeValue {
    AttributeValue::S(format!("BASELINE#{number}"))
}

fn message(number: u64) -> String {
    format!("meta#wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI5QTNDQTVC{number:016}")
}

/// The update of delivery-webhook for a status with our reference: `Table::store_notification_facts` in the common crate.
async fn store_status(client: &Client, table: &str, number: u64) -> Result<(), Error> {
    let names = ["state", "provider", "due_bucket", "due_at", "reason", "claim_token", "message_ids", "pk"];
    let fact = "delivered_at:1f2e3d4c";
    let mut update = client
        .update_item()
        .table_name(table)
        .key("pk", key(number))
        .key("sk", text("NOTIFICATION#0f1e2d3c4b5a69788796a5b4c3d2e1f0"))
        .update_expression(
            "SET #fact = if_not_exists(#fact, :fact), #state = :state, #provider = :provider \
             REMOVE #due_bucket, #due_at, #reason, #claim_token ADD #message_ids :message_ids",
        )
        .condition_expression(
            "attribute_exists(#pk) AND (#state = :state OR NOT contains(#message_ids, :message))",
        )
        .expression_attribute_names("#fact", fact)
        .expression_attribute_values(":fact", text("2026-11-20T09:00:02.000Z"))
        .expression_attribute_values(":state", text("accepted"))
        .expression_attribute_values(":provider", text("meta"))
        .expression_attribute_values(":message_ids", AttributeValue::Ss(vec![message(number)]))
        .expression_attribute_values(":message", AttributeValue::S(message(number)));
    for name in names {
        update = update.expression_attribute_names(format!("#{name}"), name);
    }
    let update = update.return_values(ReturnValue::AllOld);
    update
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await?;
    Ok(())
}

/// Creates the client as the functions do: from the environment, without `aws-config`.
fn client() -> Result<Client, Error> {
    let variable = |name: &str| std::env::var(name);
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(credentials)
        .endpoint_url(variable("AWS_ENDPOINT_URL_DYNAMODB")?);
    Ok(Client::from_conf(config.build()))
}
