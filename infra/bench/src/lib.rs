//! The functions' speed, size and AWS requests, against baselines in the same run.
//!
//! The release binaries run as on Lambda: each in its own process with Lambda's environment, which gets its invocations
//! from a [Runtime API](local::lambda), and reaches AWS and the providers of `infra/local` over TLS. Everything runs on one machine,
//! so a latency includes the work of the engine and of the simulator; only ratios are comparable across machines.

mod binaries;
pub mod budget;
mod charts;
mod document;
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
mod run;
mod scale;
mod stack;
mod statistics;
mod subjects;
mod table;
mod targets;
mod tls;
mod usage;

pub use options::Options;
pub use run::run;
