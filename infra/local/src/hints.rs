//! What one can do with a run that goes on.

use crate::Local;
use crate::environment::TABLE;
use crate::options::BASE_PORT;

/// An order event as an entry of `PutEvents`, without an apostrophe, so that a shell takes it in single quotes.
const ENTRY: &str = r#"{"Source":"oms","DetailType":"Order Cancelled","Detail":"{\"order\":{\"number\":\"20001\"},\"customer\":{\"name\":\"Alexey\",\"phone\":\"+12025550100\",\"language\":\"en\",\"whatsapp_opt_in\":true},\"product\":{\"name\":\"Wireless headphones\"},\"next_step\":\"Payment will be refunded within 3–5 business days\"}"}"#;

/// How to send an event of one's own and how to look an order up, in a run whose first port is `port`.
pub fn of(local: &Local, port: u16) -> String {
    let port = if port == BASE_PORT { String::new() } else { format!("={port}") };
    let (bus, lookup, dynamodb) = (local.bus_url(), local.lookup_url(), local.dynamodb_url());
    format!(
        "It goes on until Ctrl-C. Send an event of your own:

  curl -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSEvents.PutEvents' \\
    -d '{{\"Entries\":[{ENTRY}]}}' {bus}

or with the AWS CLI, which wants credentials and a region; any will do:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-central-1
  aws events put-events --endpoint-url {bus} --entries '[{ENTRY}]'

Then ask the operator's tool, in another terminal, what became of it (--help says what else it can do):

  cargo run -q -p ops -- status 20001 --local{port}
  cargo run -q -p ops -- held --local{port}

or look the order up without it (-H 'Accept: application/json' for JSON):

  curl {lookup}/orders/20001
  curl {lookup}/orders/20001/events     # the status events that were published
  aws dynamodb query --endpoint-url {dynamodb} --table-name {TABLE} \\
    --key-condition-expression 'pk = :order' --expression-attribute-values '{{\":order\":{{\"S\":\"ORDER#20001\"}}}}'
"
    )
}

/// The settings of the functions, in a form that a shell reads, and where everything is.
pub fn of_backends(local: &Local) -> String {
    let lookup = local.lookup_url();
    format!(
        "{}\
         # Callbacks go to {}/webhooks/…\n\
         # Meta's verify token: {}\n\
         # Order events are put at {} and go on to order-notifier.\n\
         # Orders are looked up at {lookup}/orders/<number>, their status events at {lookup}/orders/<number>/events.",
        local.variables().exports(),
        local.webhook_url(),
        local.simulator().account().meta.verify_token,
        local.bus_url(),
    )
}
