//! The log group of a function, read step by step.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::studio::live::line::{Line, Text, order};
use crate::deployment::signed::{CloudWatch, Operation};
use crate::failure::Failure;
use crate::outcome::Rating;

/// A line may be found this much later than others of its time.
pub(super) const LATE: SignedDuration = SignedDuration::from_secs(30);
/// Pages that are read in one step.
const PAGES: usize = 5;
/// Lines with a message: this leaves out metric lines and Lambda's own.
const PATTERN: &str = "{ $.message = \"*\" }";

/// Where the reading of a log group has come to. The service answers the earliest lines first.
pub(super) struct LogGroup {
    function: &'static str,
    name: String,
    /// The next pass begins with the lines of this time.
    from: Timestamp,
    /// A pass whose next page is still to be read: when it began, and the page's token. Tokens are valid for 24 hours.
    pass: Option<(Timestamp, String)>,
}

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
    /// In the API's model no member is required.
    #[serde(default)]
    event_id: String,
    /// In milliseconds.
    timestamp: i64,
    message: String,
}

impl LogGroup {
    /// A Lambda function's log group has the function's name.
    pub(super) fn new(stack: &str, function: &'static str, from: Timestamp) -> Self {
        Self { function, name: format!("/aws/lambda/{stack}-{function}"), from, pass: None }
    }

    pub(super) const fn from(&self) -> Timestamp {
        self.from
    }

    /// Adds the next lines, the earliest first. `false` if there are further ones, which the next call continues with. A completed pass
    /// is followed by one that begins a little earlier than it did, for late lines: the caller removes duplicates.
    ///
    /// The lines of the pages before a failure are added all the same.
    pub(super) async fn read(
        &mut self,
        client: &CloudWatch<'_>,
        lines: &mut Vec<Line>,
    ) -> Result<bool, Failure> {
        for _ in 0..PAGES {
            let now = Timestamp::now();
            let mut body = json!({
                "logGroupName": self.name,
                "startTime": self.from.as_millisecond(),
                "filterPattern": PATTERN,
            });
            let (begun, token) = self.pass.take().map_or((now, None), |(begun, token)| (begun, Some(token)));
            if let (Some(token), Some(body)) = (&token, body.as_object_mut()) {
                body.insert("nextToken".to_owned(), token.as_str().into());
            }
            let page = match client.call(Operation::FilterLogEvents, &body).await {
                Ok(page) => page,
                // A stack without AWS's channels has no delivery-events.
                Err(refused) if refused.code.as_deref() == Some("ResourceNotFoundException") => {
                    self.from = self.from.max(begun - LATE);
                    return Ok(true);
                }
                Err(refused) => {
                    // A token that the service doesn't take any more: the pass begins again.
                    let is_refused = refused.code.as_deref() == Some("InvalidParameterException");
                    self.pass = token.filter(|_| !is_refused).map(|token| (begun, token));
                    return Err(refused.failure);
                }
            };
            let Page { events, next_token } = serde_json::from_value(page).map_err(Failure::unavailable)?;
            lines.extend(events.iter().filter_map(|found| line(self.function, found)));
            self.pass = next_token.map(|token| (begun, token));
            if self.pass.is_none() {
                self.from = self.from.max(begun - LATE);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A line of docs/logging.md.
fn line(function: &str, found: &Found) -> Option<Line> {
    let value: Value = serde_json::from_str(&found.message).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let message = text("message")?;
    let key = text("key").map(|key| format!(" (key {key})")).unwrap_or_default();
    // EventBridge's and Lambda's ids have only these characters; anything else can't be an id of the page.
    let mut event_id: String = found.event_id.chars().filter(char::is_ascii_alphanumeric).collect();
    if event_id.is_empty() {
        event_id = hex::encode(digest(&SHA256, found.message.as_bytes()));
    }
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
    fn a_line_without_an_id_has_the_one_of_its_text() {
        let id = |text: &str| {
            let event = json!({"timestamp": 1, "message": json!({"message": text}).to_string()});
            line("order-notifier", &serde_json::from_value(event).unwrap()).unwrap().id
        };
        assert_eq!(id("one"), id("one"));
        assert_ne!(id("one"), id("two"));
    }

    #[test]
    fn what_is_no_line_of_a_function_is_left_out() {
        for message in ["START RequestId: 1", r#"{"_aws":{},"level":"INFO"}"#] {
            assert!(line("order-notifier", &found(message)).is_none(), "{message}");
        }
    }
}
