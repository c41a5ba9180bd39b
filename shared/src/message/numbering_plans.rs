//! The numbering plans of the world, each read when the first number of its country code comes.
//!
//! They are those of the `phonenumber` crate, and so is what reads a number by them. The crate's own database parses the
//! patterns of all countries at its first use, which is nearly all of what a function's first invocation would do:
//! `docs/decisions/one-numbering-plan-at-a-time.md`. A test holds both against each other.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use phonenumber::PhoneNumber;
use phonenumber::metadata::Database;

/// Country codes and their countries' plans, as `build.rs` has written them.
static PLANS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/numbering-plans.bin"));

/// Those that were read.
static READ: LazyLock<Mutex<BTreeMap<u16, Arc<Database>>>> = LazyLock::new(Mutex::default);

/// ITU-T E.164: a country code has one to three digits, and none begins with another one.
const MAX_CODE_DIGITS: usize = 3;

/// The plan of an international number's country code; none where there is no such code.
pub(super) fn of(digits: &str) -> Option<Arc<Database>> {
    let plans: Vec<(u16, &[u8])> = postcard::from_bytes(PLANS).ok()?;
    let codes = (1..=MAX_CODE_DIGITS).filter_map(|length| digits.get(..length)?.parse::<u16>().ok());
    let (code, plan) = codes.into_iter().find_map(|code| plans.iter().find(|(other, _)| *other == code))?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(code) {
        return Some(Arc::clone(known));
    }
    let plan = Arc::new(Database::from(postcard::from_bytes(plan).ok()?).ok()?);
    read.insert(*code, Arc::clone(&plan));
    Some(plan)
}

/// A number in E.164 form. The crate's own formatter would bring its whole database into the binary.
pub(super) fn e164(number: &PhoneNumber) -> String {
    format!("+{}{}", number.country().code(), number.national())
}

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;
    use phonenumber::{Mode, is_valid, is_valid_with, parse, parse_with};
    use proptest::prelude::*;

    use super::*;

    /// A number's E.164 form and whether it is valid, by its plan.
    fn by_its_plan(digits: &str) -> Option<(String, bool)> {
        let plan = of(digits)?;
        let parsed = parse_with(&plan, None, format!("+{digits}")).ok()?;
        Some((e164(&parsed), is_valid_with(&plan, &parsed)))
    }

    /// The same by the crate's own database.
    fn by_the_crate(digits: &str) -> Option<(String, bool)> {
        let parsed = parse(None, format!("+{digits}")).ok()?;
        Some((parsed.format().mode(Mode::E164).to_string(), is_valid(&parsed)))
    }

    #[test]
    fn every_country_code_has_its_plan_and_no_other_code_has_one() {
        for code in 1..=999_u16 {
            let has_one = of(&format!("{code}x")).is_some_and(|plan| plan.by_code(&code).is_some());
            assert_eq!(has_one, DATABASE.by_code(&code).is_some(), "{code}");
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
                    assert_eq!(by_its_plan(&digits), by_the_crate(&digits), "{digits}");
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
            prop_assert_eq!(by_its_plan(&digits), by_the_crate(&digits));
        }
    }
}
