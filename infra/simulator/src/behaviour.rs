//! The simulator's behaviour for a send: the reply, the message's statuses, and their callbacks.

use super::provider::Provider;

/// The simulator's behaviour for a valid send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// The answer to the request.
    pub intake: Intake,
    /// The statuses of an accepted message.
    pub course: Course,
    /// The callbacks about the statuses.
    pub posting: Posting,
}

/// The answer to a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// Accepted, with this reply.
    Accept(Reply),
    /// Throttled at the first try, accepted at the next.
    ThrottleOnce,
    /// Throttled at every try.
    ThrottleAlways,
    /// The credentials are refused at the first try, accepted at the next.
    RefuseCredentialsOnce,
    /// The credentials are refused at every try.
    RefuseCredentialsAlways,
    /// The recipient is not on WhatsApp (131026).
    NotOnWhatsApp,
    /// The account may not send: it is blocked or has not paid.
    AccountTrouble,
    /// The account may not send, except at Meta.
    AccountTroubleExceptAtMeta,
    /// The template has been paused (132015).
    TemplateStopped,
    /// HTTP 500 without a body; nothing was accepted.
    ServerError,
    /// HTTP 302 to another URL; nothing was accepted.
    Redirect,
    /// No answer at all; nothing was accepted.
    Hang,
}

/// The reply to an accepted send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Complete, with the message's id.
    Complete,
    /// Without the message's id.
    WithoutId,
    /// As a queued job, which only 1MSG has; the others reply completely.
    Queued,
    /// Interrupted in the middle of the body.
    CutOff,
    /// With an invalid JSON body.
    Unreadable,
    /// No reply: the connection hangs.
    Hang,
    /// No reply: the connection is reset.
    Reset,
}

/// The statuses of an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Sent, delivered, read.
    Read,
    /// Sent and delivered.
    Delivered,
    /// Sent and read, without a report of the delivery.
    ReadWithoutDelivered,
    /// Sent, then failed with 131049.
    FailedAfterSent,
    /// Failed at once with 130472.
    FailedAtOnce,
    /// Sent, failed, and delivered after all.
    FailedThenDelivered,
}

/// The callbacks about an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// One callback per fact, in order.
    InOrder,
    /// All facts in reverse order, twice.
    DuplicatedInReverse,
    /// Before the reply to the send.
    BeforeReply,
    /// Ten times later.
    Late,
    /// No callbacks.
    Lost,
}

impl Behaviour {
    /// Accepted, sent, delivered and read.
    pub const SMOOTH: Self = Self::accepted(Course::Read);

    pub(super) const fn accepted(course: Course) -> Self {
        Self { intake: Intake::Accept(Reply::Complete), course, posting: Posting::InOrder }
    }

    pub(super) const fn answered(intake: Intake) -> Self {
        Self { intake, ..Self::SMOOTH }
    }

    pub(super) const fn posted(posting: Posting) -> Self {
        Self { posting, ..Self::SMOOTH }
    }

    /// The behaviour at this provider: only 1MSG queues jobs, and Meta has one kind of account trouble less.
    pub(super) const fn at(self, provider: Provider) -> Self {
        match (self.intake, provider) {
            (Intake::Accept(Reply::Queued), Provider::Kaleyra | Provider::Meta)
            | (Intake::AccountTroubleExceptAtMeta, Provider::Meta) => {
                Self { intake: Intake::Accept(Reply::Complete), ..self }
            }
            _ => self,
        }
    }
}
