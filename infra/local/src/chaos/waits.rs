//! Ends waits early: a run doesn't spend the minutes and hours of a real wait.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::Local;
use crate::environment::TABLE;

/// Concurrent updates.
const CONCURRENCY: usize = 8;

/// Ends every wait: of unsent notifications, of events that the table stores, and of messages with a receiver's
/// visibility timeout. Leases and confirmation windows continue.
pub async fn end(local: &Local) -> anyhow::Result<()> {
    let client = local.dynamodb().client();
    let waiting = client
        .scan()
        .table_name(TABLE)
        .consistent_read(true)
        .filter_expression("due_at > :now AND (#state = :waiting OR sk = :event)")
        .expression_attribute_names("#state", "state")
        .expression_attribute_values(":now", text(now(local)))
        .expression_attribute_values(":waiting", text("waiting"))
        .expression_attribute_values(":event", text("EVENT"))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .context("the waiting items can't be read")?;
    stream::iter(waiting)
        .map(|item| end_one(&client, item, now(local)))
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    local.queue().end_waits();
    Ok(())
}

/// Ends one item's wait, unless the item has changed meanwhile.
async fn end_one(
    client: &Client,
    mut item: HashMap<String, AttributeValue>,
    now: String,
) -> anyhow::Result<()> {
    let mut take = |name: &str| item.remove(name).with_context(|| format!("an item without {name}"));
    let (pk, sk, due_at) = (take("pk")?, take("sk")?, take("due_at")?);
    let ended = client
        .update_item()
        .table_name(TABLE)
        .key("pk", pk)
        .key("sk", sk)
        .update_expression("SET due_at = :now")
        .condition_expression("due_at = :known")
        .expression_attribute_values(":known", due_at)
        .expression_attribute_values(":now", text(now))
        .send()
        .await;
    match ended {
        Err(error) if error.code() != Some("ConditionalCheckFailedException") => {
            Err(error).context("an item's wait can't be ended")
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The functions' current time in the table's format.
fn now(local: &Local) -> String {
    format!("{:.3}", local.clock().now())
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}
