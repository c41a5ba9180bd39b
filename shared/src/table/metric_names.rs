//! The attributes with the names of a message's template and sender in the metrics. Items of earlier versions have none.

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, optional, s};
use super::name::{COUNTED_AS, COUNTED_FOR};
use crate::metric_names::MetricNames;

pub(super) fn attributes(names: &MetricNames) -> [(&'static str, Option<AttributeValue>); 2] {
    [(COUNTED_AS, names.template.as_ref().map(s)), (COUNTED_FOR, names.sender.as_ref().map(s))]
}

pub(super) fn read(item: &Item) -> serde_dynamo::Result<MetricNames> {
    Ok(MetricNames { template: optional(item, COUNTED_AS)?, sender: optional(item, COUNTED_FOR)? })
}
