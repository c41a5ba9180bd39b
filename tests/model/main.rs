//! The model-checked send protocol: every interleaving of two workers, a provider, its callbacks, the sweeper, the
//! clock and a few crashes, within each scenario's bounds.
//!
//! The model's order-notifier is the machine that the function runs (`shared::protocol::Machine`), whose effects the
//! model executes, one a step. The table, the webhook and the sweeper's two requests are modelled after
//! `shared::table`, `delivery-webhook` and `delivery-sweeper`. `docs/guarantees.md` states the model's limits.

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(test)]
mod cell;
#[cfg(test)]
mod check;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod model;
#[cfg(test)]
mod notifier;
#[cfg(test)]
mod person;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod send;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod sweeper;
#[cfg(test)]
mod table;
#[cfg(test)]
mod webhook;
#[cfg(test)]
mod world;
