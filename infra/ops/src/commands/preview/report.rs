//! The report of a preview.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use shared::catalogue::{Consent, Entry, Notification};
use shared::fault::{Fault, Faults};
use shared::message::{Language, OrderId};
use shared::provider::Provider;
use shared::providers::{BaseUrls, Outgoing};
use shared::secrets::Credentials;
use template_definitions::{Definitions, DisagreementKind};

use super::fallback::FallbackShown;
use super::look::{Look, looks};
use super::request::RequestShown;
use crate::events::file::Form;
use crate::events::{Forecast, Mood, Near, display};
use crate::labels;
use crate::order_id;
use crate::output::{Report, fields, style, time};

/// Shown if the event has no usable phone number and no WhatsApp user id.
pub(in crate::commands) const NO_RECIPIENT: &str = "none on WhatsApp";
/// Shown for an unknown key; in the requests it is `unknown`.
const KEY_UNKNOWN: &str = "unknown: it is made with a deployment's secret (--local, --stack)";

#[derive(Debug, Serialize)]
pub(super) struct Preview {
    pub(super) catalogue: String,
    /// The format of the event's file.
    pub(super) form: Option<Form>,
    #[serde(flatten)]
    pub(super) finding: Finding,
}

#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(in crate::commands) enum Finding {
    /// The catalogue has faults.
    CatalogueFaulty { faults: Faults },
    /// The event can't become a message.
    Invalid { notification: Option<String>, faults: Faults },
    /// No entry matches the event.
    Ignored { source: String, detail_type: String, nearest: Vec<Near> },
    /// The event becomes this notification.
    Notification(Box<Shown>),
}

/// A notification with its messages and requests.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Shown {
    pub(in crate::commands) notification: String,
    #[serde(flatten)]
    pub(in crate::commands) order: OrderId,
    /// None without a deployment, whose secret makes the key.
    pub(in crate::commands) key: Option<String>,
    /// None if the event has no recipient that WhatsApp reaches.
    pub(in crate::commands) recipient: Option<String>,
    pub(in crate::commands) consent: bool,
    pub(in crate::commands) event_time: Timestamp,
    pub(in crate::commands) age_seconds: i64,
    pub(in crate::commands) max_age: String,
    #[serde(flatten)]
    pub(in crate::commands) forecast: Forecast,
    pub(in crate::commands) problems: Vec<Fault>,
    /// The notification would be sent a second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) warning: Option<String>,
    pub(in crate::commands) remarks: Vec<String>,
    /// The templates without a definition of their text.
    pub(in crate::commands) undefined: Vec<String>,
    pub(in crate::commands) messages: Vec<Look>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands) fallback: Option<FallbackShown>,
    pub(in crate::commands) routes: Vec<RouteShown>,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct RouteShown {
    pub(in crate::commands) provider: Provider,
    pub(in crate::commands) template: String,
    pub(in crate::commands) language: Language,
    pub(in crate::commands) request: Option<RequestShown>,
    /// Why there is no request.
    pub(in crate::commands) no_request: Option<String>,
}

impl Shown {
    pub(super) fn describe(
        notification: &Notification,
        entry: &Entry,
        definitions: &Definitions,
        forecast: Forecast,
        now: Timestamp,
    ) -> Self {
        let (messages, of_values, undefined) = looks(notification, entry, definitions);
        let disagreements = definitions.disagreements_in(entry);
        let of_kind = |kind| disagreements.iter().filter(move |found| found.kind == kind);
        let fillings = of_kind(DisagreementKind::Filling).map(|found| found.fault.clone());
        let problems = fillings.chain(of_values).collect();
        let late = of_kind(DisagreementKind::LateDelivery).map(|found| {
            let write = found.write.as_deref().unwrap_or_default();
            format!("{}; write {write} in the definition of {}", found.fault, found.template)
        });
        Self {
            notification: notification.name.clone(),
            order: notification.reference.order.clone(),
            key: None,
            recipient: notification
                .unusable_recipient
                .is_none()
                .then(|| notification.recipient.as_str().to_owned()),
            consent: notification.consent == Consent::Given,
            event_time: notification.event_time,
            age_seconds: now.duration_since(notification.event_time).as_secs(),
            max_age: labels::duration(notification.max_age),
            forecast,
            problems,
            warning: None,
            remarks: late.collect(),
            undefined,
            messages,
            fallback: None,
            routes: Vec::new(),
        }
    }

