//! The parts of the template that the emulator ignores. `tests/it/template.rs` checks all of them in the template's
//! text.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;
use crate::stack::STACK;
use crate::template::{Deployable, NESTED};

/// Features that ministack 1.5.33 never emulates.
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
    /// The parts of the template that this suite has not exercised.
    pub async fn gaps(&self, template: &Deployable) -> anyhow::Result<Vec<String>> {
        let made = self.types_made().await?;
        let unmade =
            template.types.difference(&made).map(|kind| format!("{kind}: this deployment asks for none"));
        let mut gaps: Vec<_> = unmade.collect();
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

    /// The types of the resources in the stack and in those that it nests, whose own it doesn't list.
    async fn types_made(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut types = BTreeSet::new();
        let mut stacks = vec![STACK.to_owned()];
        while let Some(stack) = stacks.pop() {
            let listed =
                self.aws.call(&["cloudformation", "list-stack-resources", "--stack-name", &stack]).await?;
            for resource in
                listed.get("StackResourceSummaries").and_then(Value::as_array).into_iter().flatten()
            {
                let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
                let Some(kind) = text("ResourceType") else { continue };
                if kind == NESTED {
                    stacks.extend(text("PhysicalResourceId"));
                }
                types.insert(kind);
            }
        }
        Ok(types)
    }
}
