//! The catalogue: which event becomes which message. Data, not code.
//!
//! A catalogue that loads is valid as a whole: every expression compiles, every provider has a template, no two
//! notifications want the same event. What only an event can show (a missing value, a wrong phone number) is a fault of
//! that event, found by [`render()`].

mod entry;
mod event;
mod expression;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
mod load;
mod notification;
mod render;
mod section;
#[cfg(test)]
mod tests;

pub use entry::{ContentRule, Entry, OrderStatusRule, TemplateRule};
pub use event::{MAX_ENVELOPE_TEXT_BYTES, OrderEvent};
pub use expression::{Expression, Found};
pub use load::Catalogue;
pub use notification::{Consent, Notification, Route};
pub use render::render;
pub use section::Section;
