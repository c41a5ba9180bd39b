//! A line of what happens.

use jiff::Timestamp;
use maud::{Markup, html};
use shared::message::{OrderId, OrderNumber, Sender};

use crate::commands::studio::{orders, page};
use crate::outcome::Rating;

pub(super) struct Line {
    /// Where the stream continues. Letters, digits and `-`.
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) kind: String,
    pub(super) order: Option<OrderId>,
    /// The provider, or the source of an event.
    pub(super) party: Option<String>,
    pub(super) summary: String,
    pub(super) rating: Rating,
    pub(super) text: Text,
}

/// The whole text behind the line.
pub(super) enum Text {
    /// The page of this path has it.
    At(String),
    #[cfg_attr(not(feature = "stack"), expect(dead_code, reason = "only the lines of a stack are complete"))]
    Whole(String),
}

impl Line {
    pub(super) fn markup(&self) -> Markup {
        html! {
            li id=(format!("line-{}", self.id)) {
                p {
                    (page::time(self.at)) " "
                    span.live-kind.(page::class(self.rating)) {
                        (self.kind)
                        @match self.rating {
                            Rating::Good => {}
                            Rating::Pending => { " (warning)" }
                            Rating::Bad => { " (error)" }
                        }
                    } " "
                    @if let Some(party) = &self.party { span.live-party { (party) } " " }
                    @if let Some(order) = &self.order {
                        a href=(orders::path(order)) { "order " (crate::order_id::plain(order)) } " "
                    }
                    span.live-summary { (self.summary) }
                }
                @match &self.text {
                    Text::At(path) => p.live-text { a href=(path) target="text" { "Text" } },
                    Text::Whole(text) => details { summary { "Text" } pre.wire tabindex="0" { (text) } },
                }
            }
        }
    }
}

/// An order that can be linked to.
pub(super) fn order(number: Option<&str>, sender: Option<&str>) -> Option<OrderId> {
    let number = OrderNumber::parse(number?).ok()?;
    let sender = sender.map(|sender| Sender::try_from(sender.to_owned())).transpose().ok()?;
    Some(OrderId { sender, number })
}
