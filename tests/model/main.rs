//! The model-checked send protocol: every interleaving of two workers, a provider, its callbacks, the sweeper, the
//! clock and a few crashes, within the bounds of each scenario.
//!
//! The model's order-notifier is the machine that the function runs (`shared::protocol::Machine`), whose effects the
//! model executes, one a step. The table, the webhook and the sweeper's two requests are modelled after
//! `shared::table`, `delivery-webhook` and `delivery-sweeper`. `docs/guarantees.md` states the model's limits.

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(test)]
mod check;
#[cfg(test)]
mod compact;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod model;
#[cfg(test)]
mod mutant;
#[cfg(test)]
mod notifier;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod send;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod stored_events;
#[cfg(test)]
mod sweeper;
#[cfg(test)]
mod table;
#[cfg(test)]
mod webhook;
#[cfg(test)]
mod world;
