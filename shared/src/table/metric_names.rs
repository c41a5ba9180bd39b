//! The attributes with the names of a message's template and sender in the metrics. Items of earlier versions have none.

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, optional, s};
use super::name::{METRIC_SENDER, METRIC_TEMPLATE};
use crate::metric_names::MetricNames;

pub(super) fn attributes(names: &MetricNames) -> [(&'static str, Option<AttributeValue>); 2] {
    [(METRIC_TEMPLATE, names.template.as_ref().map(s)), (METRIC_SENDER, names.sender.as_ref().map(s))]
}

pub(super) fn read(item: &Item) -> serde_dynamo::Result<MetricNames> {
    Ok(MetricNames { template: optional(item, METRIC_TEMPLATE)?, sender: optional(item, METRIC_SENDER)? })
}
