//! One notification with its time line, its message, and the messages that followed it.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::catalogue::{Catalogue, OrderEvent};
use shared::protocol::State;
use shared::provider::Channel;
use shared::table::NotificationRow;
use template_definitions::Definitions;

use super::timeline::timeline;
use crate::commands::preview::fallback;
use crate::commands::preview::look;
use crate::commands::studio::page::{class, held_anchor, next_step};
use crate::commands::studio::phone::{self, Progress, View};
use crate::commands::studio::source_events::{SourceEvent, SourceEvents};
use crate::followers::Followers;
use crate::next::Tool;
use crate::outcome;

/// What the messages are shown from.
pub(super) struct Sources<'a> {
    /// `None` if it has faults.
    pub(super) catalogue: Option<&'a Catalogue>,
    pub(super) definitions: &'a Definitions,
    pub(super) events: &'a SourceEvents<'a>,
    pub(super) tool: &'a Tool,
}

/// A notification's card; `place` tells its controls from those of the page's other cards.
pub(super) fn notification(
    sources: &Sources<'_>,
    first: &NotificationRow,
    followers: &[&NotificationRow],
    place: usize,
    now: Timestamp,
) -> Markup {
    let due_at = sources.events.due_at(&first.reference);
    let known: Vec<NotificationRow> = followers.iter().copied().cloned().collect();
    let following = Followers::new(first, &known, due_at, |row| outcome::summary(row, now));
    html! {
        section.card {
            h2 { (first.notification) @if let Some(status) = first.order_status { " (" (status.as_str()) ")" } }
            (one(sources, first, &following, &format!("message-{place}"), now))
            @for (number, follower) in followers.iter().enumerate() {
                section.follower {
                    h3 { "Then: " (follower_title(follower)) }
                    (one(sources, follower, &Followers::default(), &format!("message-{place}-{number}"), now))
                }
            }
        }
    }
}

fn one(
    sources: &Sources<'_>,
    row: &NotificationRow,
    followers: &Followers,
    name: &str,
    now: Timestamp,
) -> Markup {
    let event = sources.events.find(&row.reference);
    let progress = Progress { at: row.updated_at, status: row.delivery_status() };
    let views = views(sources, row, event, progress);
    html! {
        p.summary.(class(outcome::rating(row))) { (outcome::summary(row, now)) }
        @if let Some(next) = outcome::next_step(row, followers, sources.tool, now) { (next_step(&next)) }
        @if row.record.state == State::Held {
            p { a href=(attention(row)) { "Settle it on the page Attention" } }
        }
        div.columns {
            div {
                (timeline(row, event, now))
                dl.details {
                    @if let Some(provider) = row.record.provider { dt { "Provider" } dd { (provider.title()) } }
                    @if let Some(template) = &row.template { dt { "Template" } dd { (template) } }
                    @if let Some(language) = &row.language { dt { "Language" } dd { (language) } }
                    @if let Some(requests) = outcome::requests(row) { dt { "Requests" } dd { (requests) } }
                    dt { "Reference" } dd { code { (row.reference) } }
                }
            }
            div.message {
                @if row.record.lacks_number() {
                    p { "There is no message on WhatsApp." }
                } @else if views.is_empty() {
                    p { "No text is defined for this message." }
                } @else {
                    (phone::tabs(name, &views))
                    p.note { (origin(row, event)) }
                }
            }
        }
    }
}

/// The notification's place on the page Attention.
fn attention(row: &NotificationRow) -> String {
    format!("/attention#{}", held_anchor(&row.reference.to_string()))
}

/// Where the shown text comes from: the table has none.
fn origin(row: &NotificationRow, event: Option<&SourceEvent<'_>>) -> String {
    let routes = event.into_iter().flat_map(|event| &event.notification.routes);
    let current = routes.into_iter().find(|route| Some(route.provider) == row.record.provider);
    match (current, &row.template, event) {
        (Some(route), Some(sent), _) if route.template.name != *sent => {
            format!("The current catalogue has another template: this message was sent with {sent}.")
        }
        (_, _, Some(_)) => "As the current catalogue and template definitions make it.".to_owned(),
        (_, _, None) => {
            "The text isn't stored: placeholders of the current template stand for the values.".to_owned()
        }
    }
}

/// The message's texts, with the event's values if the event is known.
fn views(
    sources: &Sources<'_>,
    row: &NotificationRow,
    event: Option<&SourceEvent<'_>>,
    progress: Progress,
) -> Vec<View> {
    let channel = row.record.provider.map_or(Channel::WhatsApp, shared::provider::Provider::channel);
    let (provider, language) = (row.record.provider, row.language.as_deref());
    match (channel, event) {
        (Channel::WhatsApp, Some(event)) => {
            let (looks, ..) = look::looks(&event.notification, event.entry, sources.definitions);
            phone::template_views(&looks, provider, language, Some(progress))
        }
        (Channel::WhatsApp, None) => {
            let entries = sources.catalogue.into_iter().flat_map(Catalogue::entries);
            let entry = entries.into_iter().find(|entry| entry.name == row.notification);
            let sender = row.reference.order.sender.as_ref();
            let looks = entry
                .zip(provider)
                .map(|(entry, provider)| look::unfilled(entry, sources.definitions, sender, provider));
            phone::template_views(&looks.unwrap_or_default(), provider, language, Some(progress))
        }
        (Channel::Sms | Channel::Email, Some(event)) => {
            let rule = event.entry.fallback.as_ref();
            let channels = rule.iter().flat_map(|rule| rule.channels.iter().enumerate());
            let own = channels.into_iter().find(|(_, rule)| Some(rule.provider) == provider);
            let texts =
                own.zip(OrderEvent::parse(event.event.clone()).ok()).map(|((index, rule), parsed)| {
                    let mut texts = fallback::texts(event.entry, &parsed, index, rule);
                    for text in &mut texts {
                        text.is_chosen = language == Some(text.language.as_str());
                    }
                    texts
                });
            phone::channel_views(&texts.unwrap_or_default(), channel, Some(progress))
        }
        (Channel::Sms | Channel::Email, None) => Vec::new(),
    }
}

fn follower_title(row: &NotificationRow) -> &'static str {
    match row.record.provider.map(shared::provider::Provider::channel) {
        Some(Channel::Sms) => "a text message",
        Some(Channel::Email) => "an e-mail",
        Some(Channel::WhatsApp) | None => "the same message once more",
    }
}
