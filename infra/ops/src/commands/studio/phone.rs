//! A message as it looks on the customer's phone.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::delivery::DeliveryStatus;
use shared::provider::{Channel, Provider};

use super::markup::formatted;
use super::page::time;
use crate::commands::preview::fallback::TextShown;
use crate::commands::preview::look::{ButtonLook, Effect, HeaderLook, Look, OrderLook, Seen};

/// How far a message has come, for the ticks beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) at: Timestamp,
    /// `None` before a provider has accepted it.
    pub(super) status: Option<DeliveryStatus>,
}

/// One text of a message: what its tab says, and the phone.
pub(super) struct View {
    label: String,
    is_chosen: bool,
    phone: Markup,
}

/// A template's texts. Only those of `provider`, if it is known which one sends; `language` is the one that it sent.
pub(super) fn template_views(
    looks: &[Look],
    provider: Option<Provider>,
    language: Option<&str>,
    progress: Option<Progress>,
) -> Vec<View> {
    let has = |look: &Look, provider| look.templates.iter().any(|template| template.provider == provider);
    let provider = provider.filter(|provider| looks.iter().any(|look| has(look, *provider)));
    let is_shown = |look: &&Look| provider.is_none_or(|provider| has(look, provider));
    let views = looks.iter().filter(is_shown).map(|look| {
        let templates =
            look.templates.iter().filter(|template| provider.is_none_or(|it| template.provider == it));
        let mut languages: Vec<&str> = templates.map(|template| template.language.as_str()).collect();
        languages.sort_unstable();
        languages.dedup();
        let is_chosen = language.map_or_else(|| look.is_chosen(), |sent| languages.contains(&sent));
        View {
            label: languages.join(", "),
            is_chosen,
            phone: whatsapp(&look.seen, progress.filter(|_| is_chosen)),
        }
    });
    views.collect()
}

/// The texts of a text message or an e-mail.
pub(super) fn channel_views(texts: &[TextShown], channel: Channel, progress: Option<Progress>) -> Vec<View> {
    let views = texts.iter().map(|text| View {
        label: text.language.as_str().to_owned(),
        is_chosen: text.is_chosen,
        phone: plain(text, channel, progress.filter(|_| text.is_chosen)),
    });
    views.collect()
}

/// The style knows this many tabs.
const MAX_TABS: usize = 8;

/// The texts under tabs, which need no script, the chosen one first. `name` tells the tabs of one page apart.
pub(super) fn tabs(name: &str, views: &[View]) -> Markup {
    let mut views: Vec<&View> = views.iter().collect();
    views.sort_by_key(|view| !view.is_chosen);
    let (tabbed, others) = views.split_at(views.len().min(MAX_TABS));
    html! {
        @if let [only] = tabbed {
            (only.phone)
            p.caption { "In " (only.label) }
        } @else if !tabbed.is_empty() {
            fieldset.tabs {
                legend { "Language" }
                @for (index, view) in tabbed.iter().enumerate() {
                    @let id = format!("{name}-{index}");
                    input type="radio" name=(name) id=(id) checked[index == 0];
                    label for=(id) { (view.label) @if view.is_chosen { " (this customer's)" } }
                }
                div.views { @for view in tabbed { div { (view.phone) } } }
            }
        }
        @if !others.is_empty() {
            details {
                summary { (others.len()) " more languages" }
                @for view in others { p.caption { "In " (view.label) } (view.phone) }
            }
        }
    }
}

fn whatsapp(seen: &Seen, progress: Option<Progress>) -> Markup {
    let Seen { status, order, header, body, footer, buttons } = seen;
    phone(
        "whatsapp",
        &html! {
            div.bubble {
                @if let Some(status) = status {
                    p.status {
                        strong { "Order " (status.reference_id.as_deref().unwrap_or("without a reference")) }
                        span.pill { (status.now) }
                    }
                    @if let Some(description) = &status.description { p { (description) } }
                }
                @if let Some(header) = header { (head(header)) }
                @if !body.is_empty() { p.text dir="auto" { (formatted(body)) } }
                @if let Some(footer) = footer { p.footer { (footer) } }
                (ticks(progress))
            }
            @if !buttons.is_empty() { ul.buttons { @for it in buttons { li { (button(it)) } } } }
            @if let Some(order) = order { (opened_order(order)) }
        },
    )
}

