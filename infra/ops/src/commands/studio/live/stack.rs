//! The log lines of a stack's functions. They have no secrets and nothing personal: docs/logging.md.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Lines;
use super::line::{Line, Text, order};
use crate::deployment::signed::{CloudWatch, Operation};
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;
use crate::outcome::Rating;

/// The functions' names after the stack's, as template.yaml has them; their log groups have the same names.
const FUNCTIONS: [&str; 5] =
    ["order-notifier", "delivery-webhook", "delivery-events", "delivery-sweeper", "status-publisher"];
/// What the page shows first.
const RECENT: SignedDuration = SignedDuration::from_mins(15);
const MOST_RECENT: usize = 100;
/// Five requests each time; an account has 10 to 25 of them a second, by region
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
const PAUSE: Duration = Duration::from_secs(4);
/// A line may be found this much later than others of its time.
const LATE: SignedDuration = SignedDuration::from_secs(30);
/// Pages of one request that are read.
const PAGES: usize = 5;
/// Lines with a message: this leaves out metric lines and Lambda's own.
const PATTERN: &str = "{ $.message = \"*\" }";

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    events: Vec<Found>,
    #[serde(rename = "nextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    event_id: String,
    /// In milliseconds.
    timestamp: i64,
    message: String,
}

pub(super) async fn recent(deployment: &Deployment) -> Result<Vec<Line>, Failure> {
    let mut lines = since(&CloudWatch::of(deployment)?, deployment, Timestamp::now() - RECENT).await?;
    lines.drain(..lines.len().saturating_sub(MOST_RECENT));
    Ok(lines)
}

/// Asks every few seconds, until the browser leaves.
pub(super) async fn follow(deployment: &Deployment, after: &str, lines: &Lines) -> Result<(), Failure> {
    let client = CloudWatch::of(deployment)?;
    let after = after.split('-').next().and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
    let mut from = after.filter(|at| *at > Timestamp::now() - RECENT).unwrap_or_else(Timestamp::now);
    let mut seen = HashSet::new();
    loop {
        for line in since(&client, deployment, from).await? {
            if seen.insert(line.id.clone()) && lines.send(Ok(line)).await.is_err() {
                return Ok(());
            }
        }
        let overlap = Timestamp::now() - LATE;
        from = from.max(overlap);
        seen.retain(|id: &String| at_of(id).is_some_and(|at| at >= from));
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = lines.closed() => return Ok(()),
        }
    }
}

fn at_of(id: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(id.split('-').next()?.parse().ok()?).ok()
}

/// The earliest first.
async fn since(
    client: &CloudWatch<'_>,
    deployment: &Deployment,
    from: Timestamp,
) -> Result<Vec<Line>, Failure> {
    let Named::Stack(stack) = deployment.named() else {
        return Err(Failure::usage("only a stack has logs that can be found")
            .with_remedy("name it: ops studio --stack NAME"));
    };
    let mut lines = Vec::new();
    for function in FUNCTIONS {
        let mut body = json!({
            "logGroupName": format!("/aws/lambda/{stack}-{function}"),
            "startTime": from.as_millisecond(),
            "filterPattern": PATTERN,
        });
        for _ in 0..PAGES {
            let page = match client.call(Operation::FilterLogEvents, &body).await {
                Ok(page) => page,
                // A stack without AWS's channels has no delivery-events.
                Err(refused) if refused.code.as_deref() == Some("ResourceNotFoundException") => break,
                Err(refused) => return Err(refused.failure),
            };
            let Page { events, next_token } = serde_json::from_value(page).map_err(Failure::unavailable)?;
            lines.extend(events.iter().filter_map(|found| line(function, found)));
            let Some(token) = next_token else { break };
            if let Some(body) = body.as_object_mut() {
                body.insert("nextToken".to_owned(), token.into());
            }
        }
    }
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

/// A line of docs/logging.md.
fn line(function: &str, found: &Found) -> Option<Line> {
    let value: Value = serde_json::from_str(&found.message).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let message = text("message")?;
    let key = text("key").map(|key| format!(" (key {key})")).unwrap_or_default();
    // EventBridge's and Lambda's ids have only these characters; anything else can't be an id of the page.
    let event_id: String = found.event_id.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(Line {
        id: format!("{}-{event_id}", found.timestamp),
        at: Timestamp::from_millisecond(found.timestamp).ok()?,
        kind: function.to_owned(),
        order: order(text("order"), text("sender")),
        party: text("provider").map(str::to_owned),
        summary: format!("{message}{key}"),
        rating: match text("level") {
            Some("ERROR") => Rating::Bad,
            Some("WARN") => Rating::Pending,
            _ => Rating::Good,
        },
        text: Text::Whole(format!("{value:#}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Found {
        Found { event_id: "3811/x".to_owned(), timestamp: 1_795_165_200_123, message: message.to_owned() }
    }

    #[test]
    fn a_log_line_has_its_order_key_and_level() {
        let message = r#"{"level":"WARN","message":"order 10482: held","order":"10482","sender":"acme","key":"5f0c","provider":"meta"}"#;
        let line = line("order-notifier", &found(message)).unwrap();
        assert_eq!(line.id, "1795165200123-3811x");
        assert_eq!(line.summary, "order 10482: held (key 5f0c)");
        assert_eq!(line.rating, Rating::Pending);
        let html = line.markup().into_string();
        assert!(html.contains(r#"href="/orders/10482?sender=acme""#) && html.contains("(warning)"), "{html}");
    }

    #[test]
    fn what_is_no_line_of_a_function_is_left_out() {
        for message in ["START RequestId: 1", r#"{"_aws":{},"level":"INFO"}"#] {
            assert!(line("order-notifier", &found(message)).is_none(), "{message}");
        }
    }
}
