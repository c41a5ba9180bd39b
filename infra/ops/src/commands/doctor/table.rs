//! Checks the table: it must exist and be configured as in template.yaml. The check writes nothing.

mod findings;
mod waiting;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, BillingMode, IndexStatus, KeyType, PointInTimeRecoveryStatus, ProjectionType,
    StreamViewType, TableDescription, TableStatus, TimeToLiveStatus,
};

use super::aws_error::{AwsError, Reached};
pub(super) use findings::findings;
pub(super) use waiting::Waiting;

/// DynamoDB's answers about the table, each of which may have failed.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) description: Result<Description, AwsError>,
    pub(super) expiry: Result<Expiry, AwsError>,
    /// Whether point-in-time recovery is on.
    pub(super) recovery: Result<Switch, AwsError>,
    /// A consistent read of an item that doesn't exist.
    pub(super) read: Result<(), AwsError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    Off,
}

impl Switch {
    const fn from_bool(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }
}

/// The relevant parts of `DescribeTable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) status: TableStatus,
    /// The key attributes, the partition key first, each with its type.
    pub(super) keys: Vec<String>,
    /// The index `due`.
    pub(super) due: Option<Index>,
    /// The stream's view type; none without a stream.
    pub(super) stream: Option<StreamViewType>,
    pub(super) deletion_protection: Switch,
    pub(super) billing: Option<BillingMode>,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) status: Option<IndexStatus>,
    pub(super) keys: Vec<String>,
    pub(super) projection: Option<ProjectionType>,
}

/// The time-to-live setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expiry {
    pub(super) switch: Switch,
    pub(super) attribute: Option<String>,
}

impl Facts {
    pub(super) async fn gather(client: &Client, name: &str) -> Self {
        let (description, expiry, recovery, read) = tokio::join!(
            description(client, name),
            expiry(client, name),
            recovery(client, name),
            read(client, name)
        );
        Self { description, expiry, recovery, read }
    }

    /// Whether the index `due` exists, in which waiting items are counted.
    pub(super) fn has_an_index(&self) -> bool {
        self.description.as_ref().is_ok_and(|description| description.due.is_some())
    }

    pub(super) fn reached(&self) -> Reached {
        Reached::from_result(&self.description)
            .max(Reached::from_result(&self.expiry))
            .max(Reached::from_result(&self.recovery))
            .max(Reached::from_result(&self.read))
    }
}

async fn description(client: &Client, name: &str) -> Result<Description, AwsError> {
    let described =
        client.describe_table().table_name(name).send().await.map_err(|error| AwsError::classify(&error))?;
    described.table.map(|table| read_description(&table)).ok_or(AwsError::NotFound)
}

fn read_description(table: &TableDescription) -> Description {
    let types: BTreeMap<&str, &str> = table
        .attribute_definitions()
        .iter()
        .map(|definition| (definition.attribute_name(), definition.attribute_type().as_str()))
        .collect();
    let keys = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| {
        let mut keys: Vec<_> = schema.iter().collect();
        keys.sort_by_key(|key| *key.key_type() != KeyType::Hash);
        let typed = |name: &str| format!("{name} ({})", types.get(name).copied().unwrap_or("?"));
        keys.into_iter().map(|key| typed(key.attribute_name())).collect()
    };
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    Description {
        status: table.table_status().cloned().unwrap_or(TableStatus::Active),
        keys: keys(table.key_schema()),
        due: table.global_secondary_indexes().iter().find(|index| index.index_name() == Some("due")).map(
            |index| Index {
                status: index.index_status().cloned(),
                keys: keys(index.key_schema()),
                projection: index.projection().and_then(|projection| projection.projection_type().cloned()),
            },
        ),
        stream: stream.and_then(|stream| stream.stream_view_type().cloned()),
        deletion_protection: Switch::from_bool(table.deletion_protection_enabled().unwrap_or(false)),
        billing: table.billing_mode_summary().and_then(|summary| summary.billing_mode().cloned()),
    }
}

async fn expiry(client: &Client, name: &str) -> Result<Expiry, AwsError> {
    let described = client.describe_time_to_live().table_name(name).send().await;
    let expiry = described.map_err(|error| AwsError::classify(&error))?.time_to_live_description;
    let status = expiry.as_ref().and_then(|expiry| expiry.time_to_live_status());
    let is_on = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    Ok(Expiry {
        switch: Switch::from_bool(is_on),
        attribute: expiry.and_then(|expiry| expiry.attribute_name),
    })
}

async fn recovery(client: &Client, name: &str) -> Result<Switch, AwsError> {
    let described = client.describe_continuous_backups().table_name(name).send().await;
    let backups = described.map_err(|error| AwsError::classify(&error))?.continuous_backups_description;
    let status = backups
        .and_then(|backups| backups.point_in_time_recovery_description)
        .and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(Switch::from_bool(status == Some(PointInTimeRecoveryStatus::Enabled)))
}

async fn read(client: &Client, name: &str) -> Result<(), AwsError> {
    // No item of the application has this key.
    let absent = || AttributeValue::S("DOCTOR".to_owned());
    let read =
        client.get_item().table_name(name).key("pk", absent()).key("sk", absent()).consistent_read(true);
    read.send().await.map(drop).map_err(|error| AwsError::classify(&error))
}
