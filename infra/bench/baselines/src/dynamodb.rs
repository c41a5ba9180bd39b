//! The baseline with one DynamoDB client, which shows the cost of the SDK. It puts one item per invocation, or the number
//! of concurrent items in the event.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
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
    let id = event.payload.get("id").and_then(Value::as_str).unwrap_or_default();
    let items = event.payload.get("items").and_then(Value::as_u64).unwrap_or(1);
    let puts = stream::iter(0..items).map(|number| put(client, table, format!("{id}#{number}")));
    puts.buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    Ok(Value::Null)
}

async fn put(client: &Client, table: &str, id: String) -> Result<(), Error> {
    client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(format!("BASELINE#{id}")))
        .item("sk", AttributeValue::S("BASELINE".to_owned()))
        .condition_expression("attribute_not_exists(pk)")
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
