//! Counts the DynamoDB requests and request units of a notification; `docs/operations.md` states the same figures.

mod budget;
mod case;
mod engine;
mod row;

use shared::provider::Provider;

use self::case::Case;
use self::row::Row;
use crate::document;
use crate::rig::Rig;
use crate::support::{Item, Opening};

pub const HEADING: &str = "## Request units of a message";
const COST: &str = "## Cost of a million messages";
/// The size of one write request unit.
const KILOBYTE: usize = 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_units_of_a_message_are_those_of_the_operations_guide() {
    let mut measured = Vec::new();
    for provider in Provider::ALL {
        let rig = Rig::open(Opening::default().paced().preferring(provider)).await;
        for case in Case::ALL.into_iter().filter(|case| case.concerns(provider)) {
            measured.push((case, Row::of(&rig, case, provider).await));
        }
        let items = rig.shop.scan().await;
        if provider == Provider::Meta {
            // The notification and its message.
            let of_one = items.iter().filter(|item| {
                ["pk", "order_number"].iter().any(|name| {
                    item.get(*name)
                        .is_some_and(|value| value.as_s().unwrap().trim_start_matches("ORDER#") == "Read-0")
                })
            });
            let kept: usize = of_one.map(size).sum();
            let tenths = (kept + 50) / 100;
            let said = format!("two items of {}.{} KB together", tenths / 10, tenths % 10);
            let said = document::chapter(COST).join("\n").contains(&said);
            assert!(said, "a message's items have {kept} bytes");
        }
        for item in items {
            // A failed condition is charged by the item's size, which the reply doesn't report: the count of one unit
            // is right only for a small item.
            let size = size(&item);
            assert!(size <= KILOBYTE, "{size} bytes: {:?} {:?}", item["pk"], item["sk"]);
        }
    }
    measured.sort_by_key(|(case, _)| *case);
    budget::hold(measured.iter().map(|(_, row)| row));
    let measured: Vec<String> = measured.into_iter().map(|(_, row)| row.to_string()).collect();
    assert_eq!(document::rows(HEADING), measured, "the measured table:\n{}", measured.join("\n"));
}

/// The size of an item that holds strings, numbers, sets and maps:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(item: &Item) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, M, N, S, Ss};
    fn of_value(value: &aws_sdk_dynamodb::types::AttributeValue) -> usize {
        match value {
            S(text) => text.len(),
            // About a byte for two digits, and one more.
            N(number) => number.len().div_ceil(2) + 1,
            Bool(_) => 1,
            Ss(texts) => texts.iter().map(String::len).sum(),
            L(items) => 3 + items.iter().map(|item| 1 + of_value(item)).sum::<usize>(),
            M(map) => 3 + map.len() + size(map),
            other => panic!("how large is {other:?}?"),
        }
    }
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}
