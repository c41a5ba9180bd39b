//! Instructions for the user of a running local instance.

use serde_json::{Value, json};
use shared::catalogue::{Catalogue, OrderEvent};
use shared::message::OrderId;
use shared::secrets::KeySecret;
use simulator::Expected;

use crate::Local;
use crate::environment::TABLE;
use crate::expectation::Expectation;
use crate::options::BASE_PORT;
use crate::samples::Sample;

/// The example's order number, different from the samples' ones.
const ORDER: &str = "20001";

/// An example event: a sample with another order number.
#[derive(Debug)]
pub struct Example {
    /// An entry of `PutEvents` that may be quoted in single quotes.
    entry: String,
    order: OrderId,
}

impl Example {
    /// Builds it from the first sample that becomes a message under this catalogue.
    pub fn among(samples: &[Sample], catalogue: &Catalogue, key_secret: &KeySecret) -> Option<Self> {
        samples.iter().find_map(|sample| {
            let expected = |event: Value| {
                Some(Expectation::of_event(&OrderEvent::parse(event).ok()?, catalogue, key_secret))
            };
            let Expectation::Sent(original, Expected::Read) = expected(sample.event.clone())? else {
                return None;
            };
            let mut event = sample.event.clone();
            let detail = event.get("detail")?.to_string().replace(original.order.as_str(), ORDER);
            event.as_object_mut()?.insert("detail".to_owned(), serde_json::from_str(&detail).ok()?);
            let Expectation::Sent(reference, _) = expected(event.clone())? else { return None };
            let entry = json!({
                "Source": event.get("source")?,
                "DetailType": event.get("detail-type")?,
                "Detail": detail,
            });
            Some(Self { entry: entry.to_string().replace('\'', r"'\''"), order: reference.order })
        })
    }
}

/// How to publish the user's own event and how to look an order up, for a run whose first port is `port`.
pub fn next_steps(local: &Local, port: u16, studio: &str, example: Option<&Example>) -> String {
    let Some(Example { entry, order }) = example else {
        return format!(
            "The run continues until Ctrl-C. None of the events becomes a message under this catalogue, so there is no example to \
             show: pass your own with --events FILE, or try one in the browser: {studio}"
        );
    };
    let port = if port == BASE_PORT { String::new() } else { format!("={port}") };
    let (bus, lookup, dynamodb) = (local.bus_url(), local.lookup_url(), local.dynamodb_url());
    let (option, query, prefix) = match &order.sender {
        Some(sender) => {
            (format!(" --sender {sender}"), format!("?sender={sender}"), format!("SENDER#{sender}#"))
        }
        None => Default::default(),
    };
    format!(
        "The run continues until Ctrl-C. See the orders and try your own event in the browser:

  {studio}

or send an event from a terminal:

  curl -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.PutEvents' \\
    -d '{{\"Entries\":[{entry}]}}' {bus}

or with the AWS CLI, which requires credentials and a region (any values work):

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1
  aws events put-events --endpoint-url {bus} --entries '[{entry}]'

Then show its outcome with the operator's tool, in another terminal (--help lists all commands):

  cargo run -q -p ops -- status {order}{option} --local{port}
  cargo run -q -p ops -- held --local{port}

or look the order up without it (-H 'Accept: application/json' for JSON):

  curl {lookup}/orders/{order}{query}
  curl {lookup}/orders/{order}/events{query}     # the status events that were published
  aws dynamodb query --endpoint-url {dynamodb} --table-name {TABLE} \\
    --key-condition-expression 'pk = :order' --expression-attribute-values '{{\":order\":{{\"S\":\"{prefix}ORDER#{order}\"}}}}'
"
    )
}

/// The functions' settings as shell lines, and the endpoints.
pub fn backends(local: &Local) -> String {
    let lookup = local.lookup_url();
    format!(
        "{}\
         # Callbacks are sent to {}/webhooks/…\n\
         # Meta's verify token: {}\n\
         # Publish order events at {}; the local run delivers them to order-notifier.\n\
         # Orders are looked up at {lookup}/orders/<number>, their status events at {lookup}/orders/<number>/events.",
        local.variables().exports(),
        local.webhook_url(),
        local.simulator().account().meta.verify_token,
        local.bus_url(),
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::environment::key_secret;
    use crate::{catalogue, samples};

    fn example(catalogue: &Catalogue) -> Option<Example> {
        let mut samples = samples::read(&[samples::shipped()]).unwrap();
        samples::refresh(&mut samples, catalogue, Timestamp::now()).unwrap();
        Example::among(&samples, catalogue, &key_secret().unwrap())
    }

    #[test]
    fn the_example_becomes_a_message_about_its_own_order() {
        let shipped = catalogue::read(&catalogue::shipped()).unwrap();
        let Example { entry, order } = example(&shipped).unwrap();
        assert_eq!(order.as_str(), ORDER);
        let entry: Value = serde_json::from_str(&entry.replace(r"'\''", "'")).unwrap();
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        assert_eq!(detail["order"]["number"], ORDER);
        let (source, detail_type) =
            (entry["Source"].as_str().unwrap(), entry["DetailType"].as_str().unwrap());
        let listens = |entry: &shared::catalogue::Entry| {
            entry.sources.iter().any(|it| it == source)
                && entry.detail_types.iter().any(|it| it == detail_type)
        };
        assert!(shipped.entries().iter().any(listens), "{source} {detail_type}");
    }

    #[test]
    fn without_a_sendable_sample_there_is_no_example() {
        let text = std::fs::read_to_string(catalogue::shipped()).unwrap();
        let sources = [r#""oms""#, r#""returns""#, r#""wms""#];
        let text = sources.iter().fold(text, |text, source| text.replace(source, r#""elsewhere""#));
        assert!(example(&Catalogue::parse("c", &text).unwrap()).is_none());
    }
}
