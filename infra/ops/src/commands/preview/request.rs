//! The request to a provider, for display.

use serde::Serialize;
use serde_json::{Value, json};
use shared::providers::Outgoing;
use shared::secrets::Credentials;

use crate::output::style;

/// Kaleyra's host among the placeholders. `Url` converts hosts to lower case; the display restores the capitals of a
/// placeholder.
const HOST: &str = "kaleyra_base_url";
/// AWS's region among the placeholders, also a part of a host.
pub(super) const REGION: &str = "aws_region";

/// Placeholders for the values that only a deployment's secret contains.
pub(super) fn placeholders() -> Credentials {
    let placeholders = json!({
        "onemsg": { "channel": "CHANNEL", "token": "" },
        "kaleyra": { "base_url": format!("https://{HOST}"), "sid": "SID", "api_key": "", "sender": "" },
        "meta": { "phone_number_id": "PHONE_NUMBER_ID", "token": "" },
        "aws-whatsapp": { "phone_number_id": "PHONE_NUMBER_ID" },
        "aws-sms": { "origination": "ORIGINATION", "configuration_set": "CONFIGURATION_SET" },
        "aws-email": { "from": "FROM", "configuration_set": "CONFIGURATION_SET" },
    });
    serde_json::from_value(placeholders).unwrap_or_default()
}

/// A request, without its secrets.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct RequestShown {
    pub(in crate::commands) method: &'static str,
    pub(in crate::commands) url: String,
    pub(in crate::commands) headers: Vec<(String, String)>,
    body: Value,
    /// The body with its members in the order in which they are sent.
    #[serde(skip)]
    pub(in crate::commands) pretty: String,
}

impl From<Outgoing> for RequestShown {
    fn from(outgoing: Outgoing) -> Self {
        let text = String::from_utf8_lossy(&outgoing.body);
        Self {
            method: outgoing.method,
            url: String::from(outgoing.url)
                .replace(HOST, &HOST.to_uppercase())
                .replace(REGION, &REGION.to_uppercase()),
            headers: outgoing.headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
            pretty: indented(&text),
        }
    }
}

impl RequestShown {
    pub(super) fn text(&self) -> String {
        let mut text = vec![format!("{} {}\n", style::strong(self.method), self.url)];
        for (name, value) in &self.headers {
            text.push(format!("{}: {value}\n", style::weak(name)));
        }
        text.concat() + "\n" + &self.pretty
    }
}

/// Indents JSON. `serde_json`'s own values would reorder the members of objects.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut is_in_string = false;
    let mut is_escaped = false;
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if is_in_string {
            text.push(character);
            is_in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' if matches!(characters.peek(), Some('}' | ']')) => {
                text.push(character);
                text.extend(characters.next());
            }
            '{' | '[' => {
                depth += 1;
                text.push(character);
                new_line(&mut text, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(character);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ if character.is_whitespace() => {}
            _ => {
                is_in_string = character == '"';
                text.push(character);
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use shared::provider::Provider;

    use super::*;

    #[test]
    fn json_is_indented_as_serde_does_it_and_keeps_its_order() {
        let value = json!({
            "a": [1, { "b": "x,{}[]: \" \\" }, [], {}, null],
            "c": "\\\"", "d": { "e": true },
        });
        assert_eq!(indented(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(indented(r#"{"z":1,"a":2}"#), "{\n  \"z\": 1,\n  \"a\": 2\n}");
    }

    #[test]
    fn the_placeholders_are_credentials_of_every_provider() {
        let placeholders = placeholders();
        assert!(Provider::ALL.into_iter().all(|provider| placeholders.has(provider)));
    }
}
