//! A message's cost according to `docs/operations.md`: a test compares that table with counted requests.

use anyhow::Context as _;

const OPERATIONS: &str = include_str!("../../../../docs/operations.md");
/// The row of a body message that is read.
const CASE: &str = "accepted, sent, delivered, read";

/// The cost of one message with all its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Requests of order-notifier to the table.
    pub notifier: u32,
    /// Requests of delivery-webhook to the table.
    pub webhook: u32,
    /// Write units of the table. Each is also a stream record.
    pub written: u32,
    /// Write units of the index.
    pub indexed: u32,
}

impl Costs {
    /// The cost with this provider, by its name in the table.
    pub fn of(provider: &str) -> anyhow::Result<Self> {
        let row = OPERATIONS.lines().find(|line| line.starts_with(&format!("| {CASE} | {provider} |")));
        let row = row.with_context(|| format!("docs/operations.md has no row of {provider}"))?;
        let counts: Vec<u32> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let [notifier, webhook, _sweeper, written, indexed, _read] = counts[..] else {
            anyhow::bail!("a row of docs/operations.md has other columns: {row}");
        };
        Ok(Self { notifier, webhook, written, indexed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counted_requests_of_every_provider_are_read() {
        for provider in shared::provider::Provider::ALL {
            let costs = Costs::of(provider.name()).unwrap();
            // Each of these requests is a write of one unit.
            assert_eq!(costs.notifier + costs.webhook, costs.written, "{provider}");
            assert!(costs.notifier > 0 && costs.webhook > 0 && costs.indexed > 0, "{provider}");
        }
        assert!(Costs::of("nobody").is_err());
    }
}
