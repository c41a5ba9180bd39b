//! The body of `POST …/message_templates` (seed 004; the components of plain templates as in
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>).

use serde_json::{Map, Value, json};
use shared::message::Language;
use template_definitions::{Button, Definition, Header, Text, Variables};

/// The request that creates a template in one of its languages. `header_handle` is the uploaded sample of a picture, video
/// or document.
pub fn template(
    definition: &Definition,
    text: &Text,
    language: &Language,
    header_handle: Option<&str>,
) -> Value {
    let mut request = Map::new();
    request.insert("name".to_owned(), json!(definition.name));
    request.insert("language".to_owned(), json!(language.as_str()));
    request.insert("category".to_owned(), json!(definition.category.name()));
    if let Some(sub_category) = definition.kind.sub_category() {
        request.insert("sub_category".to_owned(), json!(sub_category));
    }
    // Without it, variables are numbered.
    if text.has_names() {
        request.insert("parameter_format".to_owned(), json!("NAMED"));
    }
    if let Some(time_to_live) = definition.time_to_live {
        request.insert("message_send_ttl_seconds".to_owned(), json!(time_to_live.seconds()));
    }
    // Brazil's page has it for both categories, India's for MARKETING.
    if text.buttons.iter().any(|button| matches!(button, Button::OrderDetails { .. })) {
        request.insert("display_format".to_owned(), json!("ORDER_DETAILS"));
    }
    request.insert("components".to_owned(), Value::Array(components(text, header_handle)));
    Value::Object(request)
}

fn components(text: &Text, header_handle: Option<&str>) -> Vec<Value> {
    let header = text.header.as_ref().map(|it| header(it, header_handle));
    // One row of samples: a value for each variable.
    let example = match text.variables() {
        Variables::Positional(0) => None,
        Variables::Positional(_) => Some(json!({ "body_text": [text.samples] })),
        Variables::Named(names) => Some(json!({ "body_text_named_params": named(&names, &text.samples) })),
    };
    let body = with_example(json!({ "type": "BODY", "text": text.body }), example);
    let footer = text.footer.as_ref().map(|footer| json!({ "type": "FOOTER", "text": footer }));
    let buttons: Vec<Value> = text.buttons.iter().map(button).collect();
    let buttons = (!buttons.is_empty()).then(|| json!({ "type": "BUTTONS", "buttons": buttons }));
    [header, Some(body), footer, buttons].into_iter().flatten().collect()
}

fn header(header: &Header, handle: Option<&str>) -> Value {
    let format = header.name().to_ascii_uppercase();
    match header {
        Header::Text { text, sample } => {
            let example = sample.as_ref().map(|sample| match header.variables() {
                Variables::Named(names) => {
                    json!({ "header_text_named_params": named(&names, std::slice::from_ref(sample)) })
                }
                Variables::Positional(_) => json!({ "header_text": [sample] }),
            });
            with_example(json!({ "type": "HEADER", "format": format, "text": text }), example)
        }
        Header::Media { .. } => {
            let example = handle.map(|handle| json!({ "header_handle": [handle] }));
            with_example(json!({ "type": "HEADER", "format": format }), example)
        }
        Header::Location => json!({ "type": "HEADER", "format": format }),
    }
}

fn button(button: &Button) -> Value {
    match button {
        Button::Url { text, url, sample } => {
            let example = sample.as_ref().map(|sample| json!([sample]));
            with_example(json!({ "type": "URL", "text": text, "url": url }), example)
        }
        Button::QuickReply { text } => json!({ "type": "QUICK_REPLY", "text": text }),
        Button::OrderDetails { text } => json!({ "type": "ORDER_DETAILS", "text": text }),
        Button::CopyCode { sample } => json!({ "type": "COPY_CODE", "example": sample }),
        Button::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number })
        }
    }
}

fn named(names: &[String], samples: &[String]) -> Vec<Value> {
    let pairs = names.iter().zip(samples);
    pairs.map(|(name, sample)| json!({ "param_name": name, "example": sample })).collect()
}

fn with_example(mut component: Value, example: Option<Value>) -> Value {
    if let (Some(component), Some(example)) = (component.as_object_mut(), example) {
        component.insert("example".to_owned(), example);
    }
    component
}
