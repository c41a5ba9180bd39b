//! End-to-end tests: the functions between the embedded AWS engine, reached through the real SDK, and the provider
//! simulator; and the template's consistency with the code.

#[cfg(test)]
mod aws_channels;
#[cfg(test)]
mod aws_whatsapp;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod catalogue_reference;
#[cfg(test)]
mod changed_catalogue;
#[cfg(test)]
mod delivery_events;
#[cfg(test)]
mod duplicates;
#[cfg(test)]
mod earlier_order_numbers;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod fallback_of_a_status;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod invalid_events;
#[cfg(test)]
mod local_page;
#[cfg(test)]
mod magic_numbers;
#[cfg(test)]
mod notifications;
#[cfg(test)]
mod open_world;
#[cfg(test)]
mod order_details;
#[cfg(test)]
mod order_statuses;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod recipients;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod senders;
#[cfg(test)]
mod shop_files;
#[cfg(test)]
mod start;
#[cfg(test)]
mod status_events;
#[cfg(test)]
mod sweeper;
#[cfg(test)]
mod table;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod template;
#[cfg(test)]
mod tools_profile;
#[cfg(test)]
mod unfinished_events;
#[cfg(test)]
mod visibility;
#[cfg(test)]
mod waits;
#[cfg(test)]
mod webhook;
#[cfg(test)]
mod wrapped_events;

#[cfg(test)]
use testkit as support;
