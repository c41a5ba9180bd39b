//! Fills the table before a measurement with copies of real orders' items under other keys.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::environment::TABLE;

use crate::progress::Progress;

/// The maximum number of items in a `BatchWriteItem` request.
const BATCH: usize = 25;
/// The number of concurrent batches.
const CONCURRENCY: usize = 4;
/// The number of copies per step of the progress bar.
const COPIES_A_STEP: usize = 1_000;

type Item = HashMap<String, AttributeValue>;

/// Copies the table's items, which belong to `orders` orders, until the table has about `wanted` orders.
pub(super) async fn fill(client: &Client, orders: usize, wanted: usize) -> anyhow::Result<()> {
    let originals = items(client).await?;
    let copies = (wanted / orders).saturating_sub(1);
    let progress = Progress::bar("filling the table", copies / COPIES_A_STEP);
    for copy in 1..=copies {
        let requests = originals.iter().map(|item| put(item, copy)).collect::<anyhow::Result<Vec<_>>>()?;
        let batches = requests.chunks(BATCH).map(|batch| write(client, batch.to_vec()));
        stream::iter(batches).buffer_unordered(CONCURRENCY).try_for_each(|()| async { Ok(()) }).await?;
        if copy % COPIES_A_STEP == 0 {
            progress.step();
        }
    }
    Ok(())
}

async fn items(client: &Client) -> anyhow::Result<Vec<Item>> {
    let pages = client.scan().table_name(TABLE).into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.context("the table can't be read")
}

/// A copy of an item under another partition key. The items of finished orders aren't in the index `due`.
fn put(item: &Item, copy: usize) -> anyhow::Result<WriteRequest> {
    let mut item = item.clone();
    let key = item.get_mut("pk").context("an item has no key")?;
    let original = key.as_s().map_err(|_| anyhow::anyhow!("a key isn't text"))?;
    *key = AttributeValue::S(format!("{original}~{copy}"));
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

async fn write(client: &Client, batch: Vec<WriteRequest>) -> anyhow::Result<()> {
    let reply = client.batch_write_item().request_items(TABLE, batch).send().await?;
    let left = reply.unprocessed_items.unwrap_or_default();
    anyhow::ensure!(left.is_empty(), "the engine didn't process {} writes", left.len());
    Ok(())
}
