//! The `components` of a message: only their structure, before the check against the account's template
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>).
//!
//! Not simulated: currencies and dates, ids of uploaded media, and buttons for flows, catalogues and calls.

use super::field::{Field, ShapeFault};
use super::order_details;
use crate::message::{
    ButtonParameter, ButtonValue, Content, FilledTemplate, HeaderParameter, Location, OrderState, OrderStatus,
};

/// The reference's limit of a document's `filename`.
const FILENAME_MAX_CHARS: usize = 240;
/// The reference's limit of a quick reply's payload.
const PAYLOAD_MAX_CHARS: usize = 128;
/// The limit of a coupon code
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/coupon-templates>).
pub(crate) const CODE_MAX_CHARS: usize = 20;

/// Seed 003: `description`.
const DESCRIPTION_MAX_CHARS: usize = 120;

/// The values in a message's components.
pub(crate) struct Components {
    pub header: Option<HeaderParameter>,
    pub content: Content,
    pub names: Vec<Option<String>>,
    pub buttons: Vec<ButtonParameter>,
}

impl Components {
    /// The template with these values.
    pub fn fill(self, name: &str, language: &str) -> FilledTemplate {
        let Self { header, content, names, buttons } = self;
        let (name, language) = (name.to_owned(), language.to_owned());
        FilledTemplate { name, language, header, content, names, buttons }
    }
}

/// Parses the components of a message.
pub(crate) fn read_components(components: &[Field<'_>]) -> Result<Components, ShapeFault> {
    let mut read = Components {
        header: None,
        content: Content::Body(Vec::new()),
        names: Vec::new(),
        buttons: Vec::new(),
    };
    for component in components {
        match component.child("type")?.one_of(&["header", "body", "button", "order_status"])? {
            "header" => {
                component.only(&["type", "parameters"])?;
                let parameters = component.child("parameters")?.items()?;
                read.header = at_most_one("header", &parameters)?.map(read_header).transpose()?;
            }
            "body" => {
                component.only(&["type", "parameters"])?;
                let parameters = component.child("parameters")?.items()?;
                let values = parameters.iter().map(read_text).collect::<Result<Vec<_>, _>>()?;
                let (names, values) = values.into_iter().unzip();
                (read.names, read.content) = (names, Content::Body(values));
            }
            "button" => read.buttons.extend(read_button(component)?),
            _ => {
                component.only(&["type", "parameters"])?;
                read.content = Content::OrderStatus(read_order_status(&component.child("parameters")?)?);
            }
        }
    }
    Ok(read)
}

fn at_most_one<'list, 'body>(
    component: &'static str,
    parameters: &'list [Field<'body>],
) -> Result<Option<&'list Field<'body>>, ShapeFault> {
    match parameters {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        more => Err(ShapeFault::TooManyParameters { component, given: more.len() }),
    }
}

fn read_header(parameter: &Field<'_>) -> Result<HeaderParameter, ShapeFault> {
    let kind = parameter.child("type")?.one_of(&["text", "image", "video", "document", "location"])?;
    if kind == "text" {
        let (name, text) = read_text(parameter)?;
        return Ok(HeaderParameter::Text { name, text });
    }
    parameter.only(&["type", kind])?;
    let object = parameter.optional(kind)?.ok_or(ShapeFault::NoValue { kind })?;
    if kind == "location" {
        return Ok(HeaderParameter::Location(read_location(&object)?));
    }
    object.only(if kind == "document" { &["link", "filename"] } else { &["link"] })?;
    let link = object.optional("link")?.ok_or(ShapeFault::NoLink)?.link()?.to_owned();
    Ok(match kind {
        "image" => HeaderParameter::Image(link),
        "video" => HeaderParameter::Video(link),
        _ => HeaderParameter::Document {
            link,
            filename: object
                .optional("filename")?
                .map(|name| name.text_up_to(FILENAME_MAX_CHARS).map(str::to_owned))
                .transpose()?,
        },
    })
}

