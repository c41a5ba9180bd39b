//! The magic phone numbers: each triggers a certain behaviour of the providers, and has an expected final state.
//!
//! +1 202 555 01NN is reserved for fiction and valid E.164, so every parser accepts it and no person has it.

use super::behaviour::{Behaviour, Course, Intake, Posting, Reply};
use super::expected::Expected;
use super::provider::Provider;

/// The digits with which every magic number begins.
const PREFIX: &str = "120255501";

/// A phone number with its behaviour.
#[derive(Debug, Clone, Copy)]
pub struct Magic {
    /// The last two digits.
    pub number: u8,
    /// The behaviour in one line.
    pub summary: &'static str,
    /// The exact behaviour.
    pub behaviour: Behaviour,
}

/// Every magic number; all other numbers behave like the first.
pub const MAGIC_NUMBERS: [Magic; 26] = [
    magic(0, "accepted; sent, delivered, read", Behaviour::SMOOTH),
    magic(1, "accepted; sent, delivered, never read", Behaviour::accepted(Course::Delivered)),
    magic(2, "accepted; sent, then failed (131049)", Behaviour::accepted(Course::FailedAfterSent)),
    magic(3, "accepted; failed at once (130472)", Behaviour::accepted(Course::FailedAtOnce)),
    magic(
        4,
        "accepted; callbacks twice and in reverse order",
        Behaviour::posted(Posting::DuplicatedInReverse),
    ),
    magic(5, "accepted; callbacks arrive before the reply", Behaviour::posted(Posting::BeforeReply)),
    magic(6, "accepted; callbacks are lost", Behaviour::posted(Posting::Lost)),
    magic(7, "accepted; callbacks come ten times later", Behaviour::posted(Posting::Late)),
    magic(8, "accepted; sent, read (no delivered)", Behaviour::accepted(Course::ReadWithoutDelivered)),
    magic(9, "accepted; sent, failed, then delivered", Behaviour::accepted(Course::FailedThenDelivered)),
    magic(10, "throttled at the first try, accepted at the next", Behaviour::answered(Intake::ThrottleOnce)),
    magic(11, "throttled always", Behaviour::answered(Intake::ThrottleAlways)),
    magic(12, "refused: not on WhatsApp (131026)", Behaviour::answered(Intake::NotOnWhatsApp)),
    magic(20, "no answer, and not accepted", Behaviour::answered(Intake::Hang)),
    magic(21, "accepted, but no answer", Behaviour::answered(Intake::Accept(Reply::Hang))),
    magic(22, "accepted, then the connection is reset", Behaviour::answered(Intake::Accept(Reply::Reset))),
    magic(23, "HTTP 500 without a body; not accepted", Behaviour::answered(Intake::ServerError)),
    magic(24, "accepted; the reply is cut off", Behaviour::answered(Intake::Accept(Reply::CutOff))),
    magic(25, "accepted; the reply has no id", Behaviour::answered(Intake::Accept(Reply::WithoutId))),
    magic(
        26,
        "1MSG: queued, delivered later; others like 00",
        Behaviour::answered(Intake::Accept(Reply::Queued)),
    ),
    magic(30, "account trouble", Behaviour::answered(Intake::AccountTrouble)),
    magic(31, "template stopped (132015)", Behaviour::answered(Intake::TemplateStopped)),
    magic(32, "credentials refused once", Behaviour::answered(Intake::RefuseCredentialsOnce)),
    magic(33, "credentials refused always", Behaviour::answered(Intake::RefuseCredentialsAlways)),
    magic(34, "HTTP 302 to another address", Behaviour::answered(Intake::Redirect)),
    magic(
        35,
        "account trouble at 1MSG and Kaleyra, accepted by Meta",
        Behaviour::answered(Intake::AccountTroubleExceptAtMeta),
    ),
];

const fn magic(number: u8, summary: &'static str, behaviour: Behaviour) -> Magic {
    Magic { number, summary, behaviour }
}

impl Magic {
    /// The number in E.164.
    pub fn phone(&self) -> String {
        format!("+{PREFIX}{:02}", self.number)
    }

    /// The expected final state of an order with this number, given its notification's providers in order of
    /// preference.
    pub fn expected(&self, providers: &[Provider]) -> Expected {
        self.behaviour.expected(providers)
    }
}

/// A provider's behaviour for a send to these digits.
pub fn behaviour(digits: &str, provider: Provider) -> Behaviour {
    let number = digits.strip_prefix(PREFIX).and_then(|rest| rest.parse::<u8>().ok());
    MAGIC_NUMBERS
        .iter()
        .find(|magic| Some(magic.number) == number)
        .map_or(Behaviour::SMOOTH, |magic| magic.behaviour)
        .at(provider)
}
