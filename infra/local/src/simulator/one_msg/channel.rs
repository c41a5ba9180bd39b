//! A channel's webhooks and its switch for acknowledgements.

use serde_json::{Map, Value, json};

use super::reply::OneMsgError;
use crate::simulator::callbacks::Destination;

/// 1MSG's own cabinet listens too, and a new list that leaves it out cuts it off. Nothing is posted to it from here.
const CABINET: &str = "https://cabinet.onemsg.invalid/hooks";
/// The vendor's limit.
const MAX_WEBHOOKS: usize = 5;

/// The settings of the channel.
pub(in crate::simulator) struct ChannelSettings {
    webhooks: Vec<String>,
    told: WebhookList,
    acknowledgements: Acknowledgements,
}

/// Whether statuses are pushed at all (`ackNotificationsOn`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgements {
    /// They are.
    On,
    /// No webhook hears of any.
    Off,
}

/// How the list of webhooks is told: the vendor's specification shows a text, and its own tools an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookList {
    /// `["https://…", "https://…"]`.
    Array,
    /// `"https://…,https://…"`.
    Text,
}

impl Default for ChannelSettings {
    /// A new channel: the cabinet alone is told, and nothing about statuses.
    fn default() -> Self {
        Self {
            webhooks: vec![CABINET.to_owned()],
            told: WebhookList::Array,
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

    /// The list becomes this one.
    pub fn set_list(&mut self, urls: Vec<String>) {
        self.webhooks = urls;
    }

    /// How the list is told from now on.
    pub const fn tell_as(&mut self, told: WebhookList) {
        self.told = told;
    }

    /// Whether statuses are pushed.
    pub const fn acknowledgements(&self) -> Acknowledgements {
        self.acknowledgements
    }

    /// Has statuses pushed, or not.
    pub const fn set_acknowledgements(&mut self, acknowledgements: Acknowledgements) {
        self.acknowledgements = acknowledgements;
    }

    /// Takes a webhook out.
    pub fn forget(&mut self, url: &str) {
        self.webhooks.retain(|known| known != url);
    }

    /// Where statuses are pushed to.
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

    fn told(&self) -> Value {
        match self.told {
            WebhookList::Array => json!(self.webhooks),
            WebhookList::Text => json!(self.webhooks.join(",")),
        }
    }

    /// `GET /{channel}/webhook`.
    pub(super) fn webhooks(&self) -> Value {
        json!({"webhookUrl": self.told()})
    }

    /// `POST /{channel}/webhook`: replaces the list.
    pub(super) fn replace_webhooks(&mut self, body: &Map<String, Value>) -> Result<Value, OneMsgError> {
        let refused = |message: &str| OneMsgError::BadRequest(message.to_owned());
        let urls: Option<Vec<String>> = match body.get("webhookUrl") {
            Some(Value::String(url)) => Some(vec![url.clone()]),
            Some(Value::Array(urls)) => urls.iter().map(|url| url.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let urls = urls.ok_or_else(|| refused("webhookUrl is not defined"))?;
        if urls.len() > MAX_WEBHOOKS {
            return Err(refused("webhookUrl: no more than 5 addresses"));
        }
        self.webhooks = urls;
        Ok(json!({"set": true, "webhookUrl": self.webhooks}))
    }

    /// `GET /{channel}/settings`, as far as anything here has a setting.
    pub(super) fn settings(&self) -> Value {
        let is_on = self.acknowledgements == Acknowledgements::On;
        json!({"webhookUrl": self.told(), "ackNotificationsOn": is_on})
    }

    /// `POST /{channel}/settings`: of all settings only `ackNotificationsOn` means anything here.
    pub(super) fn change(&mut self, body: &Map<String, Value>) -> Value {
        match body.get("ackNotificationsOn").and_then(Value::as_bool) {
            Some(true) => self.acknowledgements = Acknowledgements::On,
            Some(false) => self.acknowledgements = Acknowledgements::Off,
            None => {}
        }
        json!({"ackNotificationsOn": self.acknowledgements == Acknowledgements::On})
    }
}