/// The reference requires `latitude` and `longitude` and has them as text; numbers are accepted too.
fn read_location(location: &Field<'_>) -> Result<Location, ShapeFault> {
    location.only(&["latitude", "longitude", "name", "address"])?;
    let degrees = |name: &str| location.child(name)?.number::<f64>().map(|degrees| degrees.to_string());
    let text = |name: &str| location.optional(name)?.map(|text| text.text().map(str::to_owned)).transpose();
    Ok(Location {
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
        name: text("name")?,
        address: text("address")?,
    })
}

/// A text parameter and its name.
fn read_text(parameter: &Field<'_>) -> Result<(Option<String>, String), ShapeFault> {
    parameter.only(&["type", "text", "parameter_name"])?;
    parameter.child("type")?.one_of(&["text"])?;
    let name =
        parameter.optional("parameter_name")?.map(|name| name.text().map(str::to_owned)).transpose()?;
    match parameter.optional("text")?.ok_or(ShapeFault::NoValue { kind: "text" })?.text()? {
        "" => Err(ShapeFault::EmptyText),
        text => Ok((name, text.to_owned())),
    }
}

/// A button without parameters says no more than a button that is left out.
fn read_button(component: &Field<'_>) -> Result<Option<ButtonParameter>, ShapeFault> {
    component.only(&["type", "sub_type", "index", "parameters"])?;
    // The real list has more: <https://github.com/shridarpatil/frappe_whatsapp/issues/188>.
    let kind = component.child("sub_type")?.word(&["copy_code", "order_details", "quick_reply", "url"])?;
    let index = component.child("index")?.number()?;
    let parameters = component.child("parameters")?.items()?;
    let Some(parameter) = at_most_one("button", &parameters)? else { return Ok(None) };
    let mandatory = |kind: &'static str, limit: usize| {
        read_value(parameter, kind, limit)?.ok_or(ShapeFault::NoButtonValue { kind })
    };
    let value = match kind {
        "url" => ButtonValue::Url(mandatory("text", usize::MAX)?),
        "order_details" => ButtonValue::OrderDetails(Box::new(order_details::read(parameter)?)),
        "quick_reply" => ButtonValue::Payload(mandatory("payload", PAYLOAD_MAX_CHARS)?),
        // The check against the template refuses a button without its code.
        _ => match read_value(parameter, "coupon_code", CODE_MAX_CHARS)? {
            Some(code) => ButtonValue::Code(code),
            None => return Ok(None),
        },
    };
    Ok(Some(ButtonParameter { index, value }))
}

/// A button's value; none if it is empty.
fn read_value(parameter: &Field<'_>, kind: &'static str, limit: usize) -> Result<Option<String>, ShapeFault> {
    parameter.only(&["type", kind])?;
    parameter.child("type")?.one_of(&[kind])?;
    let value = parameter.optional(kind)?.map(|value| value.text_up_to(limit)).transpose()?;
    Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
}

fn read_order_status(parameters: &Field<'_>) -> Result<OrderStatus, ShapeFault> {
    let parameters = parameters.items()?;
    let [parameter] = parameters.as_slice() else {
        return Err(ShapeFault::Missing { path: "order_status".to_owned() });
    };
    parameter.only(&["type", "order_status"])?;
    parameter.child("type")?.one_of(&["order_status"])?;
    let order_status = parameter.child("order_status")?;
    order_status.only(&["reference_id", "order"])?;
    let reference_id = order_status.child("reference_id")?.text()?.to_owned();
    let order = order_status.child("order")?;
    order.only(&["status", "description"])?;
    let status = order.child("status")?;
    let word = status.one_of(&OrderState::WORDS)?;
    let state =
        OrderState::parse(word).ok_or_else(|| ShapeFault::Missing { path: status.path_of("status") })?;
    let description = order
        .optional("description")?
        .map(|description| description.text_up_to(DESCRIPTION_MAX_CHARS).map(str::to_owned))
        .transpose()?;
    Ok(OrderStatus { reference_id, state, description })
}
