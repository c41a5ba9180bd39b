//! The catalogue: which event becomes which message. Data, not code.
//!
//! A catalogue that loads is valid as a whole: every expression compiles, every function in it exists and has as many arguments
//! as it takes, every provider has a template, and no notification stands behind one that takes all its events. What only an event can show (a missing value, a wrong phone number) is a fault of
//! that event, found by [`render()`].

#[cfg(test)]
mod alternatives;
mod dates;
mod entry;
mod event;
#[cfg(test)]
mod examples;
mod expression;
mod functions;
#[cfg(test)]
mod hostile;
pub mod keys;
#[cfg(test)]
mod limits;
mod load;
mod locale;
mod money;
mod notification;
mod render;
mod section;
#[cfg(test)]
mod tests;
mod wrapping;

pub use entry::{ContentRule, Entry, OrderStatusRule, TemplateRule};
pub use event::{MAX_ENVELOPE_TEXT_BYTES, MAX_EVENT_VALUES, OrderEvent};
pub use expression::{Expression, Found, Unevaluable};
pub use load::Catalogue;
pub use notification::{Consent, Notification, Route};
pub use render::render;
pub use section::Section;
pub use wrapping::{NoEvent, fill_envelope, read_event, read_event_of, unwrap_event};
