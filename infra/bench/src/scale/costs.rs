//! A message's requests and units, from the table in `docs/operations.md`, which `tests/requests` checks.

use anyhow::Context as _;

const OPERATIONS: &str = include_str!("../../../../docs/operations.md");
/// The table's row: a body message up to its report as read.
const CASE: &str = "accepted, sent, delivered, read";

/// The cost of one message with all its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// order-notifier's requests to the table.
    pub notifier: u32,
    /// delivery-webhook's requests to the table.
    pub webhook: u32,
    /// Write units of the table. Each is one stream record.
    pub written: u32,
    /// Write units of the index.
    pub indexed: u32,
}

impl Costs {
    /// Reads the row of the provider with this name.
    pub fn read(provider: &str) -> anyhow::Result<Self> {
        let row = OPERATIONS.lines().find(|line| line.starts_with(&format!("| {CASE} | {provider} |")));
        let row = row.with_context(|| format!("docs/operations.md has no row of {provider}"))?;
        let counts: Vec<u32> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let [notifier, webhook, _events, _publisher, _sweeper, written, indexed, _read] = counts[..] else {
            anyhow::bail!("a row of docs/operations.md has unexpected columns: {row}");
        };
        Ok(Self { notifier, webhook, written, indexed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_every_provider() {
        for provider in shared::provider::Provider::WITH_WEBHOOK {
            let costs = Costs::read(provider.name()).unwrap();
            // Each of these requests is a write of one unit.
            assert_eq!(costs.notifier + costs.webhook, costs.written, "{provider}");
            assert!(costs.notifier > 0 && costs.webhook > 0 && costs.indexed > 0, "{provider}");
        }
        assert!(Costs::read("unknown").is_err());
    }
}
