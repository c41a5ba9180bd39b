//! The fallback of a notification: when it follows, and what each channel sends.

use std::time::Duration;

use serde::Serialize;
use shared::catalogue::{ChannelRule, Consent, Entry, Notification, OrderEvent, Triggers, render};
use shared::fault::Fault;
use shared::message::{Content, Language, PlainText, SmsSize};
use shared::provider::{Channel, Provider};
use shared::providers::{BaseUrls, Outgoing};
use shared::secrets::Credentials;

use super::request::RequestShown;
use crate::labels;
use crate::output::style;

#[derive(Debug, Serialize)]
pub(in crate::commands) struct FallbackShown {
    pub(in crate::commands) after: String,
    pub(in crate::commands) on: Vec<&'static str>,
    pub(in crate::commands) retry: bool,
    pub(in crate::commands) channels: Vec<ChannelShown>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct ChannelShown {
    pub(in crate::commands) provider: Provider,
    /// None if the channel has faults.
    pub(in crate::commands) recipient: Option<String>,
    pub(in crate::commands) consent: Option<bool>,
    /// The reasons why the channel is left out for this event.
    pub(in crate::commands) faults: Vec<Fault>,
    /// Why it may not be sent although it has no faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) remark: Option<String>,
    pub(in crate::commands) texts: Vec<TextShown>,
    /// None if the channel has faults or there is no request.
    pub(in crate::commands) request: Option<RequestShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) no_request: Option<String>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct TextShown {
    pub(in crate::commands) language: Language,
    /// Whether this customer gets the text in this language.
    pub(in crate::commands) is_chosen: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) subject: Option<String>,
    pub(in crate::commands) text: String,
    /// The size of a text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) size: Option<SizeShown>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct SizeShown {
    pub(in crate::commands) encoding: &'static str,
    pub(in crate::commands) characters: usize,
    pub(in crate::commands) parts: usize,
    /// The characters for which it isn't GSM-7.
    pub(in crate::commands) beyond_gsm7: Vec<char>,
}

impl FallbackShown {
    /// Shows the fallback of a notification, which `entry` made of `event`.
    pub(super) fn find(notification: &Notification, entry: &Entry, event: &OrderEvent) -> Option<Self> {
        let (fallback, rule) = (notification.fallback.as_ref()?, entry.fallback.as_ref()?);
        let terms = &fallback.terms;
        let channels = rule.channels.iter().zip(&fallback.messages).enumerate();
        let channels = channels.map(|(index, (channel, message))| {
            let others = texts(entry, event, index, channel);
            let elapsed = terms.after.saturating_mul(u32::try_from(index + 1).unwrap_or(u32::MAX));
            match message {
                Ok(message) => ChannelShown::from_message(message, others, elapsed, entry.max_age),
                Err(faults) => ChannelShown {
                    provider: channel.provider,
                    recipient: None,
                    consent: None,
                    faults: faults.to_vec(),
                    remark: None,
                    texts: Vec::new(),
                    request: None,
                    no_request: None,
                },
            }
        });
        Some(Self {
            after: labels::duration(terms.after),
            on: trigger_names(terms.on),
            retry: terms.retries,
            channels: channels.collect(),
        })
    }

    /// Adds the request of each channel that has no fault.
    pub(super) fn with_requests(
        mut self,
        notification: &Notification,
        urls: &BaseUrls,
        credentials: &Credentials,
    ) -> Self {
        let messages = notification.fallback.iter().flat_map(|fallback| &fallback.messages);
        for (channel, message) in self.channels.iter_mut().zip(messages) {
            let Ok(message) = message else { continue };
            let Some(route) = message.routes.first() else { continue };
            match Outgoing::build(urls, credentials, route.provider, &message.message(route)) {
                Ok(outgoing) => channel.request = Some(outgoing.into()),
                Err(reason) => channel.no_request = Some(reason.text),
            }
        }
        self
    }

    /// The section of the report.
    pub(super) fn text(&self) -> String {
        let mut text = vec![format!("\n{}\n\n", style::strong("If it doesn't arrive on WhatsApp"))];
        for trigger in &self.on {
            text.push(match *trigger {
                "failed" => "when its provider reports that it failed\n".to_owned(),
                "rejected" => "when every provider refuses this customer\n".to_owned(),
                _ => format!("after {} without a delivered or read status\n", self.after),
            });
        }
        if self.retry {
            text.push(
                "first once more on WhatsApp, if the failure says that another time helps\n".to_owned(),
            );
        }
        for (index, channel) in self.channels.iter().enumerate() {
            text.push(channel.text(index + 1));
        }
        text.concat()
    }
}

