//! What the emulator did not do with what the template says. For all of it, `tests/it/template.rs` reads the template.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;
use crate::stack::STACK;
use crate::template::Deployable;

/// What ministack 1.5.33 never does, whatever a template says.
const NEVER: [&str; 7] = [
    "bus → queue: a delivery that fails is neither tried again nor put into the rule's dead-letter queue, and the queue's policy is not asked",
    "event source mappings: the function's own right to the queue or the stream is not asked",
    "stream → function: no partial batch response, no bisection and no limit of tries; a failure destination only by age",
    "HTTP API: no throttling and no access log",
    "schedules: neither the role's right to invoke nor the retry policy is asked",
    "IAM: a request has no dynamodb:LeadingKeys and no events:source, so that a condition on their values always holds",
    "alarms: kept, and fed by no metric of the queues and functions",
];

impl Bench {
    /// Says what of the template nothing here has tried.
    pub async fn gaps(&self, template: &Deployable) -> anyhow::Result<Vec<String>> {
        let resources =
            self.aws.call(&["cloudformation", "list-stack-resources", "--stack-name", STACK]).await?;
        let resources = resources.get("StackResourceSummaries").and_then(Value::as_array);
        let made: BTreeSet<_> = resources
            .into_iter()
            .flatten()
            .filter_map(|it| it.get("ResourceType")?.as_str().map(str::to_owned))
            .collect();
        let unmade =
            template.types.difference(&made).map(|kind| format!("{kind}: this deployment asks for none"));
        let refused =
            template.left_out.iter().map(|name| format!("{name}: an alarm over metric math, left out"));
        let mut gaps: Vec<_> = unmade.chain(refused).collect();
        let table = self.stack.output("TableName")?;
        let ttl = self.aws.call(&["dynamodb", "describe-time-to-live", "--table-name", table]).await?;
        if ttl.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str) != Some("ENABLED") {
            gaps.push("Table: the time to live is not switched on".to_owned());
        }
        let backups =
            self.aws.call(&["dynamodb", "describe-continuous-backups", "--table-name", table]).await?;
        let recovery =
            "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
        if backups.pointer(recovery).and_then(Value::as_str) != Some("ENABLED") {
            gaps.push("Table: point-in-time recovery is not switched on".to_owned());
        }
        gaps.extend(NEVER.map(str::to_owned));
        Ok(gaps)
    }
}
