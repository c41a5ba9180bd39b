//! The embedded engine charges the units that DynamoDB documents, so its figures equal those of AWS.
//!
//! Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html> and, for the
//! index, <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations>.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use local::aws::dynamodb::DynamoDb;
use local::environment::TABLE;
use local::server::Ports;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The consumed units of the table and of the index.
fn units(capacity: Option<ConsumedCapacity>) -> (f64, f64) {
    let capacity = capacity.unwrap();
    let index = capacity.global_secondary_indexes.and_then(|all| all["due"].capacity_units);
    (capacity.table.map_or(0.0, |table| table.capacity_units.unwrap()), index.unwrap_or(0.0))
}

struct Engine(Client, #[expect(dead_code, reason = "the engine ends when it is dropped")] DynamoDb);

impl Engine {
    async fn start() -> Self {
        let engine = DynamoDb::start(Ports::Any.listen(0, "the table").await.unwrap(), None, TABLE).unwrap();
        Self(engine.client(), engine)
    }

    fn put(&self, pk: &str, padding: usize) -> PutItemFluentBuilder {
        self.0
            .put_item()
            .table_name(TABLE)
            .item("pk", s(pk))
            .item("sk", s("X"))
            .item("text", s(&"x".repeat(padding)))
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
    }

    fn update(&self, pk: &str, expression: &str) -> UpdateItemFluentBuilder {
        self.0
            .update_item()
            .table_name(TABLE)
            .key("pk", s(pk))
            .key("sk", s("X"))
            .update_expression(expression)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
    }

    async fn get(&self, pk: &str, consistent: bool) -> f64 {
        let get = self.0.get_item().table_name(TABLE).key("pk", s(pk)).key("sk", s("X"));
        let get = get.consistent_read(consistent).return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        units(get.send().await.unwrap().consumed_capacity).0
    }
}

async fn put(request: PutItemFluentBuilder) -> (f64, f64) {
    units(request.send().await.unwrap().consumed_capacity)
}

async fn update(request: UpdateItemFluentBuilder) -> (f64, f64) {
    units(request.send().await.unwrap().consumed_capacity)
}

#[tokio::test]
async fn a_write_is_charged_by_the_kilobyte_of_the_larger_item() {
    let engine = Engine::start().await;
    // "pk", "1", "sk", "X", "text": ten bytes besides the padding.
    assert_eq!(put(engine.put("1", 1014)).await, (1.0, 0.0));
    assert_eq!(put(engine.put("1", 1015)).await, (2.0, 0.0));
    assert_eq!(put(engine.put("1", 1)).await, (2.0, 0.0), "the earlier item was larger");
    let unchanged = engine.update("1", "SET #text = #text").expression_attribute_names("#text", "text");
    assert_eq!(update(unchanged).await, (1.0, 0.0), "unchanged");
    let failed =
        engine.put("1", 1).condition_expression("attribute_not_exists(pk)").send().await.unwrap_err();
    assert!(failed.into_service_error().is_conditional_check_failed_exception());
}

#[tokio::test]
async fn an_index_write_is_charged_by_its_changes_to_the_index() {
    let engine = Engine::start().await;
    let due = engine.put("2", 1).item("due_bucket", s("DUE#1")).item("due_at", s("1"));
    assert_eq!(put(due).await, (1.0, 1.0), "added to the index");
    let later = engine.update("2", "SET due_at = :at").expression_attribute_values(":at", s("2"));
    assert_eq!(update(later).await, (1.0, 2.0), "moved in the index: removed and added");
    let other = engine.update("2", "SET padding = :it").expression_attribute_values(":it", s("1"));
    assert_eq!(update(other).await, (1.0, 0.0), "an attribute that is not in the index");
    assert_eq!(
        update(engine.update("2", "REMOVE due_bucket, due_at")).await,
        (1.0, 1.0),
        "removed from the index"
    );
}

#[tokio::test]
async fn a_read_is_charged_by_four_kilobytes_and_half_if_eventually_consistent() {
    let engine = Engine::start().await;
    put(engine.put("3", 4086)).await;
    put(engine.put("4", 4087)).await;
    assert_eq!((engine.get("3", true).await, engine.get("3", false).await), (1.0, 0.5));
    assert_eq!((engine.get("4", true).await, engine.get("4", false).await), (2.0, 1.0));
    assert_eq!((engine.get("none", true).await, engine.get("none", false).await), (1.0, 0.5));
    let query =
        engine.0.query().table_name(TABLE).index_name("due").key_condition_expression("due_bucket = :none");
    let query = query.expression_attribute_values(":none", s("DUE#0"));
    let query = query.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await.unwrap();
    assert_eq!(units(query.consumed_capacity), (0.0, 0.5), "an empty index");
}
