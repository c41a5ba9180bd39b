//! The schemas, the samples in `tests/events` and the code say the same: every event in and out has one schema and fits it, what
//! doesn't fit the contract fits no schema, and the code emits nothing that a schema doesn't describe.

mod contract;
mod emitted;
mod samples;

use contract::Contract;

/// The folders of the schemas: of the status events, and of the order events of the suites' shop.
const SCHEMAS: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/schemas"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/shop/schemas"),
];
