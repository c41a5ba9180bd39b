//! The first limit reached, from a thousand messages a day to ten million: by calculation, and by a simulation of the
//! busiest hour. Both use the requests that `tests/requests` counts. See `docs/scale.md`.

mod costs;
mod limits;
mod report;
mod settings;
mod simulation;

pub use report::tables;
