//! The content of template messages: each value is parsed once and valid from then on.

mod characters;
mod components;
mod language;
mod link;
mod location;
mod message_id;
mod order_details;
mod order_id;
mod order_number;
mod order_status;
mod phone_number;
mod recipient;
mod reference;
mod sender;
mod sms_size;
mod template_message;
mod text;

#[cfg(test)]
mod forms;
#[cfg(test)]
mod hostile;

pub(crate) use characters::is_blank;
pub use components::{Button, ButtonKind, Components, Header, MAX_HEADER_CHARS, VariableName, Variables};
pub use language::Language;
pub(crate) use language::Tag;
pub use link::{InvalidLink, Link};
pub use location::{Coordinate, InvalidCoordinate, Location};
pub use message_id::{InvalidMessageId, InvalidMessageKey, MessageId, MessageKey};
pub use order_details::{
    Beneficiary, Goods, InvalidReferenceId, MAX_ITEM_NAME_CHARS, OrderCurrency, OrderDetails, OrderItem,
    Payment, PaymentSetting, ReferenceId, Verbatim, has_order_messages,
};
pub use order_id::OrderId;
pub use order_number::{InvalidOrderNumber, OrderNumber};
pub use order_status::{InvalidOrderStatus, OrderStatus};
pub use phone_number::{Country, InvalidPhoneNumber, PhoneNumber};
pub use recipient::{EmailAddress, InvalidEmailAddress, Recipient, UserId};
pub use reference::{AGAIN, InvalidNotificationKey, NotificationKey, Reference, SUFFIXES};
pub use sender::{InvalidSender, Sender};
pub use sms_size::{SmsEncoding, SmsSize};
pub use template_message::{Content, OrderStatusUpdate, PlainText, Template, TemplateMessage};
pub use text::{InvalidText, Text};
pub(crate) use text::{clean_lines, is_end_mark};