fn head(header: &HeaderLook) -> Markup {
    let media = |icon: &str, kind: &str, what: &str| {
        html! { p.media { span.icon aria-hidden="true" { (icon) } strong { (kind) } small { (what) } } }
    };
    match header {
        HeaderLook::Text(text) => html! { p.heading { strong { (text) } } },
        HeaderLook::Image(link) => media("▣", "Picture", link),
        HeaderLook::Video(link) => media("▶", "Video", link),
        HeaderLook::Document { link, filename } => {
            media("▤", filename.as_deref().unwrap_or("Document"), link)
        }
        HeaderLook::Location { latitude, longitude, name, address } => {
            let place: Vec<&str> = [name, address].into_iter().flatten().map(String::as_str).collect();
            media("⌖", &place.join(", "), &format!("{latitude}, {longitude}"))
        }
    }
}

fn button(button: &ButtonLook) -> Markup {
    let (icon, effect) = match &button.effect {
        Effect::Url(url) => ("↗", url.clone()),
        Effect::Code(Some(code)) => ("⧉", format!("copies {code}")),
        Effect::Code(None) => ("⧉", "copies a code that the message doesn't bring".to_owned()),
        Effect::Payload(Some(payload)) => ("↩", format!("replies, with the payload {payload}")),
        Effect::Payload(None) => ("↩", "replies".to_owned()),
        Effect::OrderDetails => ("☰", "opens the order".to_owned()),
        Effect::Phone(number) => ("☎", format!("calls {number}")),
    };
    html! { span aria-hidden="true" { (icon) " " } strong { (button.text) } small { (effect) } }
}

fn opened_order(order: &OrderLook) -> Markup {
    let amounts = [
        ("Subtotal", Some(&order.subtotal)),
        ("Tax", Some(&order.tax)),
        ("Shipping", order.shipping.as_ref()),
        ("Discount", order.discount.as_ref()),
    ];
    html! {
        details.order {
            summary { "The order that the button opens" }
            p { strong { "Order #" (order.reference_id) } }
            ul {
                @for item in &order.items {
                    li {
                        (item.quantity) " × " (item.name) ", "
                        @if let Some(sale) = &item.sale_amount { (sale) " instead of " }
                        (item.amount)
                    }
                }
            }
            dl {
                @for (name, amount) in amounts { @if let Some(amount) = amount { dt { (name) } dd { (amount) } } }
                dt { "Total" } dd { strong { (order.total) " " (order.currency) } }
                dt { "Paid by" } dd { (order.payment.join(" or ")) }
            }
        }
    }
}

fn plain(text: &TextShown, channel: Channel, progress: Option<Progress>) -> Markup {
    let kind = match channel {
        Channel::Email => "email",
        Channel::Sms | Channel::WhatsApp => "sms",
    };
    phone(
        kind,
        &html! {
            div.bubble {
                @if let Some(subject) = &text.subject { p.heading { strong { (subject) } } }
                p.text dir="auto" { (text.text) }
                (ticks(progress))
            }
        },
    )
}

fn phone(kind: &str, content: &Markup) -> Markup {
    html! { div.phone.(kind) { div.screen { (content) } } }
}

fn ticks(progress: Option<Progress>) -> Markup {
    let Some(Progress { at, status }) = progress else { return html! {} };
    let (marks, class, said) = match status {
        None => ("◷", "waits", "not sent yet"),
        Some(DeliveryStatus::Accepted) => ("✓", "one", "accepted by the provider"),
        Some(DeliveryStatus::Sent) => ("✓", "one", "sent"),
        Some(DeliveryStatus::Delivered) => ("✓✓", "two", "delivered"),
        Some(DeliveryStatus::Read) => ("✓✓", "read", "read"),
        Some(DeliveryStatus::Failed) => ("!", "failed", "failed"),
    };
    html! { p.ticks { (time(at)) " " span.(class) role="img" aria-label=(said) title=(said) { (marks) } } }
}
