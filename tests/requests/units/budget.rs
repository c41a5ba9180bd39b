//! Compares each case's requests to DynamoDB with the budget in `infra/bench/budget.toml`.

use std::collections::BTreeMap;

use toml::Table;

use super::row::Row;

const BUDGET: &str = include_str!("../../../infra/bench/budget.toml");

/// Prints each case's requests. Panics if a case exceeds its budget or has none, or if a budget has no case.
pub fn check<'a>(rows: impl Iterator<Item = &'a Row>) {
    let budget: Table = BUDGET.parse().unwrap();
    let mut limits: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (case, providers) in budget["requests"].as_table().unwrap() {
        let requests = providers.as_table().unwrap().iter();
        limits.extend(
            requests
                .map(|(provider, limit)| ((case.as_str(), provider.as_str()), limit.as_integer().unwrap())),
        );
    }
    let mut faults = Vec::new();
    for row in rows {
        let ((case, provider), requests) = (row.names(), row.all_requests());
        let Some(limit) = limits.remove(&(case, provider)) else {
            faults.push(format!("{case} ({provider}) has no budget and makes {requests} requests"));
            continue;
        };
        println!("{case} ({provider}): {requests} of {limit} requests to DynamoDB");
        if requests > usize::try_from(limit).unwrap() {
            faults.push(format!("{case} ({provider}) makes {requests} requests, and its budget is {limit}"));
        }
    }
    faults.extend(
        limits.keys().map(|(case, provider)| format!("{case} ({provider}) has a budget but is not measured")),
    );
    assert!(faults.is_empty(), "infra/bench/budget.toml:\n{}", faults.join("\n"));
}
