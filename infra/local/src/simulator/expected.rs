//! Where an order must end, so that a run against the simulator can judge itself.

use super::behaviour::{Behaviour, Course, Intake, Posting, Reply};
use super::provider::Provider;

/// The end that an order must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Accepted once, and read.
    Read,
    /// Accepted once, and delivered.
    Delivered,
    /// Accepted once, and failed afterwards.
    Failed,
    /// Accepted once, and nobody can tell more: nothing is pushed to the webhook, and the provider can't be asked.
    Accepted,
    /// Refused for good because of the message; never accepted.
    Rejected,
    /// Not accepted yet, and tried again later: throttled, or refused by every provider for what can be mended.
    Waiting,
    /// The provider never says what became of it, and nothing in a callback names our key.
    Unknown,
}

impl Expected {
    /// Whether the message may come to the customer: a provider takes it and delivers it, or nobody can say that none has.
    pub const fn may_reach_the_customer(self) -> bool {
        match self {
            Self::Read | Self::Delivered | Self::Accepted | Self::Unknown => true,
            Self::Failed | Self::Rejected | Self::Waiting => false,
        }
    }
}

/// What one provider makes of it.
enum Step {
    Ends(Expected),
    Next,
}

impl Behaviour {
    /// Where an order must end whose messages these providers may carry, in this order.
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
        // Kaleyra learns from WhatsApp what WhatsApp refuses, after it has accepted.
        Intake::NotOnWhatsApp | Intake::TemplateStopped if provider == Provider::Kaleyra => Expected::Failed,
        Intake::NotOnWhatsApp => Expected::Rejected,
        // Servers answer a 302 after they have carried out a request, too.
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
        // `sent: true` is said, but no callback can be recognised.
        (Reply::WithoutId, Provider::OneMsg) => Expected::Accepted,
        (
            Reply::Queued | Reply::CutOff | Reply::Unreadable | Reply::Hang | Reply::Reset,
            Provider::OneMsg,
        ) => Expected::Unknown,
    }
}

fn reported(behaviour: Behaviour, provider: Provider) -> Expected {
    match (behaviour.posting, behaviour.course) {
        // 1MSG tells whoever asks by `hookInfo`.
        (Posting::Lost, _) if provider != Provider::OneMsg => Expected::Accepted,
        (_, Course::Read | Course::ReadWithoutDelivered) => Expected::Read,
        (_, Course::Delivered | Course::FailedThenDelivered) => Expected::Delivered,
        (_, Course::FailedAfterSent | Course::FailedAtOnce) => Expected::Failed,
    }
}
