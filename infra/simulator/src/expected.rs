//! The expected final state of an order, so that a run against the simulator can judge itself.

use super::behaviour::{Behaviour, Course, Intake, Posting, Reply};
use super::provider::Provider;

/// An order's expected final state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Accepted once, and read.
    Read,
    /// Accepted once, and delivered.
    Delivered,
    /// Accepted once, and failed afterwards.
    Failed,
    /// Accepted once, without a further status: the webhook gets no callback, and the provider can't be polled.
    Accepted,
    /// Refused for good because of the message; never accepted.
    Rejected,
    /// Not accepted yet, and tried again later: throttled, or refused by every provider for a removable cause.
    Waiting,
    /// The provider's answer is missing, and no callback contains our key.
    Unknown,
}

impl Expected {
    /// Whether the message may reach the customer: a provider accepts and delivers it, or the outcome is unknown.
    pub const fn may_reach_the_customer(self) -> bool {
        match self {
            Self::Read | Self::Delivered | Self::Accepted | Self::Unknown => true,
            Self::Failed | Self::Rejected | Self::Waiting => false,
        }
    }
}

/// The result at one provider.
enum Step {
    Ends(Expected),
    Next,
}

impl Behaviour {
    /// The expected final state of an order, given its notification's providers in order of preference.
    pub fn expected(self, providers: &[Provider]) -> Expected {
        providers
            .iter()
            .find_map(|provider| match step(self.at(*provider), *provider) {
                Step::Ends(expected) => Some(expected),
                Step::Next => None,
            })
            .unwrap_or(Expected::Waiting)
    }
}

fn step(behaviour: Behaviour, provider: Provider) -> Step {
    Step::Ends(match behaviour.intake {
        Intake::Accept(reply) => accepted(behaviour, reply, provider),
        Intake::ThrottleOnce | Intake::RefuseCredentialsOnce => reported(behaviour, provider),
        Intake::ThrottleAlways => Expected::Waiting,
        // Kaleyra accepts the message first, and learns later that WhatsApp refuses it.
        Intake::NotOnWhatsApp | Intake::TemplateStopped if provider == Provider::Kaleyra => Expected::Failed,
        Intake::NotOnWhatsApp => Expected::Rejected,
        // A server may also answer 302 after it has processed a request.
        Intake::ServerError | Intake::Hang | Intake::Redirect => Expected::Unknown,
        Intake::RefuseCredentialsAlways
        | Intake::AccountTrouble
        | Intake::AccountTroubleExceptAtMeta
        | Intake::TemplateStopped => return Step::Next,
    })
}

fn accepted(behaviour: Behaviour, reply: Reply, provider: Provider) -> Expected {
    match (reply, provider) {
        (Reply::Complete, _) | (_, Provider::Kaleyra | Provider::Meta) => reported(behaviour, provider),
        // The reply says `sent: true`, but no callback can be matched.
        (Reply::WithoutId, Provider::OneMsg) => Expected::Accepted,
        (
            Reply::Queued | Reply::CutOff | Reply::Unreadable | Reply::Hang | Reply::Reset,
            Provider::OneMsg,
        ) => Expected::Unknown,
    }
}

fn reported(behaviour: Behaviour, provider: Provider) -> Expected {
    match (behaviour.posting, behaviour.course) {
        // 1MSG reports the statuses through `hookInfo`.
        (Posting::Lost, _) if provider != Provider::OneMsg => Expected::Accepted,
        (_, Course::Read | Course::ReadWithoutDelivered) => Expected::Read,
        (_, Course::Delivered | Course::FailedThenDelivered) => Expected::Delivered,
        (_, Course::FailedAfterSent | Course::FailedAtOnce) => Expected::Failed,
    }
}
