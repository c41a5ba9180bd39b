//! DynamoDB: an embedded engine that the real SDK calls over HTTP.
//!
//! The engine is `dynoxide`: conditional writes, transactions, indexes, streams. Expired items stay until
//! [`DynamoDb::sweep`]; on AWS they stay for up to 48 hours.

mod stream_index;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde_json::{Value, json};
use shared::aws::http_client;
use shared::tls::Tls;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::table_stream::TableStream;
use super::{REGION, table};

/// The engine with the application's table. It ends when it is dropped.
pub struct DynamoDb {
    address: SocketAddr,
    database: Database,
    client: Client,
    _end: oneshot::Sender<()>,
}

impl fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDb").field("address", &self.address).finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// Starts the engine, in memory or in a file, and creates the table if it doesn't exist.
    pub fn start(listener: TcpListener, file: Option<&Path>, table_name: &str) -> anyhow::Result<Self> {
        let path = match file {
            // SQLite's in-memory file system, where a second connection finds the database by name.
            None => format!("file:/{}?vfs=memdb", super::uuid()),
            Some(path) => {
                path.to_str().context("the path of the table's file isn't valid Unicode")?.to_owned()
            }
        };
        let database = Database::new(&path).context("the table can't be opened")?;
        create_table(&database, table_name).context("the table can't be created")?;
        stream_index::create(&path).context("the table's stream can't be indexed")?;

        let address = listener.local_addr().context("the address of a listening socket")?;
        let (end, ended) = oneshot::channel::<()>();
        let served = database.clone();
        tokio::spawn(async move {
            let ended = async move {
                let _dropped = ended.await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, ended).await {
                tracing::error!(error, "the table's engine ended");
            }
        });
        let client = client(&format!("http://{address}"))?;
        Ok(Self { address, database, client, _end: end })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of the real SDK for this engine.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The table's stream, from its oldest record on.
    pub fn stream(&self) -> anyhow::Result<TableStream> {
        TableStream::open(self.database.clone())
    }

    /// Deletes every expired item, and returns their number.
    pub fn sweep(&self) -> anyhow::Result<usize> {
        self.database.sweep_ttl().context("the sweep of expired items")
    }
}

fn client(url: &str) -> anyhow::Result<Client> {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(REGION))
        .http_client(http_client(&Tls::with_system_roots()?)?)
        .credentials_provider(Credentials::new("local", "local", None, None, "local run"))
        .endpoint_url(url);
    Ok(Client::from_conf(config.build()))
}

fn create_table(database: &Database, name: &str) -> anyhow::Result<()> {
    match database.create_table(request(table::definition(name))?) {
        Ok(_) => {}
        Err(DynoxideError::ResourceInUseException(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    database.update_time_to_live(request(json!({
        "TableName": name,
        "TimeToLiveSpecification": { "AttributeName": table::TTL_ATTRIBUTE, "Enabled": true },
    }))?)?;
    Ok(())
}

fn request<T: serde::de::DeserializeOwned>(json: Value) -> anyhow::Result<T> {
    serde_json::from_value(json).context("the engine refuses the request's format")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{AttributeValue, KeySchemaElement, TimeToLiveStatus};

    use super::*;
    use crate::server::Ports;

    async fn start(file: Option<&Path>) -> DynamoDb {
        DynamoDb::start(Ports::Any.listen(0, "the table").await.unwrap(), file, "orders").unwrap()
    }

    #[tokio::test]
    async fn the_table_that_the_sdk_sees_has_the_index_the_stream_and_the_time_to_live() {
        let engine = start(None).await;
        let client = engine.client();
        let table = client.describe_table().table_name("orders").send().await.unwrap().table.unwrap();
        let keys: Vec<_> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
        assert_eq!(keys, ["pk", "sk"]);
        assert_eq!(table.global_secondary_indexes()[0].index_name(), Some("due"));
        assert!(table.stream_specification().unwrap().stream_enabled());

        let ttl = client.describe_time_to_live().table_name("orders").send().await.unwrap();
        let ttl = ttl.time_to_live_description.unwrap();
        assert_eq!(ttl.attribute_name(), Some(table::TTL_ATTRIBUTE));
        assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
    }

    #[tokio::test]
    async fn conditions_apply_and_a_sweep_deletes_expired_items() {
        let engine = start(None).await;
        let put = |expires_at: &str| {
            engine
                .client()
                .put_item()
                .table_name("orders")
                .item("pk", AttributeValue::S("ORDER#1".into()))
                .item("sk", AttributeValue::S("PROGRESS".into()))
                .item(table::TTL_ATTRIBUTE, AttributeValue::N(expires_at.into()))
                .condition_expression("attribute_not_exists(pk)")
                .send()
        };
        put("1000000000").await.unwrap();
        let refused = put("1000000000").await.unwrap_err().into_service_error();
        assert!(refused.is_conditional_check_failed_exception(), "{refused:?}");
        assert_eq!(engine.sweep().unwrap(), 1);
        put("9000000000").await.unwrap();
        assert_eq!(engine.sweep().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_table_in_a_file_is_reused() {
        let file = std::env::temp_dir().join(format!("{}.sqlite", crate::aws::uuid()));
        drop(start(Some(&file)).await);
        let tables = start(Some(&file)).await.client().list_tables().send().await.unwrap();
        assert_eq!(tables.table_names(), ["orders"]);
        std::fs::remove_file(file).unwrap();
    }
}
