//! The measured programs, the baselines, and the events for both.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use local::aws::table_stream::TableStream;
use local::catalogue::{self, DerivedCatalogue};
use local::lambda::Program;
use local::lambda::environment::lambda_variables;
use local::simulator::{Account, Provider as Simulated};
use serde::Serialize;
use serde_json::{Value, json};
use shared::provider::Provider;

use crate::binaries::{self, Node};
use crate::events::{MetaCalls, OrderEvents, stream_batch};
use crate::process::Function;
use crate::stack::Stack;

/// The template's `MemorySize`.
pub const MEMORY_MB: u32 = 256;
/// The batch size with which the messages for delivery-webhook's calls are created.
const BATCH: usize = 10;

/// A function or a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// `lambda_runtime` alone.
    Empty,
    /// `lambda_runtime` and one DynamoDB client.
    DynamoDb,
    OrderNotifier,
    DeliveryWebhook,
    DeliveryEvents,
    DeliverySweeper,
    StatusPublisher,
    /// A send and one write, in Node.js.
    Node,
}

impl Subject {
    /// The rows of the tables in order. Node.js is last because it may be missing.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::DynamoDb,
        Self::OrderNotifier,
        Self::DeliveryWebhook,
        Self::DeliveryEvents,
        Self::DeliverySweeper,
        Self::StatusPublisher,
        Self::Node,
    ];

    /// The file name of the binary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "baseline-empty",
            Self::DynamoDb => "baseline-dynamodb",
            Self::OrderNotifier => "order-notifier",
            Self::DeliveryWebhook => "delivery-webhook",
            Self::DeliveryEvents => "delivery-events",
            Self::DeliverySweeper => "delivery-sweeper",
            Self::StatusPublisher => "status-publisher",
            Self::Node => "baseline-node",
        }
    }

    /// The warm-up settings to measure: without a warm-up, and also with one if the function has one.
    pub const fn warm_ups(self) -> &'static [bool] {
        match self {
            Self::OrderNotifier | Self::DeliveryWebhook => &[false, true],
            _ => &[false],
        }
    }

    /// The label in tables and charts.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Empty => "empty function",
            Self::DynamoDb => "one DynamoDB client",
            Self::Node => "Node.js",
            function => function.name(),
        }
    }
}

/// The available programs, and sources of their events.
pub struct Harness {
    programs: Vec<(Subject, Program)>,
    orders: OrderEvents,
    calls: MetaCalls,
    stream: Value,
}

impl Harness {
    /// Prepares the programs, and creates this number of messages for delivery-webhook's calls.
    pub async fn prepare(stack: &Stack, node: Option<&Node>, messages: usize) -> anyhow::Result<Self> {
        let mut programs = Vec::new();
        for subject in Subject::ALL {
            let program = match (subject, node) {
                (Subject::Node, None) => continue,
                (Subject::Node, Some(node)) => node_program(node, stack),
                (subject, _) => Program {
                    command: binaries::binary(subject.name())?,
                    arguments: Vec::new(),
                    variables: variables(subject, stack),
                },
            };
            programs.push((subject, program));
        }
        let orders = OrderEvents::new()?;
        let calls = send_by_meta(stack, &orders, messages).await?;
        let stream = stream_batch(all_records(stack.dynamodb().stream()?)?)?;
        Ok(Self { programs, orders, calls, stream })
    }

