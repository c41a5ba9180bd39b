//! The schemas, the samples in `tests/events` and the code agree: every event in and out has one schema and fits it,
//! an event outside the contract fits no schema, and the code emits only described members.

mod contract;
mod emitted;
mod samples;

use contract::Contract;

/// The folders of the schemas: of the status events, and of the order events of the suites' shop.
const SCHEMAS: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/schemas"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/shop/schemas"),
];
