//! The rules that every run must meet at its end, for every crash point.

use std::collections::BTreeSet;

use shared::protocol::{Held, State};

use crate::kill::{Open, Run, Undisturbed};
use crate::scenario::Choice;
use crate::truth::{Truth, reported};

pub const NOT_REACHED: &str = "its point was not reached";

/// Violations that a slow machine causes as well: an attempt without time left takes another path, as safe as the
/// undisturbed one. A run with no other violation is repeated before it counts.
const PATH_VIOLATIONS: [&str; 4] = [
    NOT_REACHED,
    "its final state differs from the undisturbed run",
    "its number of sends differs from the undisturbed run",
    "it was never sent, and its provider would accept it",
];

/// Whether the run only took another path.
pub fn took_another_path(violations: &[String]) -> bool {
    let is_other_way = |violation: &String| PATH_VIOLATIONS.iter().any(|way| violation.starts_with(way));
    !violations.is_empty() && violations.iter().all(is_other_way)
}

/// The rules that a run broke.
pub fn violations(run: &Run, undisturbed: &Undisturbed, truth: &Truth) -> Vec<String> {
    let mut found = run.deviations.clone();
    if run.missed {
        found.push(NOT_REACHED.to_owned());
    }
    if run.queued {
        found.push("its event has no outcome".to_owned());
    }
    let (records, sends) = (truth.records(&run.order), truth.sends(&run.order));
    let [record] = records else {
        found.push(format!("it has {} records", records.len()));
        return found;
    };
    let (state, accepted) = (record.state, sends.len());
    let mut demand = |holds: bool, otherwise: &str| {
        if !holds {
            let attempt = record.attempt;
            found.push(format!("{otherwise} ({state} after attempt {attempt}, accepted {accepted} times)"));
        }
    };

    // Nothing is lost.
    let waits_for_a_person = state == State::Held;
    demand(
        state.is_terminal() && record.due_at.is_some() == waits_for_a_person,
        "it is not in its final state",
    );

    // Nothing is sent twice without evidence.
    let open = run.kill.as_ref().map_or(Open::Nothing, |kill| kill.leaves_open(undisturbed));
    let echoed = !run.scenario.loses_callbacks()
        && sends.iter().all(|send| send.message.provider != local::simulator::Provider::OneMsg);
    let was_hidden = !echoed && (undisturbed.was_unknown || open == Open::Asked);
    match run.scenario.choice {
        Choice::Hold => demand(accepted <= 1, "it was sent twice"),
        Choice::Resend => {
            demand(accepted <= 1 || was_hidden, "it was sent twice although the outcome could be known");
            demand(accepted <= record.attempt as usize, "it has more sends than attempts");
        }
    }

    // The record says what the provider did.
    match state {
        State::Accepted => demand(accepted >= 1, "no provider accepted it"),
        State::Held if record.held_as() == Some(Held::Unsent) => {
            demand(accepted == 0, "it is held as unsent, but was accepted");
        }
        State::Held => demand(accepted == 0 || was_hidden, "its acceptance could be known"),
        _ => demand(accepted == 0, "it was accepted nevertheless"),
    }

    // Every reachable customer gets the message. Between the claim and the settlement the outcome can't be known; the
    // policy `resend` sends it again anyway.
    let may_know = open == Open::Nothing || run.scenario.choice == Choice::Resend;
    let would_be_accepted = undisturbed.state == State::Accepted && !undisturbed.was_unknown;
    demand(!may_know || !would_be_accepted || accepted > 0, PATH_VIOLATIONS[2]);

    // A crash that leaves nothing unresolved leaves no trace.
    if open == Open::Nothing {
        demand((state, record.provider) == (undisturbed.state, undisturbed.provider), PATH_VIOLATIONS[0]);
        demand(undisturbed.was_unknown || accepted == undisturbed.accepted, PATH_VIOLATIONS[1]);
    } else if run.scenario.choice == Choice::Hold {
        demand(
            matches!(state, State::Held | State::Accepted),
            "its outcome can't be known, and the record claims one",
        );
    }

    // No fact is lost or invented.
    let mut all_reported = BTreeSet::new();
    for send in sends {
        let reported = reported(send);
        demand(send.callbacks.iter().all(|posted| posted.answer.is_success()), "a callback was not accepted");
        demand(truth.facts_of_send(send) == reported, "its facts differ from the reported ones");
        all_reported.extend(reported);
        let is_known = state == State::Accepted && echoed;
        demand(!is_known || truth.ids_lead_to(&run.order, send), "an id of its message leads to no order");
    }
    if state == State::Accepted {
        demand(!record.message_ids.is_empty() || !echoed, "its message id is not recorded");
        if echoed || (accepted == 1 && !record.message_ids.is_empty()) {
            let known = record.message_ids.iter().flat_map(|id| truth.facts_of_message(id));
            demand(
                known.collect::<BTreeSet<_>>() == all_reported,
                "its record's message ids don't lead to all facts",
            );
        }
    }
    found
}
