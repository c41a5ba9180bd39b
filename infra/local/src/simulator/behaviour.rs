//! What becomes of a send: how it is answered, how the message fares afterwards, and how that is reported.

use super::provider::Provider;

/// How the simulator treats a send that is valid in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// How the request is answered.
    pub intake: Intake,
    /// How an accepted message fares.
    pub course: Course,
    /// How its course is reported.
    pub posting: Posting,
}

/// How the request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// Accepted, and answered in this way.
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
    /// HTTP 302 to another address; nothing was accepted.
    Redirect,
    /// No answer at all; nothing was accepted.
    Hang,
}

/// How an accepted send is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// In full.
    Complete,
    /// Without the message's id.
    WithoutId,
    /// As a job in a queue, which only 1MSG has; the others answer in full.
    Queued,
    /// Cut off in the middle of the body.
    CutOff,
    /// With a body that is not JSON all the way.
    Unreadable,
    /// Not at all: the connection hangs.
    Hang,
    /// Not at all: the connection is reset.
    Reset,
}

/// How an accepted message fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Sent, delivered, read.
    Read,
    /// Sent and delivered.
    Delivered,
    /// Sent and read; nobody says delivered.
    ReadWithoutDelivered,
    /// Sent, then failed with 131049.
    FailedAfterSent,
    /// Failed at once with 130472.
    FailedAtOnce,
    /// Sent, failed, and delivered after all.
    FailedThenDelivered,
}

/// How an accepted message's course is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// One callback per fact, in order.
    InOrder,
    /// All facts in reverse order, twice.
    DuplicatedInReverse,
    /// Before the send is answered.
    BeforeReply,
    /// Ten times later.
    Late,
    /// Never.
    Lost,
}

impl Behaviour {
    /// Accepted, sent, delivered and read, without any trouble.
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

    /// The queue of jobs is 1MSG's alone, and one kind of account trouble is never Meta's.
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
