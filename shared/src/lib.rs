//! The common crate: all I/O that more than one function needs. This page is a map of the whole workspace.
//!
//! An order event becomes a message, and the provider reports its delivery:
//!
//! | step | function | uses |
//! |---|---|---|
//! | an order event arrives from the queue | `order-notifier` | [`catalogue`] to render it, [`protocol`] to decide each request, [`providers`] to send, [`table`] to record |
//! | the provider calls back | `delivery-webhook` | [`providers`] to authenticate and to parse, [`delivery`] for the facts, [`table`] to store them |
//! | AWS reports by an event | `delivery-events` | [`providers::aws::events`] to parse, [`facts`] to store |
//! | no callback arrives | `delivery-sweeper` | [`protocol`] to decide, [`returned_event`] to put an event back on the queue, [`providers`] to poll 1MSG |
//! | the table changes | `status-publisher` | [`table`] to parse the stream, [`status_event`] for the published types |
//!
//! # Decisions: the crate [`domain`]
//!
//! Pure, and re-exported here: [`catalogue`], [`message`], [`protocol`], [`delivery`], [`provider`], [`json`],
//! [`fault`].
//!
//! # Input and output: this crate
//!
//! | module | content |
//! |---|---|
//! | [`providers`] | requests, replies, callbacks and authentication of 1MSG, Kaleyra and Meta |
//! | [`table`] | every DynamoDB operation, without decisions |
//! | [`facts`] | stores the delivery facts from callbacks, events and polls |
//! | [`secrets`], [`settings`] | the configuration of the functions |
//! | [`telemetry`], [`fact_metrics`], [`metric_names`], [`redaction`] | log lines and metrics, and the masking of personal data |
//! | [`aws`], [`tls`], [`warm_up`] | clients, one TLS configuration, connections before the first invocation |
//! | [`clock`], [`invocation`] | the current time, and when an invocation ends |
//!
//! # Other crates
//!
//! `simulator` plays the providers. `local` runs AWS, the simulator and the functions in one process. `ops` is the
//! operator's tool. `bench` measures sizes, times and requests. `tests`, `model` and `deploy-test` are the suites over
//! several crates. `CONTRIBUTING.md` describes where new code belongs.

pub mod aws;
pub mod clock;
mod environment;
pub mod fact_metrics;
pub mod facts;
pub mod invocation;
pub mod metric_names;
pub mod providers;
pub mod redaction;
pub mod returned_event;
pub mod secrets;
pub mod sender_scope;
pub mod settings;
pub mod status_event;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod warm_up;

pub use domain::{catalogue, delivery, fault, json, message, protocol, provider};
