//! What an event becomes, as a part of the page.

use maud::{Markup, html};
use shared::fault::Fault;
use shared::provider::{Channel, Provider};

use crate::commands::preview::fallback::{ChannelShown, FallbackShown};
use crate::commands::preview::report::{Finding, NO_RECIPIENT, RouteShown, Shown as Message};
use crate::commands::preview::request::RequestShown;
use crate::commands::studio::phone;
use crate::events::{Forecast, Mood, Near};
use crate::failure::Failure;
use crate::order_id;

/// The result of a trial.
pub(super) enum Shown {
    /// There is no event yet.
    Nothing,
    /// With a remark if the credentials can't be read.
    Finding(Finding, Option<String>),
}

pub(super) fn show_result(result: &Result<Shown, Failure>) -> Markup {
    html! { div id="result" { (content(result)) } }
}

fn content(result: &Result<Shown, Failure>) -> Markup {
    match result {
        Ok(Shown::Nothing) => html! { p { "Paste an event: here stands the message that it becomes." } },
        Ok(Shown::Finding(finding, remark)) => html! {
            (show_finding(finding))
            @if let Some(remark) = remark { p.note { (remark) } }
        },
        Err(failure) => html! {
            p.bad { (failure.problem()) }
            @if let Some(remedy) = failure.remedy() { p { strong { "Next: " } (remedy) } }
        },
    }
}

fn show_finding(finding: &Finding) -> Markup {
    match finding {
        Finding::CatalogueFaulty { faults } => html! {
            p.bad { strong { "The catalogue has faults" } }
            (list(faults.iter()))
        },
        Finding::Invalid { notification, faults } => html! {
            p.bad {
                strong { "The event can't become a message" }
                @if let Some(name) = notification { " (" (name) ")" }
            }
            (list(faults.iter()))
        },
        Finding::Ignored { source, detail_type, nearest } => html! {
            p.pending { strong { "No entry of the catalogue is for it" } }
            p { "Its source is " code { (source) } ", its detail type " code { (detail_type) } "." }
            (similar(nearest))
        },
        Finding::Notification(message) => show_message(message),
    }
}

fn show_message(message: &Message) -> Markup {
    let class = if message.forecast.is_sent() { "good" } else { "pending" };
    html! {
        h2 { (message.notification) " for order " (order_id::plain(&message.order)) }
        p.summary.(class) { "It " (message.forecast.summary(Mood::Would)) "." }
        @if let Forecast::Done { .. } = message.forecast {
            p.note { "Give the event another order number to see it sent." }
        }
        @if let Some(warning) = &message.warning { p.bad { "Warning: " (warning) } }
        @if !message.problems.is_empty() {
            p.bad { strong { "Providers refuse it as it is" } }
            (list(message.problems.iter()))
        }
        @for remark in message.remarks.iter().chain(&message.undefined) { p.note { (remark) } }
        (phone::tabs("message", &phone::template_views(&message.messages, None, None, None)))
        dl.details {
            dt { "Recipient" } dd { (message.recipient.as_deref().unwrap_or(NO_RECIPIENT)) }
            dt { "Consent" } dd { (if message.consent { "given" } else { "not given" }) }
            @if let Some(key) = &message.key { dt { "Key" } dd { code { (key) } } }
        }
        @for route in &message.routes { (show_route(route)) }
        @if let Some(fallback) = &message.fallback { (show_fallback(fallback)) }
    }
}

fn show_route(route: &RouteShown) -> Markup {
    html! {
        details {
            summary { "Request to " (route.provider.title()) " (" (route.template) ", " (route.language.as_str()) ")" }
            (request(route.request.as_ref(), route.no_request.as_deref()))
        }
    }
}

fn request(request: Option<&RequestShown>, missing: Option<&str>) -> Markup {
    html! {
        @if let Some(request) = request {
            pre tabindex="0" {
                (request.method) " " (request.url) "\n"
                @for (name, value) in &request.headers { (name) ": " (value) "\n" }
                "\n" (request.pretty)
            }
        }
        @if let Some(missing) = missing { p.bad { "No request: " (missing) } }
    }
}

fn show_fallback(fallback: &FallbackShown) -> Markup {
    html! {
        h3 { "If it doesn't arrive on WhatsApp" }
        ul {
            @for trigger in &fallback.on { li { (trigger_words(trigger, &fallback.after)) } }
            @if fallback.retry { li { "first once more on WhatsApp, if the failure says that another time helps" } }
        }
        @for (number, channel) in fallback.channels.iter().enumerate() { (show_channel(number, channel)) }
    }
}

fn trigger_words(trigger: &str, after: &str) -> String {
    match trigger {
        "failed" => "when its provider reports that it failed".to_owned(),
        "rejected" => "when every provider refuses this customer".to_owned(),
        _ => format!("after {after} without a delivered or read status"),
    }
}

fn show_channel(number: usize, channel: &ChannelShown) -> Markup {
    let kind = match channel.provider.channel() {
        Channel::Email => "E-mail",
        Channel::Sms => "Text message",
        Channel::WhatsApp => "WhatsApp",
    };
    let title = Provider::title(channel.provider);
    html! {
        h4 { (kind) " by " (title) }
        (list(channel.faults.iter()))
        @if let Some(remark) = &channel.remark { p.note { (remark) } }
        @if channel.consent == Some(false) { p.pending { "Consent is not given: it isn't sent." } }
        (phone::tabs(&format!("channel-{number}"), &phone::channel_views(&channel.texts, channel.provider.channel(), None)))
        @if let Some(recipient) = &channel.recipient { p.note { "To " (recipient) } }
        details { summary { "Request to " (title) } (request(channel.request.as_ref(), channel.no_request.as_deref())) }
    }
}

fn similar(nearest: &[Near]) -> Markup {
    html! {
        @if !nearest.is_empty() {
            p { "The most similar entries:" }
            ul { @for near in nearest { li { strong { (near.notification) } ": " (near.differs.join("; ")) } } }
        }
    }
}

fn list<'a>(faults: impl Iterator<Item = &'a Fault>) -> Markup {
    html! { ul.faults { @for fault in faults { li { code { (fault.place) } " " (fault.problem) } } } }
}
