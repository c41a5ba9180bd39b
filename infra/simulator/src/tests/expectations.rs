//! The expected final state of an order, for the providers of the two kinds of notification.

use crate::{Expected, MAGIC_NUMBERS, Magic, Provider};

const BODY: [Provider; 3] = [Provider::OneMsg, Provider::Meta, Provider::Kaleyra];
const STATUS: [Provider; 2] = [Provider::Kaleyra, Provider::Meta];

fn magic(number: u8) -> &'static Magic {
    MAGIC_NUMBERS.iter().find(|magic| magic.number == number).unwrap()
}

#[test]
fn no_number_is_listed_twice_and_each_is_a_fictional_one() {
    for (place, magic) in MAGIC_NUMBERS.iter().enumerate() {
        assert!(MAGIC_NUMBERS[..place].iter().all(|other| other.number < magic.number));
        assert_eq!(magic.phone(), format!("+120255501{:02}", magic.number));
    }
}

#[test]
fn what_is_accepted_and_reported_ends_where_the_reports_say() {
    for (number, expected) in [
        (0, Expected::Read),
        (1, Expected::Delivered),
        (2, Expected::Failed),
        (3, Expected::Failed),
        (4, Expected::Read),
        (5, Expected::Read),
        (7, Expected::Read),
        (8, Expected::Read),
        (9, Expected::Delivered),
        (10, Expected::Read),
        (32, Expected::Read),
    ] {
        assert_eq!(magic(number).expected(&BODY), expected, "{number}");
        assert_eq!(magic(number).expected(&STATUS), expected, "{number}");
    }
}

#[test]
fn lost_callbacks_are_made_up_for_only_where_the_provider_can_be_asked() {
    assert_eq!(magic(6).expected(&BODY), Expected::Read);
    assert_eq!(magic(6).expected(&STATUS), Expected::Accepted);
}

#[test]
fn an_unknown_outcome_is_settled_only_where_our_key_comes_back() {
    for number in [21, 22, 24, 26] {
        assert_eq!(magic(number).expected(&BODY), Expected::Unknown, "{number}");
        assert_eq!(magic(number).expected(&STATUS), Expected::Read, "{number}");
    }
    for number in [20, 23] {
        assert_eq!(magic(number).expected(&BODY), Expected::Unknown, "{number}");
        assert_eq!(magic(number).expected(&STATUS), Expected::Unknown, "{number}");
    }
    assert_eq!(magic(25).expected(&BODY), Expected::Accepted);
    assert_eq!(magic(25).expected(&STATUS), Expected::Read);
}

#[test]
fn a_providers_own_trouble_leads_to_the_next_provider() {
    assert_eq!(magic(11).expected(&BODY), Expected::Waiting);
    assert_eq!(magic(12).expected(&BODY), Expected::Rejected);
    assert_eq!(magic(12).expected(&STATUS), Expected::Failed);
    assert_eq!(magic(31).expected(&BODY), Expected::Failed);
    assert_eq!(magic(31).expected(&[Provider::OneMsg, Provider::Meta]), Expected::Waiting);
    assert_eq!(magic(34).expected(&BODY), Expected::Unknown);
    for number in [30, 33] {
        assert_eq!(magic(number).expected(&BODY), Expected::Waiting, "{number}");
    }
}
