//! A message that passed a provider's own checks.

use super::provider::Provider;
use super::recipient::Recipient;

/// The content of a send. It contains personal data, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// The provider that received the request.
    pub provider: Provider,
    /// The customer's number or user id.
    pub recipient: Recipient,
    /// The template with its values.
    pub template: FilledTemplate,
    /// The caller's data for the callbacks.
    pub echo: Echo,
}

/// A template and its values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FilledTemplate {
    /// The template's name.
    pub name: String,
    /// The language code.
    pub language: String,
    /// The header's value.
    pub header: Option<HeaderParameter>,
    /// The values of the body, or the order status.
    pub content: Content,
    /// The name of each value in [`Content::Body`]; none for each value of a template with numbered variables.
    pub names: Vec<Option<String>>,
    /// The buttons' values, in the order of the request.
    pub buttons: Vec<ButtonParameter>,
}

/// The value of a template's header.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum HeaderParameter {
    /// The value of the one variable in a header of text.
    Text {
        /// The variable's name; none in a template with numbered variables.
        name: Option<String>,
        /// The value.
        text: String,
    },
    /// A picture's address.
    Image(String),
    /// A video's address.
    Video(String),
    /// A document.
    Document {
        /// The document's address.
        link: String,
        /// The file name that the customer sees.
        filename: Option<String>,
    },
    /// A place on the map.
    Location(Location),
}

impl FilledTemplate {
    /// The order that a button opens.
    pub fn order_details(&self) -> Option<&OrderDetails> {
        self.buttons.iter().find_map(|button| match &button.value {
            ButtonValue::OrderDetails(details) => Some(&**details),
            ButtonValue::Url(_) | ButtonValue::Payload(_) | ButtonValue::Code(_) => None,
        })
    }
}

impl HeaderParameter {
    /// The Graph API's word for the kind of header that it fills.
    pub(super) const fn format(&self) -> &'static str {
        match self {
            Self::Text { .. } => "TEXT",
            Self::Image(_) => "IMAGE",
            Self::Video(_) => "VIDEO",
            Self::Document { .. } => "DOCUMENT",
            Self::Location(_) => "LOCATION",
        }
    }

    /// The address of a picture, a video or a document.
    pub(super) fn link(&self) -> Option<&str> {
        match self {
            Self::Image(link) | Self::Video(link) | Self::Document { link, .. } => Some(link),
            Self::Text { .. } | Self::Location(_) => None,
        }
    }
}

/// A place on the map.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// Decimal degrees, as the request has them.
    pub latitude: String,
    /// Decimal degrees, as the request has them.
    pub longitude: String,
    /// The place's name.
    pub name: Option<String>,
    /// The place's address.
    pub address: Option<String>,
}

/// A value for a button.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ButtonParameter {
    /// The button's place in the template, from 0.
    pub index: usize,
    /// The value.
    pub value: ButtonValue,
}

/// What a button gets from a message.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ButtonValue {
    /// The end of a URL.
    Url(String),
    /// The data that a quick reply returns to the business.
    Payload(String),
    /// The code that is copied.
    Code(String),
    /// The order that is opened.
    OrderDetails(Box<OrderDetails>),
}

/// The order in an `order_details` button. Amounts are in hundredths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderDetails {
    /// The id that order statuses name again.
    pub reference_id: String,
    /// The currency's code.
    pub currency: String,
    /// Whether the order says how it is paid.
    pub has_payment: bool,
    /// What was ordered.
    pub items: Vec<OrderItem>,
    /// The sum of the items.
    pub subtotal: u64,
    /// The tax.
    pub tax: u64,
    /// The cost of shipping.
    pub shipping: Option<u64>,
    /// What is taken off.
    pub discount: Option<u64>,
    /// What the customer pays.
    pub total: u64,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderItem {
    /// The name.
    pub name: String,
    /// The price of one.
    pub amount: u64,
    /// The reduced price of one.
    pub sale_amount: Option<u64>,
    /// How many.
    pub quantity: u64,
}

/// The values of a template.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// The values of the body's variables, in the order of the request.
    Body(Vec<String>),
    /// An order status.
    OrderStatus(OrderStatus),
}

/// The contents of an `order_status` component.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OrderStatus {
    /// The id of the `order_details` message.
    pub reference_id: String,
    /// The new status.
    pub state: OrderState,
    /// The optional text.
    pub description: Option<String>,
}

/// The statuses that can be sent (seed 003's table and seed 004's request; `pending` is the state before the first).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// `processing`
    Processing,
    /// `partially_shipped`
    PartiallyShipped,
    /// `shipped`
    Shipped,
    /// `completed`
    Completed,
    /// `canceled`
    Canceled,
}

impl OrderState {
    /// The providers' words for the statuses, in the documented order.
    pub const WORDS: [&'static str; 5] =
        ["processing", "partially_shipped", "shipped", "completed", "canceled"];

    /// Parses one of the words.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "processing" => Self::Processing,
            "partially_shipped" => Self::PartiallyShipped,
            "shipped" => Self::Shipped,
            "completed" => Self::Completed,
            "canceled" => Self::Canceled,
            _ => return None,
        })
    }
}

/// The caller's data that the callbacks return.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Echo {
    /// No data: 1MSG has no such field, and the others' are optional.
    Nothing,
    /// Meta's `biz_opaque_callback_data`.
    Opaque(String),
    /// Kaleyra's `ref`, `ref1` and `ref2`, each already truncated to Kaleyra's limit.
    References([Option<String>; 3]),
}

impl Echo {
    /// The caller's key: Meta's opaque data, or Kaleyra's `ref`.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Opaque(data) => Some(data),
            Self::References([first, ..]) => first.as_deref(),
        }
    }
}
