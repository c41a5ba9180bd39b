//! The common crate: all I/O that more than one function needs. This page is a map of the whole workspace.
//!
//! An order event becomes a message, and its delivery comes back:
//!
//! | step | function | uses |
//! |---|---|---|
//! | an order event arrives from the queue | `order-notifier` | [`catalogue`] to render it, [`protocol`] to decide each request, [`providers`] to send, [`table`] to record |
//! | the provider calls back | `delivery-webhook` | [`providers`] to authenticate and to parse, [`delivery`] for the facts, [`table`] to store them |
//! | nothing comes back | `delivery-sweeper` | [`protocol`] to decide, [`returned_event`] to put an event back on the queue, [`providers`] to ask 1MSG |
//! | the table has changed | `status-publisher` | [`table`] to read the stream, [`status_event`] for what it publishes |
//!
//! # Decisions: the crate [`domain`]
//!
//! Pure, and exported from here too: [`catalogue`], [`message`], [`protocol`], [`delivery`], [`provider`], [`json`], [`fault`].
//!
//! # Input and output: this crate
//!
//! | module | what |
//! |---|---|
//! | [`providers`] | requests, replies, callbacks and authentication of 1MSG, Kaleyra and Meta |
//! | [`table`] | every DynamoDB operation; none of them decides anything |
//! | [`secrets`], [`settings`] | what a function is configured with |
//! | [`telemetry`], [`fact_metrics`], [`redaction`] | log lines and metrics, and what must be masked in them |
//! | [`aws`], [`tls`], [`warm_up`] | clients, one TLS configuration, connections before the first invocation |
//! | [`clock`], [`invocation`] | the current time, and when an invocation ends |
//!
//! # Other crates
//!
//! `simulator` plays the providers. `local` runs AWS, the simulator and the functions in one process. `ops` is the operator's
//! tool. `bench` measures sizes, times and requests. `tests`, `model` and `deploy-test` are the suites over several crates.
//! `CONTRIBUTING.md` says what belongs where.

pub mod aws;
pub mod clock;
mod environment;
pub mod fact_metrics;
pub mod invocation;
pub mod providers;
pub mod redaction;
pub mod returned_event;
pub mod secrets;
pub mod settings;
pub mod status_event;
pub mod table;
pub mod telemetry;
pub mod tls;
pub mod warm_up;

pub use domain::{catalogue, delivery, fault, json, message, protocol, provider};
