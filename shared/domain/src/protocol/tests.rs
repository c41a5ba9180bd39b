//! Tests the protocol's table, row by row.

mod decide;
mod machine;
mod progress;
mod record;
mod settle;

use jiff::Timestamp;

use super::*;
use crate::catalogue::Consent;
use crate::provider::Provider::{self, Kaleyra, Meta, OneMsg};

const TOKEN: ClaimToken = ClaimToken(7);
const ALL: [Provider; 3] = [OneMsg, Meta, Kaleyra];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn record(state: State, attempt: u32, due: Option<i64>) -> Record {
    Record {
        state,
        attempt,
        provider: Some(OneMsg),
        unclear: state == State::Unknown,
        due_at: due.map(at),
        ..Record::untried("f")
    }
}

fn context(policy: &Policy) -> Context<'_> {
    Context {
        now: at(100),
        lease_end: at(135),
        token: TOKEN,
        may_send: true,
        fingerprint: "f",
        is_same_event: false,
        providers: &ALL,
        guard: Guard::Allowed,
        consent: Consent::Given,
        event_time: at(90),
        is_outdated: false,
        staleness: Staleness::Fresh,
        is_urgent: false,
        policy,
    }
}

fn reason(class: ReasonClass) -> Reason {
    Reason::new(class, "code", "text")
}

fn moved(settlement: Settlement) -> Record {
    match settlement {
        Settlement::Move(record) => record,
        Settlement::Leave => panic!("nothing was settled"),
    }
}
