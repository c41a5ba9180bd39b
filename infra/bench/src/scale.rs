//! Calculates and simulates which limit is reached first, from a thousand messages a day to ten million. Both use the
//! requests that `tests/requests` counts. See `docs/scale.md`.

mod costs;
mod limits;
mod report;
mod settings;
mod simulation;

pub use report::tables;
