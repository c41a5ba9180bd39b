//! The Studio of a local run, for the stories of `tests/browser/*.spec.js`.
//!
//! Opens a shop, publishes its events, and prints one line of JSON: the Studio's address, the orders' numbers and the id of an invalid
//! event. It runs until its standard input is closed, so that it ends with the program that has started it.

#![expect(clippy::print_stdout, reason = "the line is what the stories read")]

mod shop;

use local::server::Ports;
use local::studio::Studio;
use serde_json::json;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (shop, invalid_event) = shop::open().await?;
    let studio = Studio::start(&shop.local, Ports::Any, false).await?;
    println!(
        "{}",
        json!({ "address": studio.address(), "invalidEvent": invalid_event, "orders": shop::orders() })
    );
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}
