//! The parts of the template that the emulator ignores. `tests/it/template.rs` checks all of them in the template's
//! text.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::Harness;
use crate::stack::STACK;
use crate::template::{Deployable, NESTED};

/// Features that ministack 1.5.33 doesn't emulate.
const UNSUPPORTED: [&str; 7] = [
    "bus → queue: a failed delivery is neither retried nor put into the rule's dead-letter queue, and the queue's policy is not checked",
    "event source mappings: the function's permission for the queue or the stream is not checked",
    "stream → function: no partial batch response, no bisection and no limit of retries; the failure destination is used only by age",
    "HTTP API: no throttling and no access log",
    "schedules: neither the role's permission to invoke nor the retry policy is used",
    "IAM: requests have no dynamodb:LeadingKeys and no events:source, so conditions on their values are always met",
    "alarms: stored, but without the metrics of the queues and functions",
];

impl Harness {
    /// The parts of the template that this suite has not exercised.
    pub async fn gaps(&self, template: &Deployable) -> anyhow::Result<Vec<String>> {
        let deployed = self.deployed_types().await?;
        let missing = template.types.difference(&deployed);
        let mut gaps: Vec<_> = missing.map(|kind| format!("{kind}: not in this deployment")).collect();
        let table = self.stack.output("TableName")?;
        let ttl = self.aws.call(&["dynamodb", "describe-time-to-live", "--table-name", table]).await?;
        if ttl.pointer("/TimeToLiveDescription/TimeToLiveStatus").and_then(Value::as_str) != Some("ENABLED") {
            gaps.push("Table: the time to live is not enabled".to_owned());
        }
        let backups =
            self.aws.call(&["dynamodb", "describe-continuous-backups", "--table-name", table]).await?;
        let recovery =
            "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
        if backups.pointer(recovery).and_then(Value::as_str) != Some("ENABLED") {
            gaps.push("Table: point-in-time recovery is not enabled".to_owned());
        }
        gaps.extend(UNSUPPORTED.map(str::to_owned));
        Ok(gaps)
    }

    /// The types of the resources in the stack and in its nested stacks, each of which lists only its own resources.
    async fn deployed_types(&self) -> anyhow::Result<BTreeSet<String>> {
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
