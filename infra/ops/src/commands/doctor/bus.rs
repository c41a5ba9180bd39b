//! Checks the rules. That of the order events must match the catalogue's events, not the application's own, and put them on the
//! queue. With a channel of AWS, that of the default bus must put AWS's delivery events on theirs.

mod findings;
mod forwards;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState;
use serde_json::Value;

use super::aws_error::{AwsError, Reached};
pub(super) use findings::{Names, findings};
pub(super) use forwards::Forwards;

/// EventBridge's description of a rule.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    rule: Result<Rule, AwsError>,
    targets: Result<Vec<Target>, AwsError>,
}

/// `DescribeRule`.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    is_enabled: bool,
    /// None if the rule has none, such as a schedule, or if it isn't JSON.
    pattern: Option<Value>,
}

/// One of the rule's targets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    arn: String,
    dead_letters: Option<String>,
    passes: Passes,
}

/// What a target receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passes {
    /// The unchanged event.
    Event,
    /// A transformed event.
    Other,
}

impl Facts {
    pub(super) async fn gather(client: &Client, bus: &str, rule: &str) -> Self {
        let (rule, targets) = tokio::join!(describe(client, bus, rule), list(client, bus, rule));
        Self { rule, targets }
    }

    pub(super) fn reached(&self) -> Reached {
        Reached::from_result(&self.rule).max(Reached::from_result(&self.targets))
    }
}

async fn describe(client: &Client, bus: &str, rule: &str) -> Result<Rule, AwsError> {
    let described = client.describe_rule().event_bus_name(bus).name(rule).send().await;
    let described = described.map_err(|error| AwsError::classify(&error))?;
    Ok(Rule {
        is_enabled: !matches!(described.state, Some(RuleState::Disabled)),
        pattern: described.event_pattern.and_then(|pattern| serde_json::from_str(&pattern).ok()),
    })
}

async fn list(client: &Client, bus: &str, rule: &str) -> Result<Vec<Target>, AwsError> {
    // A rule has five targets at most, and a page holds a hundred.
    let listed = client.list_targets_by_rule().event_bus_name(bus).rule(rule).send().await;
    let targets = listed.map_err(|error| AwsError::classify(&error))?.targets.unwrap_or_default();
    let is_changed = |target: &aws_sdk_eventbridge::types::Target| {
        target.input.is_some() || target.input_path.is_some() || target.input_transformer.is_some()
    };
    let target = |target: aws_sdk_eventbridge::types::Target| Target {
        passes: if is_changed(&target) { Passes::Other } else { Passes::Event },
        dead_letters: target.dead_letter_config.and_then(|config| config.arn),
        arn: target.arn,
    };
    Ok(targets.into_iter().map(target).collect())
}
