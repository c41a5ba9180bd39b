//! The performance targets, and whether a run reaches them.
//!
//! The cost of our own code on top of the SDK is a difference: a function's processor time minus that of the same
//! number of requests by the baseline with one DynamoDB client, made in the same way: sequential for a notification,
//! concurrent for the statuses of a large call.

use crate::figures::{Figures, mebibytes, megabytes};
use crate::measure::batch;
use crate::measure::statuses::Statuses;
use crate::statistics::milliseconds;
use crate::subjects::Subject;
use crate::table::{Table, number};

/// DynamoDB requests of an accepted notification, and of a status: `docs/operations.md`, "Request units of a message".
const REQUESTS_OF_A_NOTIFICATION: f64 = 3.0;
const REQUESTS_OF_A_STATUS: f64 = 1.0;
/// The number of statuses in the measured call.
const STATUSES: usize = 1000;
/// The memory size of its quota.
const MEMORY_MB: u32 = 512;

/// Whether more or less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtMost,
    AtLeast,
}

struct Target {
    what: &'static str,
    bound: Bound,
    limit: f64,
    unit: &'static str,
    measured: Option<f64>,
}

/// Every target for which this run has a figure.
pub fn table(figures: &Figures) -> Table {
    let mut table = Table::new("reach", ["", "to reach", "measured", ""]);
    for target in targets(figures) {
        let Some(measured) = target.measured else { continue };
        let (sign, reached) = match target.bound {
            Bound::AtMost => ("≤", measured <= target.limit),
            Bound::AtLeast => ("≥", measured >= target.limit),
        };
        let told = match reached {
            // A negative difference is smaller than the measurement error.
            _ if measured < 0.0 => "can't be told",
            true => "reached",
            false => "**not reached**",
        };
        table.row([
            target.what.to_owned(),
            format!("{sign} {} {}", target.limit, target.unit),
            format!("{} {}", number(measured), target.unit),
            told.to_owned(),
        ]);
    }
    table
}

fn targets(figures: &Figures) -> Vec<Target> {
    use Bound::{AtLeast, AtMost};
    use Subject::{DeliveryWebhook as Webhook, Empty, Node, OrderNotifier as Notifier};
    let init = |subject| Some(figures.start(subject, None)?.init_ms.median);
    let first_to_warm = |subject| {
        let start = figures.warmed_up(subject)?;
        Some(start.first_ms.median / start.warm_ms.median)
    };
    let resident = |subject| Some(mebibytes(figures.warm(subject)?.resident_kb));
    let zip = |subject| Some(megabytes(figures.sizes.get(&subject)?.zip_bytes));
    let warm = |subject| Some(figures.warm(subject)?.took_ms.median);
    let target = |what, bound, limit, unit, measured| Target { what, bound, limit, unit, measured };
    vec![
        target(
            "init of delivery-webhook, without its warm-up, to the empty function's",
            AtMost,
            1.5,
            "×",
            ratio(init(Webhook), init(Empty)),
        ),
        target(
            "init of order-notifier, without its warm-up, to the empty function's",
            AtMost,
            2.0,
            "×",
            ratio(init(Notifier), init(Empty)),
        ),
        target(
            "first invocation of delivery-webhook after its warm-up to a warm one",
            AtMost,
            2.0,
            "×",
            first_to_warm(Webhook),
        ),
        target(
            "first invocation of order-notifier after its warm-up to a warm one",
            AtMost,
            2.0,
            "×",
            first_to_warm(Notifier),
        ),
        target("resident, delivery-webhook", AtMost, 12.0, "MiB", resident(Webhook)),
        target("resident, order-notifier", AtMost, 16.0, "MiB", resident(Notifier)),
        target("zip, delivery-webhook", AtMost, 2.5, "MB", zip(Webhook)),
        target("zip, order-notifier", AtMost, 3.5, "MB", zip(Notifier)),
        target("own processor time of a notification", AtMost, 1.0, "ms", own_of_a_notification(figures)),
        target("own processor time of a status", AtMost, 0.15, "ms", own_of_a_status(figures)),
        target("a batch of ten to one answer of the provider", AtMost, 1.15, "×", batch_of_ten(figures)),
        target("processor time of 1,000 statuses in a call", AtMost, 160.0, "ms", of_a_large_call(figures)),
        target(
            "processor time of 1,000 statuses to the SDK's alone for as many writes",
            AtMost,
            1.4,
            "×",
            large_call_to_the_sdk(figures),
        ),
        target("1,000 statuses in a call at 512 MB", AtMost, 250.0, "ms", large_call(figures)),
        target(
            "init of Node.js to order-notifier's, without its warm-up",
            AtLeast,
            10.0,
            "×",
            ratio(init(Node), init(Notifier)),
        ),
        target(
            "memory of Node.js to order-notifier's",
            AtLeast,
            5.0,
            "×",
            ratio(resident(Node), resident(Notifier)),
        ),
        target("warm order-notifier to Node.js", AtMost, 0.5, "×", ratio(warm(Notifier), warm(Node))),
    ]
}

fn ratio(of: Option<f64>, to: Option<f64>) -> Option<f64> {
    Some(of? / to?)
}

/// The processor time of an empty invocation, and the additional time of one SDK request.
fn of_the_sdk(figures: &Figures) -> Option<(f64, f64)> {
    let empty = figures.warm(Subject::Empty)?.processor_ms;
    Some((empty, figures.warm(Subject::DynamoDb)?.processor_ms - empty))
}

fn own_of_a_notification(figures: &Figures) -> Option<f64> {
    let (empty, request) = of_the_sdk(figures)?;
    let all = figures.warm(Subject::OrderNotifier)?.processor_ms;
    Some(all - empty - REQUESTS_OF_A_NOTIFICATION * request)
}

fn own_of_a_status(figures: &Figures) -> Option<f64> {
    let item = figures.statuses.iter().find(|call| call.subject == Subject::DynamoDb)?;
    let call = call_of(figures, None)?;
    Some(call.processor_ms_each - REQUESTS_OF_A_STATUS * item.processor_ms_each)
}

fn batch_of_ten(figures: &Figures) -> Option<f64> {
    Some(figures.batch.as_ref()?.ten_ms.median / milliseconds(batch::PROVIDER))
}

fn of_a_large_call(figures: &Figures) -> Option<f64> {
    let call = call_of(figures, None)?;
    Some(call.processor_ms_each * f64::from(u32::try_from(call.in_a_call).ok()?))
}

fn large_call_to_the_sdk(figures: &Figures) -> Option<f64> {
    let is_free = |one: &&Statuses| one.subject == Subject::DynamoDb && one.quota_mb.is_none();
    let items = figures.statuses.iter().find(is_free)?;
    Some(call_of(figures, None)?.processor_ms_each / items.processor_ms_each)
}

fn large_call(figures: &Figures) -> Option<f64> {
    Some(call_of(figures, Some(MEMORY_MB))?.took_ms.median)
}

fn call_of(figures: &Figures, quota_mb: Option<u32>) -> Option<&Statuses> {
    let asked = |call: &&Statuses| {
        (call.subject, call.in_a_call, call.quota_mb) == (Subject::DeliveryWebhook, STATUSES, quota_mb)
    };
    figures.statuses.iter().find(asked)
}
