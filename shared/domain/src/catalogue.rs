//! The catalogue defines which event becomes which message. It is data, not code.
//!
//! A catalogue that loads is valid as a whole: every expression compiles, every function in it exists and has
//! the right number of arguments, every provider has a template, and no notification is shadowed by an
//! earlier one. Faults that depend on the event (a missing value, an invalid phone number) are reported per
//! event by [`render()`].

#[cfg(test)]
mod alternatives;
mod components;
mod dates;
mod entry;
mod event;
#[cfg(test)]
mod examples;
mod expression;
mod fallback;
mod fallback_rule;
mod functions;
#[cfg(test)]
mod hostile;
mod key_order;
pub mod keys;
#[cfg(test)]
mod limits;
mod load;
mod locale;
mod money;
mod notification;
mod order_details;
mod pattern;
mod precedence;
mod quotes;
mod references;
mod render;
mod section;
mod syntax_hints;
#[cfg(test)]
mod tests;
mod wrapping;

pub use components::{ButtonRule, ComponentsRule, HeaderRule, LocationRule, VariablesRule};
pub use entry::{ContentRule, Entry, OrderStatusRule, TemplateRule};
pub use event::{MAX_ENVELOPE_TEXT_BYTES, MAX_EVENT_VALUES, OrderEvent};
pub use expression::{EvaluationError, Expression, Found};
pub use fallback::{FallbackTerms, Triggers};
pub use fallback_rule::{ChannelRule, ChannelText, FallbackRule};
pub use load::Catalogue;
pub use notification::{Consent, Fallback, Notification, Route};
pub use order_details::{
    AmountUnit, BeneficiaryRule, ItemsRule, OrderDetailsRule, PaymentRule, PaymentSettingRule,
};
pub use pattern::Pattern;
pub use render::render;
pub use section::Section;
pub use wrapping::{UnwrapError, fill_envelope, read_event, read_event_with_limit, unwrap_event};