    /// The subjects that can be measured on this machine.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.programs.iter().map(|(subject, _)| *subject)
    }

    pub fn program(&self, subject: Subject) -> anyhow::Result<&Program> {
        let found = self.programs.iter().find(|(other, _)| *other == subject);
        Ok(&found.with_context(|| format!("{} isn't available", subject.name()))?.1)
    }

    /// A subject's next event: one order event, one status, one stream record, or an item's id.
    pub fn next_event(&self, subject: Subject) -> anyhow::Result<Value> {
        Ok(match subject {
            Subject::Empty | Subject::DynamoDb => json!({ "id": self.orders.next().get("id") }),
            Subject::OrderNotifier | Subject::Node => self.orders.batch(1),
            Subject::DeliveryWebhook => self.calls.next(1)?,
            Subject::DeliveryEvents => self.orders.delivery_event(),
            Subject::DeliverySweeper => json!({}),
            Subject::StatusPublisher => self.stream.clone(),
        })
    }

    /// A batch of new order events for order-notifier.
    pub fn batch(&self, size: usize) -> Value {
        self.orders.batch(size)
    }

    /// An event for the baseline with one DynamoDB client, which puts this number of notifications' items.
    pub fn notifications(count: usize) -> Value {
        json!({ "notifications": count })
    }

    /// An event for the same baseline, which makes a status's write to each of this number of notifications.
    pub fn status_writes(count: usize) -> Value {
        json!({ "statuses": count })
    }

    /// A callback of Meta with this number of statuses.
    pub fn call(&self, statuses: usize) -> anyhow::Result<Value> {
        self.calls.next(statuses)
    }

    /// A stream batch with this number of copies of one record.
    pub fn records(&self, count: usize) -> Value {
        let record = self.stream.pointer("/Records/0").cloned().unwrap_or_default();
        json!({ "Records": vec![record; count] })
    }

    /// Checks by its answer that the subject has processed the event.
    pub fn check(subject: Subject, answer: &Value) -> anyhow::Result<()> {
        let done = match subject {
            Subject::Empty | Subject::DynamoDb => true,
            Subject::OrderNotifier | Subject::DeliveryEvents | Subject::StatusPublisher | Subject::Node => {
                answer.get("batchItemFailures") == Some(&json!([]))
            }
            Subject::DeliveryWebhook => answer.get("statusCode") == Some(&json!(200)),
            Subject::DeliverySweeper => answer.get("due").is_some(),
        };
        anyhow::ensure!(done, "{} answered {answer}", subject.name());
        Ok(())
    }
}

fn variables(subject: Subject, stack: &Stack) -> BTreeMap<String, String> {
    let mut variables = lambda_variables(subject.name(), MEMORY_MB);
    variables.extend(stack.variables().clone());
    variables
}

/// The Node.js baseline. Node.js reads additional root certificates from `NODE_EXTRA_CA_CERTS`.
fn node_program(node: &Node, stack: &Stack) -> Program {
    let Account { one_msg, .. } = stack.simulator().account();
    let mut variables = variables(Subject::Node, stack);
    variables.extend([
        ("NODE_EXTRA_CA_CERTS".to_owned(), stack.authority().bundle().display().to_string()),
        ("ONEMSG_BASE_URL".to_owned(), stack.provider_url(Simulated::OneMsg)),
        ("ONEMSG_CHANNEL".to_owned(), one_msg.channel),
        ("ONEMSG_NAMESPACE".to_owned(), one_msg.namespace),
        ("ONEMSG_TOKEN".to_owned(), one_msg.token),
    ]);
    Program { command: node.command.clone(), arguments: vec![path(&node.script)], variables }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Sends at least this number of messages through Meta with order-notifier. None of them has a callback yet.
async fn send_by_meta(stack: &Stack, orders: &OrderEvents, messages: usize) -> anyhow::Result<MetaCalls> {
    let catalogue = DerivedCatalogue::preferring(Provider::Meta, &catalogue::shipped())?;
    let mut variables = variables(Subject::OrderNotifier, stack);
    variables.insert("CATALOGUE_PATH".to_owned(), path(catalogue.path()));
    let command = binaries::binary(Subject::OrderNotifier.name())?;
    let program = Program { command, arguments: Vec::new(), variables };
    let mut notifier = Function::start(&program, None).await?;
    for _ in 0..messages.div_ceil(BATCH) {
        let invoked = notifier.invoke(&orders.batch(BATCH)).await?;
        Harness::check(Subject::OrderNotifier, &invoked.answer)?;
    }
    let mut accepted = stack.simulator().ledger().accepted;
    accepted.retain(|send| send.message.provider == Simulated::Meta);
    anyhow::ensure!(accepted.len() >= messages, "{} of {messages} messages were accepted", accepted.len());
    Ok(MetaCalls::new(stack.simulator().account(), accepted))
}

fn all_records(mut stream: TableStream) -> anyhow::Result<Vec<Value>> {
    stream.next(BATCH * BATCH)
}
