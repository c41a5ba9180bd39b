//! A table that holds a number of orders before anything is measured: copies of real orders' items under keys of their own.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::environment::TABLE;

use crate::progress::Progress;

/// As many as `BatchWriteItem` takes.
const BATCH: usize = 25;
/// Batches at the same time.
const SIDE_BY_SIDE: usize = 4;
/// Between two steps of the progress bar.
const COPIES_A_STEP: usize = 1_000;

type Item = HashMap<String, AttributeValue>;

/// Copies all that the table holds, of `orders` orders, until it holds `wanted`.
pub(super) async fn fill(client: &Client, orders: usize, wanted: usize) -> anyhow::Result<()> {
    let originals = items(client).await?;
    let copies = (wanted / orders).saturating_sub(1);
    let progress = Progress::bar("filling the table", copies / COPIES_A_STEP);
    for copy in 1..=copies {
        let requests = originals.iter().map(|item| put(item, copy)).collect::<anyhow::Result<Vec<_>>>()?;
        let batches = requests.chunks(BATCH).map(|batch| write(client, batch.to_vec()));
        stream::iter(batches).buffer_unordered(SIDE_BY_SIDE).try_for_each(|()| async { Ok(()) }).await?;
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

/// An item under another partition's key. What is due stays where it is due: nothing of a finished order is.
fn put(item: &Item, copy: usize) -> anyhow::Result<WriteRequest> {
    let mut item = item.clone();
    let key = item.get_mut("pk").context("an item without a key")?;
    let original = key.as_s().map_err(|_| anyhow::anyhow!("a key that is no text"))?;
    *key = AttributeValue::S(format!("{original}~{copy}"));
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

async fn write(client: &Client, batch: Vec<WriteRequest>) -> anyhow::Result<()> {
    let reply = client.batch_write_item().request_items(TABLE, batch).send().await?;
    let left = reply.unprocessed_items.unwrap_or_default();
    anyhow::ensure!(left.is_empty(), "the engine left {} writes undone", left.len());
    Ok(())
}
