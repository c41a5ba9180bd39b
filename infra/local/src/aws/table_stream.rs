//! The table's stream, read as Lambda reads it: shard iterator after shard iterator.
//!
//! The engine has one shard and keeps its records as long as the table; DynamoDB has many shards and keeps records for
//! a day.

use std::fmt;

use anyhow::Context as _;
use dynoxide::Database;
use serde_json::{Value, json};

/// A reader of the stream.
pub struct TableStream {
    database: Database,
    iterator: String,
}

impl fmt::Debug for TableStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableStream").finish_non_exhaustive()
    }
}

impl TableStream {
    /// The stream of the engine's one table, from its oldest record on (`TRIM_HORIZON`).
    pub(super) fn open(database: Database) -> anyhow::Result<Self> {
        let streams = database.list_streams(request(json!({}))?)?;
        let arn = streams.streams.first().context("the table has no stream")?.stream_arn.clone();
        let described = database.describe_stream(request(json!({ "StreamArn": arn }))?)?;
        let shard = described.stream_description.shards.first().context("the stream has no shard")?;
        let iterator = database.get_shard_iterator(request(json!({
            "StreamArn": arn,
            "ShardId": shard.shard_id,
            "ShardIteratorType": "TRIM_HORIZON",
        }))?)?;
        let iterator = iterator.shard_iterator.context("the stream has no iterator")?;
        Ok(Self { database, iterator })
    }

    /// The next records, at most `limit`, in the function's event format; empty if there are no new ones.
    pub fn next(&mut self, limit: usize) -> anyhow::Result<Vec<Value>> {
        let asked = request(json!({ "ShardIterator": self.iterator, "Limit": limit }))?;
        let found = self.database.get_records(asked)?;
        let records: Result<Vec<Value>, _> = found.records.iter().map(serde_json::to_value).collect();
        if let Some(next) = found.next_shard_iterator {
            self.iterator = next;
        }
        records.context("a stream record can't be converted to JSON")
    }
}

fn request<T: serde::de::DeserializeOwned>(json: Value) -> anyhow::Result<T> {
    serde_json::from_value(json).context("the engine refuses the request's format")
}