impl ChannelShown {
    fn from_message(
        message: &Notification,
        mut texts: Vec<TextShown>,
        elapsed: Duration,
        max_age: Duration,
    ) -> Self {
        let chosen = message.routes.first().map(|route| &route.language);
        for text in &mut texts {
            text.is_chosen = chosen == Some(&text.language);
        }
        texts.sort_by_key(|text| !text.is_chosen);
        let remark = (elapsed >= max_age).then(|| {
            format!(
                "{} after the event, when its turn comes for want of a status, the event is older than max_age ({}): it isn't sent then",
                labels::duration(elapsed),
                labels::duration(max_age)
            )
        });
        Self {
            provider: message.routes.first().map_or(Provider::AwsSms, |route| route.provider),
            recipient: Some(message.recipient.as_str().to_owned()),
            consent: Some(message.consent == Consent::Given),
            faults: Vec::new(),
            remark,
            texts,
            request: None,
            no_request: None,
        }
    }

    fn text(&self, number: usize) -> String {
        let consent = match self.consent {
            Some(true) => "consent given".to_owned(),
            Some(false) => style::pending("consent not given: it isn't sent"),
            None => style::bad("left out for this event"),
        };
        let recipient =
            self.recipient.as_ref().map(|recipient| format!(" to {recipient}")).unwrap_or_default();
        let mut text = vec![format!("\n{number}. {}{recipient}, {consent}\n", style::strong(self.provider))];
        for fault in &self.faults {
            text.push(format!("{} {}: {}\n", style::bad("fault:"), fault.place, fault.problem));
        }
        if let Some(remark) = &self.remark {
            text.push(format!("{} {remark}\n", style::weak("note:")));
        }
        text.extend(self.texts.iter().map(TextShown::lines));
        text.extend(self.request.as_ref().map(|request| format!("\n{}\n", request.text())));
        text.extend(
            self.no_request.as_ref().map(|reason| format!("{} {reason}\n", style::bad("no request:"))),
        );
        text.concat()
    }
}

impl TextShown {
    fn new(language: Language, plain: &PlainText, channel: Channel) -> Self {
        let size = (channel == Channel::Sms).then(|| SmsSize::measure(&plain.text)).map(|size| SizeShown {
            encoding: size.encoding.name(),
            characters: size.places,
            parts: size.parts,
            beyond_gsm7: size.beyond_gsm7,
        });
        Self { language, is_chosen: false, subject: plain.subject.clone(), text: plain.text.clone(), size }
    }

    fn lines(&self) -> String {
        let heading = format!("in {}", self.language);
        let mut text = vec![if self.is_chosen {
            format!("{}\n", style::strong(heading))
        } else {
            format!("{}\n", style::weak(format!("{heading} (not this customer's language)")))
        }];
        text.extend(self.subject.iter().map(|subject| format!("  │ {}\n", style::strong(subject))));
        text.extend(self.text.lines().map(|line| format!("  │ {line}\n")));
        if let Some(SizeShown { encoding, characters, parts, beyond_gsm7 }) = &self.size {
            let size = format!(
                "{} in {encoding}: {} of a text message",
                labels::count(*characters, "character"),
                labels::count(*parts, "part")
            );
            let others: Vec<String> = beyond_gsm7.iter().map(|c| name_character(*c)).collect();
            let why = if others.is_empty() {
                String::new()
            } else {
                format!("; GSM-7, with more than twice the room, lacks {}", others.join(" "))
            };
            text.push(format!("  {}\n", style::weak(size + &why)));
        }
        text.concat()
    }
}

/// The text of a channel in each language, filled with the event's values; a text with faults is left out.
pub(in crate::commands) fn texts(
    entry: &Entry,
    event: &OrderEvent,
    index: usize,
    channel: &ChannelRule,
) -> Vec<TextShown> {
    let shown = channel.texts.iter().filter_map(|text| {
        let mut entry = entry.clone();
        let rule = entry.fallback.as_mut()?.channels.get_mut(index)?;
        rule.texts.retain(|other| other.language == text.language);
        let notification = render(&entry, event, None).ok()?;
        let message = notification.fallback?.messages.into_iter().nth(index)?.ok()?;
        let Content::Plain(plain) = &message.content else { return None };
        Some(TextShown::new(text.language.clone(), plain, channel.provider.channel()))
    });
    shown.collect()
}

fn trigger_names(on: Triggers) -> Vec<&'static str> {
    let Triggers { failed, rejected, undelivered } = on;
    let all = [(failed, "failed"), (rejected, "rejected"), (undelivered, "undelivered")];
    all.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name).collect()
}

/// The character itself, if it can be seen.
fn name_character(c: char) -> String {
    if c.is_alphanumeric() || c.is_ascii_punctuation() {
        c.to_string()
    } else {
        format!("{c} (U+{:04X})", u32::from(c))
    }
}
