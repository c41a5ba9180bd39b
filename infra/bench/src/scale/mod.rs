//! Which limit comes first, from a thousand messages a day to ten million: on paper, and by a simulation of the busiest hour.
//! Both work with the requests that `tests/requests` counts. See `docs/scale.md`.

mod costs;
mod limits;
mod report;
mod settings;
mod simulation;

pub use report::tables;