    pub(super) fn with_key(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    pub(super) fn with_remarks(mut self, remarks: Vec<String>) -> Self {
        self.remarks.extend(remarks);
        self
    }

    pub(super) fn with_fallback(mut self, fallback: Option<FallbackShown>) -> Self {
        self.fallback = fallback;
        self
    }

    pub(super) fn with_warning(mut self, warning: Option<String>) -> Self {
        self.warning = warning;
        self
    }

    pub(super) fn with_requests(
        mut self,
        notification: &Notification,
        urls: &BaseUrls,
        credentials: &Credentials,
    ) -> Self {
        self.routes = notification
            .routes
            .iter()
            .map(|route| {
                let outgoing =
                    Outgoing::build(urls, credentials, route.provider, &notification.message(route));
                let (request, no_request) = match outgoing {
                    Ok(outgoing) => (Some(outgoing.into()), None),
                    Err(reason) => (None, Some(reason.text)),
                };
                RouteShown {
                    provider: route.provider,
                    template: route.template.name.clone(),
                    language: route.language.clone(),
                    request,
                    no_request,
                }
            })
            .collect();
        self
    }

    fn text(&self, catalogue: &str) -> String {
        let forecast = self.forecast.summary(Mood::Would);
        let forecast = if self.forecast.is_sent() { style::good(forecast) } else { style::pending(forecast) };
        let event = format!("{}, {}; at most {}", time(self.event_time), age(self.age_seconds), self.max_age);
        let mut text = vec![format!("{}\n", style::strong(&self.notification))];
        text.push(fields(&[
            ("now", forecast),
            ("order", order_id::plain(&self.order)),
            ("key", self.key.clone().unwrap_or_else(|| KEY_UNKNOWN.to_owned())),
            ("recipient", self.recipient.clone().unwrap_or_else(|| NO_RECIPIENT.to_owned())),
            ("consent", if self.consent { "given" } else { "not given" }.to_owned()),
            ("event", event),
            ("catalogue", catalogue.to_owned()),
        ]));
        for problem in &self.problems {
            text.push(format!("{} {}: {}\n", style::bad("fault:"), problem.place, problem.problem));
        }
        if let Some(warning) = &self.warning {
            text.push(format!("{} {warning}\n", style::pending("warning:")));
        }
        for remark in &self.remarks {
            text.push(format!("{} {remark}\n", style::weak("note:")));
        }
        if self.recipient.is_some() {
            text.push(format!("\n{}\n", style::strong("What the customer sees")));
        }
        for message in &self.messages {
            text.push(format!("\n{}", message.text()));
        }
        for undefined in &self.undefined {
            text.push(format!("\n{} {undefined}\n", style::pending("unknown:")));
        }
        text.extend(self.fallback.as_ref().map(FallbackShown::text));
        if self.recipient.is_none() {
            return text.concat();
        }
        text.push(format!(
            "\n{}\n",
            style::strong(if self.forecast.is_sent() {
                "What each provider is asked, in this order (nothing was sent)"
            } else {
                "What each provider would be asked otherwise, in this order (nothing would be sent)"
            })
        ));
        for route in &self.routes {
            let RouteShown { provider, template, language, .. } = route;
            text.push(format!("\n{}: template {template}, language {language}\n", style::strong(provider)));
            text.push(match (&route.request, &route.no_request) {
                (Some(request), _) => request.text() + "\n",
                (None, Some(reason)) => format!("{} {reason}\n", style::bad("no request:")),
                (None, None) => String::new(),
            });
        }
        text.concat()
    }
}

impl Report for Preview {
    fn text(&self) -> String {
        let catalogue = &self.catalogue;
        match &self.finding {
            Finding::CatalogueFaulty { faults } => {
                format!(
                    "{}\n{}",
                    style::bad(format!("The catalogue {catalogue} has faults:")),
                    display::faults(faults)
                )
            }
            Finding::Invalid { notification, faults } => {
                let name = notification.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                let heading =
                    format!("The event can't become a message{name}; it would be recorded as invalid:");
                format!("{}\n{}", style::bad(heading), display::faults(faults))
            }
            Finding::Ignored { source, detail_type, nearest } => {
                let heading = format!(
                    "Nothing in {catalogue} listens to source {source:?}, detail type {detail_type:?}: it would be ignored."
                );
                let near = display::nearest(nearest);
                format!("{}\nThe nearest:\n{near}", style::bad(heading))
            }
            Finding::Notification(shown) => shown.text(catalogue),
        }
    }
}

/// Rounded to minutes: `2 hours 5 minutes old`.
fn age(seconds: i64) -> String {
    match u64::try_from(seconds) {
        Ok(seconds) => format!("{} old", labels::duration(Duration::from_secs(seconds))),
        Err(_) => "in the future".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn an_age_is_shown_in_words_also_before_its_time() {
        assert_eq!(age(10 * 24 * 60 * 60 + 5), "10 days old");
        assert_eq!(age(0), "0 seconds old");
        assert_eq!(age(-1), "in the future");
    }
}
