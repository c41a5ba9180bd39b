//! Counts the DynamoDB requests and request units of a notification, and compares them with `docs/operations.md`.

mod budget;
mod case;
mod engine;
mod row;

use shared::provider::Provider;

use self::case::Case;
use self::row::Row;
use crate::document;
use crate::harness::Harness;
use crate::support::{Item, Opening, fallback, order_details};

pub const HEADING: &str = "## Request units of a message";
const COST: &str = "## Cost of a million messages";
/// The size of one write request unit, in bytes.
const KILOBYTE: usize = 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_request_units_of_a_message_equal_those_in_the_operations_guide() {
    let mut measured = Vec::new();
    for provider in Provider::WITH_WEBHOOK {
        let opening =
            Opening::default().paced().catalogue(order_details::add_notification).preferring(provider);
        let harness = Harness::open(opening).await;
        order_details::add_templates(harness.shop.simulator());
        let (with_fallback, cases): (Vec<Case>, Vec<Case>) = Case::ALL
            .into_iter()
            .filter(|case| case.is_measured_with(provider))
            .partition(|case| case.has_fallback());
        for case in cases {
            measured.push((case, Row::measure(&harness, case, provider).await));
        }
        for case in with_fallback {
            let opening = Opening::default().paced().catalogue(fallback::add).preferring(provider);
            let mut harness = Harness::open(opening).await;
            // Only the recorded functions run.
            harness.shop.local.crash_notifier();
            harness.shop.local.crash_publisher();
            measured.push((case, Row::measure(&harness, case, provider).await));
        }
        let items = harness.shop.scan().await;
        if provider == Provider::Meta {
            // The notification and its message.
            let message_items = items.iter().filter(|item| {
                ["pk", "order_number"].iter().any(|name| {
                    item.get(*name)
                        .is_some_and(|value| value.as_s().unwrap().trim_start_matches("ORDER#") == "Read-0")
                })
            });
            let bytes: usize = message_items.map(size).sum();
            let tenths = (bytes + 50) / 100;
            let text = format!("two items of {}.{} KB together", tenths / 10, tenths % 10);
            let is_documented = document::chapter(COST).join("\n").contains(&text);
            assert!(is_documented, "a message's items have {bytes} bytes");
        }
        for item in items {
            // A failed condition is charged by the item's size, which the reply doesn't report. It is one unit only for
            // an item of at most a kilobyte.
            let size = size(&item);
            assert!(size <= KILOBYTE, "{size} bytes: {:?} {:?}", item["pk"], item["sk"]);
        }
    }
    measured.sort_by_key(|(case, _)| *case);
    budget::check(measured.iter().map(|(_, row)| row));
    let measured: Vec<String> = measured.into_iter().map(|(_, row)| row.to_string()).collect();
    assert_eq!(document::rows(HEADING), measured, "the measured table:\n{}", measured.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_a_sender_with_a_name_costs_what_one_of_the_default_sender_costs() {
    for provider in Provider::WITH_WEBHOOK {
        let mut measured = Vec::new();
        let named = Opening::default().senders(&["acme"]).sender_by("'acme'");
        for opening in [Opening::default(), named] {
            let harness = Harness::open(opening.paced().preferring(provider)).await;
            let mut rows = Vec::new();
            for case in [Case::Read, Case::OrderStatusRead, Case::LostThenPolled] {
                if case.is_measured_with(provider) {
                    rows.push(Row::measure(&harness, case, provider).await.to_string());
                }
            }
            for item in harness.shop.scan().await {
                assert!(size(&item) <= KILOBYTE, "{} bytes: {:?}", size(&item), item["pk"]);
            }
            measured.push((rows, harness.shop.ledger().accepted_by(Some("acme")).len()));
        }
        let [(default, 0), (named, sends @ 1..)] = measured.as_slice() else { panic!("{measured:?}") };
        assert_eq!(named, default, "{provider}: {sends} sends of acme");
    }
}

/// The size of an item that holds strings, numbers, sets and maps:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(item: &Item) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, M, N, S, Ss};
    fn value_size(value: &aws_sdk_dynamodb::types::AttributeValue) -> usize {
        match value {
            S(text) => text.len(),
            // About one byte for two digits, and one more.
            N(number) => number.len().div_ceil(2) + 1,
            Bool(_) => 1,
            Ss(texts) => texts.iter().map(String::len).sum(),
            L(items) => 3 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
            M(map) => 3 + map.len() + size(map),
            other => panic!("unexpected value {other:?}"),
        }
    }
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}
