//! The numbering plans of the world, each read when the first number of its country code comes.
//!
//! They are those of the `phonenumber` crate, and so is what reads a number by them. The crate's own database parses the
//! patterns of all countries at its first use, which is nearly all of what a function's first invocation would do:
//! `docs/decisions/one-numbering-plan-at-a-time.md`. A test holds both against each other.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use phonenumber::metadata::Database;
use phonenumber::{is_valid_with, parse_with};

/// Country codes and their plans, as `build.rs` has written them: where countries share a code, that of its main country and
/// then that of all of them.
static PLANS: LazyLock<BTreeMap<u16, Vec<&[u8]>>> = LazyLock::new(|| {
    // What `build.rs` has written is as readable here as there, and every test of a number shows it.
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/numbering-plans.bin"))).unwrap_or_default()
});

/// A plan by its code and its place.
type Plans = BTreeMap<(u16, usize), Arc<Database>>;

/// Those that were read.
static READ: LazyLock<Mutex<Plans>> = LazyLock::new(Mutex::default);

/// ITU-T E.164: a country code has one to three digits, and none begins with another one.
const MAX_CODE_DIGITS: usize = 3;

/// An international number's E.164 form, if its country code's plan has such a number. Nothing but digits is asked for.
pub(super) fn e164(digits: &str) -> Option<String> {
    let (code, plans) = of(digits)?;
    let whole = plans.len().saturating_sub(1);
    plans.iter().enumerate().find_map(|(place, plan)| {
        let plan = read((code, place), plan)?;
        let number = parse_with(&plan, None, format!("+{digits}")).ok()?;
        // The crate's own formatter would bring its whole database into the binary.
        let e164 = format!("+{}{}", number.country().code(), number.national());
        // Of a country that shares its code, the crate never takes a trunk prefix away; of one alone, it does.
        let as_written = place == whole || e164.strip_prefix('+') == Some(digits);
        (as_written && is_valid_with(&plan, &number)).then_some(e164)
    })
}

/// The number's country code, and its plans; none where there is no such code.
fn of(digits: &str) -> Option<(u16, &'static [&'static [u8]])> {
    let mut codes = (1..=MAX_CODE_DIGITS).filter_map(|length| digits.get(..length)?.parse::<u16>().ok());
    codes.find_map(|code| Some((code, PLANS.get(&code)?.as_slice())))
}

fn read(which: (u16, usize), plan: &[u8]) -> Option<Arc<Database>> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(&which) {
        return Some(Arc::clone(known));
    }
    let plan = Arc::new(Database::from(postcard::from_bytes(plan).ok()?).ok()?);
    read.insert(which, Arc::clone(&plan));
    Some(plan)
}

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;
    use phonenumber::{Mode, is_valid, parse};
    use proptest::prelude::*;

    use super::*;

    /// A valid number's E.164 form by the crate's own database.
    fn by_the_crate(digits: &str) -> Option<String> {
        let parsed = parse(None, format!("+{digits}")).ok()?;
        is_valid(&parsed).then(|| parsed.format().mode(Mode::E164).to_string())
    }

    #[test]
    fn every_country_code_has_its_plan_and_no_other_code_has_one() {
        for code in 1..=999_u16 {
            let countries = |database: &Database| database.by_code(&code).map(|countries| countries.len());
            let whole = of(&format!("{code}x")).and_then(|(_, plans)| {
                let place = plans.len() - 1;
                read((code, place), plans[place])
            });
            assert_eq!(whole.and_then(|plan| countries(&plan)), countries(&DATABASE), "{code}");
        }
    }

    #[test]
    fn the_crates_own_examples_are_read_as_by_its_own_database() {
        let mut examples = 0;
        for country in DATABASE.iter() {
            let of = country.descriptors();
            let all = [of.fixed_line(), of.mobile(), of.toll_free(), of.premium_rate(), of.shared_cost()];
            let more = [of.personal_number(), of.voip(), of.pager(), of.uan(), of.voicemail()];
            for descriptor in all.into_iter().chain(more).flatten() {
                let Some(example) = descriptor.example() else { continue };
                // The national prefix too, which people write although it isn't dialled from abroad.
                for prefix in ["", country.national_prefix().unwrap_or("0")] {
                    let digits = format!("{}{prefix}{example}", country.country_code());
                    assert_eq!(e164(&digits), by_the_crate(&digits), "{digits}");
                    examples += 1;
                }
            }
        }
        assert!(examples > 1000, "{examples}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_digits_are_read_as_by_the_crates_own_database(digits in "[0-9]{1,17}") {
            prop_assert_eq!(e164(&digits), by_the_crate(&digits));
        }

        #[test]
        fn so_are_those_of_countries_that_share_their_code(digits in "(1|7|39|44|47|61|212|262|358|590|599)[0-9]{6,12}") {
            prop_assert_eq!(e164(&digits), by_the_crate(&digits));
        }
    }
}
