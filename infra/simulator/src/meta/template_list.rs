//! The list of an account's templates, page by page.
//!
//! Documented: `fields`, `limit`, `data`, `paging.cursors` and `paging.next`. Inferred: that `next` contains the token,
//! as the Graph API's paging links do, and the answers for a wrong `limit` or cursor.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::reply::MetaError;
use crate::account::MetaAccount;
use crate::templates::{ButtonKind, Template, TemplateButton, TemplateHeader, TemplateKind, TemplateStatus};

/// The Graph API's default page size.
const DEFAULT_LIMIT: usize = 25;
/// "A page may hold fewer than were asked for" (the Graph API's page on paging), and here always does, so that a client
/// that reads only the first page fails a test.
const MAX_LIMIT: usize = 5;
/// The fields of a reply if the request names none.
const DEFAULT_FIELDS: [&str; 7] =
    ["name", "parameter_format", "components", "language", "status", "category", "sub_category"];
/// Further fields that a request may name.
const OTHER_FIELDS: [&str; 5] =
    ["id", "rejected_reason", "quality_score", "previous_category", "message_send_ttl_seconds"];

/// The position and size of a page.
pub(crate) struct Page {
    from: usize,
    limit: usize,
}

impl Page {
    pub fn parse(limit: Option<&str>, after: Option<&str>) -> Result<Self, MetaError> {
        let invalid = |message: &str| MetaError::Parameter { message: message.to_owned(), details: None };
        let limit = match limit.map(str::parse) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit)) if limit > 0 => limit,
            Some(_) => return Err(invalid("(#100) Param limit must be a positive integer")),
        };
        let from = match after {
            None | Some("") => 0,
            Some(cursor) => decoded(cursor).ok_or_else(|| invalid("(#100) Invalid cursor"))?,
        };
        Ok(Self { from, limit: limit.min(MAX_LIMIT) })
    }

    pub fn render(&self, account: &MetaAccount, version: &str, fields: &[&str]) -> Value {
        let all = &account.templates;
        let data: Vec<Value> =
            all.iter().skip(self.from).take(self.limit).map(|template| node(template, fields)).collect();
        let end = self.from + data.len();
        if data.is_empty() {
            return json!({"data": data});
        }
        let cursors = json!({"before": encoded(self.from), "after": encoded(end)});
        let paging = if end < all.len() {
            let next = format!(
                "https://graph.facebook.com/{version}/{}/message_templates?access_token={}&limit={}&after={}",
                account.waba_id,
                account.token,
                self.limit,
                encoded(end)
            );
            json!({"cursors": cursors, "next": next})
        } else {
            json!({"cursors": cursors})
        };
        json!({"data": data, "paging": paging})
    }
}

/// The requested fields.
pub(crate) fn fields(asked: Option<&str>) -> Result<Vec<&str>, MetaError> {
    let Some(asked) = asked else { return Ok(DEFAULT_FIELDS.to_vec()) };
    let fields: Vec<&str> = asked.split(',').map(str::trim).collect();
    match fields.iter().find(|field| !DEFAULT_FIELDS.contains(field) && !OTHER_FIELDS.contains(field)) {
        Some(unknown) => Err(MetaError::no_such_field(unknown, "WhatsAppBusinessHSM")),
        None => Ok(fields),
    }
}

fn node(template: &Template, fields: &[&str]) -> Value {
    let mut node = Map::new();
    for field in fields {
        let value = match *field {
            "name" => json!(template.name),
            "parameter_format" => json!(template.parameters.word()),
            "components" => components(template),
            "language" => json!(template.language),
            "status" => json!(template.status.word()),
            "category" => json!(template.category),
            "sub_category" => json!(match template.kind {
                TemplateKind::Body => "CUSTOM",
                TemplateKind::OrderStatus => "ORDER_STATUS",
            }),
            "rejected_reason" => json!(match template.status {
                TemplateStatus::Rejected => "TAG_CONTENT_MISMATCH",
                _ => "NONE",
            }),
            "message_send_ttl_seconds" => match template.message_send_ttl_seconds {
                Some(seconds) => json!(seconds),
                None => continue,
            },
            "quality_score" => json!({"score": "UNKNOWN"}),
            _ => continue,
        };
        node.insert((*field).to_owned(), value);
    }
    // The reply always includes the id.
    node.insert("id".to_owned(), json!(template.id));
    Value::Object(node)
}

/// The components of a template in Meta's format.
pub(crate) fn components(template: &Template) -> Value {
    let mut components = Vec::new();
    if let Some(header) = &template.header {
        let component = match header {
            TemplateHeader::Text(text) => json!({"type": "HEADER", "format": header.format(), "text": text}),
            _ => json!({"type": "HEADER", "format": header.format()}),
        };
        components.push(with_example(component, template.samples.header.as_ref()));
    }
    let body = json!({"type": "BODY", "text": template.text});
    components.push(with_example(body, template.samples.body.as_ref()));
    if let Some(footer) = &template.footer {
        components.push(json!({"type": "FOOTER", "text": footer}));
    }
    if !template.buttons.is_empty() {
        let buttons: Vec<Value> = template.buttons.iter().map(button).collect();
        components.push(json!({"type": "BUTTONS", "buttons": buttons}));
    }
    Value::Array(components)
}

fn button(button: &TemplateButton) -> Value {
    let text = &button.text;
    let listed = match &button.kind {
        ButtonKind::Url => json!({"type": "URL", "text": text, "url": button.url}),
        ButtonKind::OrderDetails => json!({"type": "ORDER_DETAILS", "text": text}),
        ButtonKind::QuickReply => json!({"type": "QUICK_REPLY", "text": text}),
        ButtonKind::CopyCode => json!({"type": "COPY_CODE", "text": text}),
        ButtonKind::Phone(number) => json!({"type": "PHONE_NUMBER", "text": text, "phone_number": number}),
    };
    with_example(listed, button.sample.as_ref().map(|sample| json!([sample])).as_ref())
}

fn with_example(mut component: Value, example: Option<&Value>) -> Value {
    if let (Some(example), Some(members)) = (example, component.as_object_mut()) {
        members.insert("example".to_owned(), example.clone());
    }
    component
}

fn encoded(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("place:{place}"))
}

fn decoded(cursor: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("place:")?.parse().ok()
}
