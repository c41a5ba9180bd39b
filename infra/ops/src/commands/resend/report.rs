//! The report of a resend.

use serde::Serialize;
use shared::message::OrderId;
use shared::protocol::{NOT_ALLOWED, Record, State};

use crate::next::Next;
use crate::order_id;
use crate::output::{Report, style};

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Resent {
    pub(in crate::commands) applied: bool,
    pub(in crate::commands) notifications: Vec<Done>,
    /// Of the selected notifications: [`send_again`](super::send_again) can expect it.
    #[serde(skip)]
    pub(in crate::commands) fingerprint: String,
}

#[derive(Debug, Serialize)]
pub(in crate::commands) struct Done {
    #[serde(flatten)]
    pub(super) order: OrderId,
    pub(super) notification: String,
    pub(super) key: String,
    pub(super) was: State,
    /// Its outcome before the resend.
    pub(super) summary: String,
    /// Why it isn't sent again; none if it is.
    pub(in crate::commands) refused: Option<Why>,
    /// How to bring the event back if it isn't stored.
    pub(super) next: Option<Next>,
}

/// Why a notification isn't sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Why {
    MayBeSentTwice,
    UnderWay,
    Chosen,
    NotAllowed,
    Late,
    LateAndUnclear,
    Overtaken,
}

impl Why {
    pub(super) fn of_suppressed(record: &Record) -> Self {
        let is_guarded = record.reason.as_ref().is_some_and(|reason| reason.code == NOT_ALLOWED);
        if is_guarded { Self::NotAllowed } else { Self::Chosen }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::MayBeSentTwice => {
                "not sent again: it was sent, or may have been; if the customer may get it twice, add \
                 --although-it-may-be-sent-twice"
            }
            Self::UnderWay => "not sent again: it is still being processed",
            Self::Chosen => "not sent again: it was deliberately not sent",
            Self::NotAllowed => {
                "not sent again: the setting RECIPIENTS did not allow its recipient. If it does now, put the event on the bus \
                 again, for example with `ops replay`"
            }
            Self::Late => {
                "not sent again: its event is older than the catalogue's max_age; --although-late sends it nevertheless"
            }
            Self::LateAndUnclear => {
                "not sent again: its event is older than the catalogue's max_age, and it may have been sent"
            }
            Self::Overtaken => {
                "not sent again: its record has changed meanwhile; check its status and try again"
            }
        }
    }
}

impl Done {
    fn lines(&self, applied: bool) -> Vec<String> {
        let Self { order, notification, summary, .. } = self;
        let mut lines =
            vec![format!("{} of order {}: {summary}", style::strong(notification), order_id::shown(order))];
        let result = match (self.refused, &self.next, applied) {
            (Some(why), _, _) => style::bad(why.sentence()),
            (None, Some(_), false) => {
                style::pending("would be released: its event isn't stored, and must come again")
            }
            (None, Some(_), true) => style::pending("released: its event isn't stored, and must come again"),
            (None, None, false) => style::good("would be sent again"),
            (None, None, true) => style::good("is sent again"),
        };
        lines.push(format!("  {result}"));
        if applied {
            lines.extend(self.next.iter().flat_map(Next::lines).map(|line| format!("  {line}")));
        }
        lines
    }
}

impl Resent {
    /// Whether any isn't sent again.
    pub(in crate::commands) fn is_refused(&self) -> bool {
        self.notifications.iter().any(|done| done.refused.is_some())
    }

    /// What is done with each, or would be.
    pub(in crate::commands) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.notifications.iter().flat_map(|done| done.lines(self.applied)).collect();
        if self.notifications.is_empty() {
            lines.push(style::good("Nothing is held."));
        }
        lines
    }
}

impl Report for Resent {
    fn text(&self) -> String {
        let mut lines = self.lines();
        if !self.applied {
            lines.push(style::pending("Nothing was written. Add --apply to send."));
        }
        lines.join("\n")
    }
}
