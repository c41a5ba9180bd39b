//! The whole system on one machine: AWS, the three providers, and the functions in between.
//!
//! [`Local`] is the local run and the basis of the end-to-end tests. All servers listen on the loopback interface,
//! there is no global state, and the process's environment stays unchanged, so that instances can run side by side.

pub mod account;
pub mod aws;
mod backlog;
pub mod catalogue;
mod catalogue_changes;
pub mod catalogue_in_use;
pub mod chaos;
pub mod demo;
pub mod environment;
pub mod events_queue;
pub mod expectation;
mod functions;
pub mod gateway;
mod hints;
pub mod interruption;
mod invoke;
pub mod lambda;
mod live;
mod local;
mod lookup;
pub mod options;
mod process;
pub mod programs;
mod progress;
pub mod publisher;
pub mod records;
mod report;
pub mod rounds;
mod run;
pub mod samples;
pub mod server;
pub mod studio;
mod terminal;
pub mod truth;

pub use functions::Functions;
pub use local::{Local, LocalOptions};
pub use run::run;
pub use simulator;
