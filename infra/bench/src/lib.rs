//! How fast the functions start and run, how large they are, and what they ask of AWS, against baselines in the same run.
//!
//! The release binaries run as Lambda runs them: a process of their own with Lambda's environment, which asks a
//! [`runtime_api`] for its invocations, and reaches AWS and the providers of `infra/local` over TLS. Everything stands on
//! one machine, so that a latency here holds the engine's and the simulator's work too; only the ratios travel.

mod binaries;
pub mod budget;
mod charts;
mod document;
mod environment;
mod events;
mod figures;
mod machine;
mod measure;
mod meter;
mod options;
mod price;
mod process;
mod progress;
mod quota;
mod reach;
mod run;
mod runtime_api;
mod scale;
mod stack;
mod statistics;
mod subjects;
mod table;
mod tls;
mod usage;

pub use options::Options;
pub use run::run;
