//! A message that fails on WhatsApp, and the text message that follows it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use local::samples::{self, Sample};
use local::simulator::Simulator;
use local::simulator::aws::{AwsAccount, AwsService};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::aws::Aws;
use crate::emulator::REGION;
use crate::harness::Harness;

/// Added to the suites' catalogue.
const NOTIFICATION: &str = r#"
[notifications.cancelled-with-fallback]
source      = ["oms"]
detail_type = ["Order Cancelled With Fallback"]
order       = "detail.order.number"
recipient   = "detail.customer.phone"
consent     = "detail.customer.whatsapp_opt_in"
providers   = ["meta"]
body        = ["detail.customer.name", "detail.order.number", "detail.product.name", "detail.next_step"]

[notifications.cancelled-with-fallback.templates]
meta = { name = "order_cancelled", languages = ["en_US"] }

[notifications.cancelled-with-fallback.fallback]
after = "4h"

[[notifications.cancelled-with-fallback.fallback.channels]]
provider = "aws-sms"
consent  = "detail.customer.whatsapp_opt_in"
text     = { en = "Order {{2}} was cancelled." }
"#;
/// The order of [`sample`].
pub const ORDER: &str = "40000";
/// The simulator's number whose messages are accepted and fail at once.
const FAILS: &str = "+12025550103";
/// The variables with the addresses of AWS's messaging services.
const ENDPOINTS: [(&str, AwsService); 2] = [
    ("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", AwsService::Sms),
    ("AWS_ENDPOINT_URL_SESV2", AwsService::Email),
];

/// The account of AWS's messaging services, which the emulator lacks. Each function has a key of its own in the emulator, so
/// the signatures are not checked; `tests/it` checks them.
pub fn account() -> AwsAccount {
    AwsAccount { checks_signatures: false, ..AwsAccount::new(REGION, "", "") }
}

/// The settings with which the functions reach the simulated services.
pub fn settings(simulator: &Simulator) -> Vec<(String, String)> {
    Vec::from(ENDPOINTS.map(|(name, service)| (name.to_owned(), simulator.aws_endpoint(service))))
}

/// Writes the suites' catalogue with one more notification.
pub fn write_catalogue(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("notifications.toml");
    let shipped = std::fs::read_to_string(local::catalogue::shipped())?;
    std::fs::write(&path, shipped + NOTIFICATION)
        .with_context(|| format!("{} can't be written", path.display()))?;
    Ok(path)
}

/// An event whose message fails on WhatsApp.
pub fn sample() -> anyhow::Result<Sample> {
    let mut samples = samples::read(&[samples::shipped().join("order-cancelled.json")])?;
    let mut sample = samples.pop().context("no sample of a cancelled order")?;
    "order-cancelled-with-fallback".clone_into(&mut sample.name);
    let mut set = |pointer: &str, value: Value| -> anyhow::Result<()> {
        *sample.event.pointer_mut(pointer).with_context(|| format!("the sample has no {pointer}"))? = value;
        Ok(())
    };
    set("/detail-type", json!("Order Cancelled With Fallback"))?;
    set("/detail/order/number", json!(ORDER))?;
    set("/detail/customer/phone", json!(FAILS))?;
    Ok(sample)
}

/// Puts the events of the simulated services on the deployed queue, as EventBridge's rule does: only AWS may put an event
/// of `aws.sms-voice` on a bus.
pub fn forward_events(harness: &Harness, aws: &Aws) -> anyhow::Result<()> {
    let url = harness.stack.output("DeliveryEventsQueueUrl")?.to_owned();
    let (mut events, sqs) = (harness.simulator.aws_events(), aws.sqs());
    tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => {
                    let sent = sqs.send_message().queue_url(&url).message_body(event.body.to_string()).send();
                    if let Err(error) = sent.await {
                        eprintln!("a delivery event was not put on the queue: {error:?}");
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    Ok(())
}
