//! The schemas in `infra/schemas`, the samples in `tests/events` and the code say the same: every event in and out has one
//! schema and fits it, what doesn't fit the contract fits no schema, and the code emits nothing that a schema doesn't
//! describe.

mod contract;
mod emitted;
mod samples;

use contract::Contract;

/// The folder of the schemas.
const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/schemas");
