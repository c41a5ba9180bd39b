//! The whole system on one machine: AWS, the three providers, and the two functions in between.

pub mod aws;
pub mod gateway;
pub mod server;
pub mod simulator;
