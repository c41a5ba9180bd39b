//! A 1MSG channel's webhooks and its switch for acknowledgements.

use serde_json::{Map, Value, json};

use super::webhook::Destination;

/// 1MSG's own web console, its "cabinet", is also a webhook, which a new list without it would disconnect. The
/// simulator posts nothing to it.
const CABINET: &str = "https://cabinet.onemsg.invalid/hooks";
/// The vendor's limit.
const MAX_WEBHOOKS: usize = 5;

/// The settings of the channel.
pub(super) struct ChannelSettings {
    webhooks: Vec<String>,
    list_format: WebhookList,
    acknowledgements: Acknowledgements,
}

/// Whether statuses are posted at all (`ackNotificationsOn`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgements {
    /// Statuses are posted to every webhook.
    On,
    /// No statuses are posted.
    Off,
}

/// The format of the list of webhooks: the vendor's specification shows a text, and its own tools an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookList {
    /// `["https://…", "https://…"]`.
    Array,
    /// `"https://…,https://…"`.
    Text,
}

impl Default for ChannelSettings {
    /// A new channel: the cabinet is the only webhook, and acknowledgements are off.
    fn default() -> Self {
        Self {
            webhooks: vec![CABINET.to_owned()],
            list_format: WebhookList::Array,
            acknowledgements: Acknowledgements::Off,
        }
    }
}

impl ChannelSettings {
    /// Adds a webhook and switches acknowledgements on, as the operator does when the application is installed.
    pub fn register(&mut self, url: String) {
        self.acknowledgements = Acknowledgements::On;
        if !self.webhooks.contains(&url) {
            self.webhooks.push(url);
        }
    }

    /// The webhooks, in the order of the list.
    pub fn list(&self) -> Vec<String> {
        self.webhooks.clone()
    }

    /// Replaces the list.
    pub fn set_list(&mut self, urls: Vec<String>) {
        self.webhooks = urls;
    }

    /// Sets the format of the list.
    pub const fn set_list_format(&mut self, format: WebhookList) {
        self.list_format = format;
    }

    pub const fn acknowledgements(&self) -> Acknowledgements {
        self.acknowledgements
    }

    pub const fn set_acknowledgements(&mut self, acknowledgements: Acknowledgements) {
        self.acknowledgements = acknowledgements;
    }

    /// Removes a webhook.
    pub fn forget(&mut self, url: &str) {
        self.webhooks.retain(|known| known != url);
    }

    /// The destinations for statuses.
    pub fn destinations(&self) -> Vec<Destination> {
        if self.acknowledgements == Acknowledgements::Off {
            return Vec::new();
        }
        self.webhooks
            .iter()
            .filter(|url| url.as_str() != CABINET)
            .map(|url| Destination { url: url.clone(), headers: Vec::new() })
            .collect()
    }

    /// The list in its format.
    fn formatted_list(&self) -> Value {
        match self.list_format {
            WebhookList::Array => json!(self.webhooks),
            WebhookList::Text => json!(self.webhooks.join(",")),
        }
    }

    /// `GET /{channel}/webhook`.
    pub(super) fn webhooks(&self) -> Value {
        json!({"webhookUrl": self.formatted_list()})
    }

    /// `POST /{channel}/webhook`: replaces the list. The error is the refusal's message.
    pub(super) fn replace_webhooks(&mut self, body: &Map<String, Value>) -> Result<Value, &'static str> {
        let urls: Option<Vec<String>> = match body.get("webhookUrl") {
            Some(Value::String(url)) => Some(vec![url.clone()]),
            Some(Value::Array(urls)) => urls.iter().map(|url| url.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let urls = urls.ok_or("webhookUrl is not defined")?;
        if urls.len() > MAX_WEBHOOKS {
            return Err("webhookUrl: no more than 5 addresses");
        }
        self.webhooks = urls;
        Ok(json!({"set": true, "webhookUrl": self.webhooks}))
    }

    /// `GET /{channel}/settings`, with the simulated settings only.
    pub(super) fn settings(&self) -> Value {
        let is_on = self.acknowledgements == Acknowledgements::On;
        json!({"webhookUrl": self.formatted_list(), "ackNotificationsOn": is_on})
    }

    /// `POST /{channel}/settings`: only `ackNotificationsOn` has an effect here.
    pub(super) fn change(&mut self, body: &Map<String, Value>) -> Value {
        match body.get("ackNotificationsOn").and_then(Value::as_bool) {
            Some(true) => self.acknowledgements = Acknowledgements::On,
            Some(false) => self.acknowledgements = Acknowledgements::Off,
            None => {}
        }
        json!({"ackNotificationsOn": self.acknowledgements == Acknowledgements::On})
    }
}
