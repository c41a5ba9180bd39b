//! The performance targets, and whether a run meets them.
//!
//! The own processor time of a function is a difference: its processor time minus that of the baseline with one DynamoDB
//! client for the same number of requests. The requests are sequential for a notification and concurrent for the
//! statuses of a large call.

use crate::figures::{Figures, mebibytes, megabytes};
use crate::measure::batch;
use crate::measure::statuses::Statuses;
use crate::statistics::milliseconds;
use crate::subjects::Subject;
use crate::table::{Table, number};

/// DynamoDB requests per accepted notification and per status: `docs/operations.md`, "Request units of a message".
const REQUESTS_PER_NOTIFICATION: f64 = 3.0;
const REQUESTS_PER_STATUS: f64 = 1.0;
/// The number of statuses in the measured call.
const STATUSES: usize = 1000;
/// The memory size of the large call's quota.
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

/// The table of the targets for which this run has a figure.
pub fn table(figures: &Figures) -> Table {
    let mut table = Table::new("targets", ["", "target", "measured", ""]);
    for target in targets(figures) {
        let Some(measured) = target.measured else { continue };
        let (sign, is_met) = match target.bound {
            Bound::AtMost => ("≤", measured <= target.limit),
            Bound::AtLeast => ("≥", measured >= target.limit),
        };
        let result = match is_met {
            // A negative difference is below the measurement error.
            _ if measured < 0.0 => "below the error",
            true => "reached",
            false => "**not reached**",
        };
        table.row([
            target.what.to_owned(),
            format!("{sign} {} {}", target.limit, target.unit),
            format!("{} {}", number(measured), target.unit),
            result.to_owned(),
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
        target("own processor time of a notification", AtMost, 1.0, "ms", own_ms_per_notification(figures)),
        target("own processor time of a status", AtMost, 0.15, "ms", own_ms_per_status(figures)),
        target("a batch of ten to one answer of the provider", AtMost, 1.15, "×", batch_of_ten(figures)),
        target("processor time of 1,000 statuses in a call", AtMost, 160.0, "ms", large_call_cpu_ms(figures)),
        target(
            "processor time of 1,000 statuses to the SDK's alone for as many writes",
            AtMost,
            1.4,
            "×",
            large_call_to_sdk(figures),
        ),
        target("1,000 statuses in a call at 512 MB", AtMost, 250.0, "ms", large_call_ms(figures)),
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
fn sdk_processor_ms(figures: &Figures) -> Option<(f64, f64)> {
    let empty = figures.warm(Subject::Empty)?.processor_ms;
    Some((empty, figures.warm(Subject::DynamoDb)?.processor_ms - empty))
}

fn own_ms_per_notification(figures: &Figures) -> Option<f64> {
    let (empty, request) = sdk_processor_ms(figures)?;
    let all = figures.warm(Subject::OrderNotifier)?.processor_ms;
    Some(all - empty - REQUESTS_PER_NOTIFICATION * request)
}

fn own_ms_per_status(figures: &Figures) -> Option<f64> {
    let item = figures.statuses.iter().find(|call| call.subject == Subject::DynamoDb)?;
    let call = find_call(figures, None)?;
    Some(call.processor_ms_each - REQUESTS_PER_STATUS * item.processor_ms_each)
}

fn batch_of_ten(figures: &Figures) -> Option<f64> {
    Some(figures.batch.as_ref()?.ten_ms.median / milliseconds(batch::PROVIDER))
}

fn large_call_cpu_ms(figures: &Figures) -> Option<f64> {
    let call = find_call(figures, None)?;
    Some(call.processor_ms_each * f64::from(u32::try_from(call.in_a_call).ok()?))
}

fn large_call_to_sdk(figures: &Figures) -> Option<f64> {
    let is_free = |one: &&Statuses| one.subject == Subject::DynamoDb && one.quota_mb.is_none();
    let items = figures.statuses.iter().find(is_free)?;
    Some(find_call(figures, None)?.processor_ms_each / items.processor_ms_each)
}

fn large_call_ms(figures: &Figures) -> Option<f64> {
    Some(find_call(figures, Some(MEMORY_MB))?.took_ms.median)
}

fn find_call(figures: &Figures, quota_mb: Option<u32>) -> Option<&Statuses> {
    let is_wanted = |call: &&Statuses| {
        (call.subject, call.in_a_call, call.quota_mb) == (Subject::DeliveryWebhook, STATUSES, quota_mb)
    };
    figures.statuses.iter().find(is_wanted)
}
