//! The body of `POST …/message_templates` (seed 004; the components of plain templates as in
//! <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components>).

use serde_json::{Map, Value, json};
use shared::message::Language;
use template_definitions::{Definition, Text};

/// The request that creates a template in one of its languages.
pub fn template(definition: &Definition, text: &Text, language: &Language) -> Value {
    let mut request = Map::new();
    request.insert("name".to_owned(), json!(definition.name));
    request.insert("language".to_owned(), json!(language.as_str()));
    request.insert("category".to_owned(), json!(definition.category.name()));
    if let Some(sub_category) = definition.kind.sub_category() {
        request.insert("sub_category".to_owned(), json!(sub_category));
    }
    request.insert("components".to_owned(), Value::Array(components(text)));
    Value::Object(request)
}

fn components(text: &Text) -> Vec<Value> {
    let mut body = json!({ "type": "BODY", "text": text.body });
    if let (Some(body), false) = (body.as_object_mut(), text.samples.is_empty()) {
        // One row of samples: a value for each variable.
        body.insert("example".to_owned(), json!({ "body_text": [text.samples] }));
    }
    let footer = text.footer.as_ref().map(|footer| json!({ "type": "FOOTER", "text": footer }));
    let buttons: Vec<Value> = text
        .buttons
        .iter()
        .map(|button| json!({ "type": "URL", "text": button.text, "url": button.url.as_str() }))
        .collect();
    let buttons = (!buttons.is_empty()).then(|| json!({ "type": "BUTTONS", "buttons": buttons }));
    [Some(body), footer, buttons].into_iter().flatten().collect()
}
