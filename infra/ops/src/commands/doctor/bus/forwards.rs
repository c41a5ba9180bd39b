//! What the findings about the two rules say differently.

/// The events that a rule puts on their queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::doctor) enum Forwards {
    /// The order events, on the bus of the shop's systems.
    OrderEvents,
    /// AWS's events about messages, on the account's default bus.
    DeliveryEvents,
}

impl Forwards {
    /// The variable with the queue's URL.
    pub(super) const fn queue_setting(self) -> &'static str {
        match self {
            Self::OrderEvents => "ORDER_EVENTS_QUEUE_URL",
            Self::DeliveryEvents => "DELIVERY_EVENTS_QUEUE_URL",
        }
    }

    pub(super) const fn queue(self) -> &'static str {
        match self {
            Self::OrderEvents => "the queue of order events",
            Self::DeliveryEvents => "the queue of delivery events",
        }
    }

    /// The effect if no event reaches the queue.
    pub(super) const fn effect(self) -> &'static str {
        match self {
            Self::OrderEvents => "No order event reaches the queue, so no message is sent.",
            Self::DeliveryEvents => {
                "What AWS reports about messages is lost. They stay accepted, and a fallback follows also a message that arrived."
            }
        }
    }

    /// The effect of a disabled rule.
    pub(super) const fn effect_of_disabled(self) -> &'static str {
        match self {
            Self::OrderEvents => {
                "No order event reaches the queue. Events published meanwhile are lost unless the bus has an archive."
            }
            Self::DeliveryEvents => self.effect(),
        }
    }

    /// The effect if the target receives a part of the event.
    pub(super) const fn effect_of_transformed(self) -> &'static str {
        match self {
            Self::OrderEvents => {
                "order-notifier needs whole events, and records transformed ones as invalid."
            }
            Self::DeliveryEvents => {
                "delivery-events needs whole events; transformed ones become dead letters."
            }
        }
    }

    /// The effect of a target without a dead-letter queue.
    pub(super) const fn effect_of_no_dead_letters(self) -> &'static str {
        match self {
            Self::OrderEvents => {
                "An event that can't be put on the queue for 24 hours is lost, and its message isn't sent."
            }
            Self::DeliveryEvents => {
                "An event that can't be put on the queue for 24 hours is lost, and its message stays as it is."
            }
        }
    }

    /// How to make a missing rule.
    pub(super) const fn remedy_of_missing(self) -> &'static str {
        match self {
            Self::OrderEvents => {
                "Deploy the stack with `sam deploy`, with EventBusName set to the bus of your systems, or \
                 OrderEventBusName set to a partner's bus."
            }
            Self::DeliveryEvents => "Deploy the stack again with `sam deploy`.",
        }
    }

    pub(super) fn remedy_of_disabled(self, bus: &str, rule: &str) -> String {
        let enable = format!("aws events enable-rule --event-bus-name {bus} --name {rule}");
        match self {
            Self::OrderEvents => {
                format!("{enable}, then replay the events of the meantime with `ops replay --from …`.")
            }
            Self::DeliveryEvents => {
                format!("{enable}. The reports of the meantime don't come again.")
            }
        }
    }

    /// The text of the finding that nothing is wrong.
    pub(super) fn fine(self, rule: &str) -> String {
        match self {
            Self::OrderEvents => {
                format!("The rule {rule} matches the catalogue's events and puts them on the queue.")
            }
            Self::DeliveryEvents => {
                format!("The rule {rule} puts AWS's events about messages on the queue of delivery events.")
            }
        }
    }
}
