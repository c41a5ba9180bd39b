//! local

pub mod simulator;
