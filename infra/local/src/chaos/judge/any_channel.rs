//! Whether the customers were reached on WhatsApp or on a channel that follows it, by the providers' own ledger.

use shared::catalogue::Triggers;
use simulator::Expected;
use simulator::aws::AwsTrouble;

use super::{Verdict, reach};
use crate::chaos::evidence::{ChannelSeen, EventSeen, Evidence, FallbackSeen};

impl Verdict {
    /// Counts the customers who were reached on any channel, and checks that every reachable one was, except if an outcome
    /// can't be known.
    pub(super) fn reach_on_any_channel(&mut self, evidence: &Evidence) {
        let (delivered, reaching) = (evidence.delivered(), evidence.reaching());
        for (index, event) in evidence.events.iter().enumerate() {
            let Some(first) = event.due.notification().filter(|_| delivered.contains(&index)) else {
                continue;
            };
            let channels = event.fallback.iter().flat_map(|fallback| &fallback.channels);
            let references: Vec<&str> =
                std::iter::once(first).chain(channels.map(|channel| channel.reference.as_str())).collect();
            let is_reached = references.iter().any(|reference| reaching.contains(reference));
            let is_on_whatsapp = event.at_the_providers.is_some_and(Expected::may_reach_the_customer);
            // Of an order status neither the message nor what follows it is sent once the order has a newer one.
            let is_superseded = evidence.records.get(first).is_some_and(reach::is_superseded);
            let is_overtaken = !is_on_whatsapp && reach::is_overtaken(evidence, event);
            let is_left_out = !is_reached && (is_superseded || is_overtaken);
            if is_left_out || !(is_on_whatsapp || may_be_followed(event)) {
                continue;
            }
            self.reach_on_any_channel.reachable += 1;
            if is_reached {
                self.reach_on_any_channel.reached += 1;
                continue;
            }
            let records = references.iter().filter_map(|reference| evidence.records.get(*reference));
            // `ends`, `reach` and `followers` check that there is a cause.
            if let Some(unclear) = records.clone().find(|record| reach::is_unclear(record)) {
                let key = reach::unclear_key(unclear);
                *self.reach_on_any_channel.unclear.entry(key).or_default() += 1;
            } else if !is_on_whatsapp {
                let are: Vec<String> = records.map(reach::describe).collect();
                self.report(
                    &event.order,
                    format!(
                        "{first} could have reached its customer on another channel, but {}",
                        are.join(", then ")
                    ),
                );
            }
        }
    }
}

/// Whether a message that doesn't reach its customer on WhatsApp is followed by one that does, by the plan.
fn may_be_followed(event: &EventSeen) -> bool {
    let Some(FallbackSeen { on, channels, .. }) = &event.fallback else { return false };
    let mut is_next = match event.at_the_providers {
        // The customer hasn't agreed to WhatsApp.
        None => on.undelivered || on.rejected,
        Some(Expected::Failed) => on.failed || on.undelivered,
        Some(Expected::Rejected) => on.rejected || on.undelivered,
        Some(Expected::Waiting) => on.undelivered,
        Some(Expected::Read | Expected::Delivered | Expected::Accepted | Expected::Unknown) => false,
    };
    for channel in channels.iter().filter(|channel| channel.has_recipient) {
        if is_next && channel.may_reach() {
            return true;
        }
        is_next &= is_followed(channel, *on);
    }
    false
}

/// Whether the next channel follows this one, which doesn't reach the customer.
const fn is_followed(channel: &ChannelSeen, on: Triggers) -> bool {
    match channel.trouble {
        _ if !channel.has_consent => true,
        Some(AwsTrouble::NotDelivered) => on.failed || on.undelivered,
        Some(AwsTrouble::OptedOut | AwsTrouble::InvalidRecipient) => on.rejected || on.undelivered,
        // A channel that can't be used doesn't stop the next one.
        Some(AwsTrouble::Account | AwsTrouble::Throttled | AwsTrouble::AccessDenied) => true,
        Some(AwsTrouble::ServerError) => on.undelivered,
        _ => false,
    }
}
