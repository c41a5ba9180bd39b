//! Checks the most important answers with the event, as soon as they are given: the phone number and the consent.

use serde_json::Value;
use shared::catalogue::{Expression, Found, OrderEvent};
use shared::message::{Country, InvalidPhoneNumber, Recipient};

use super::guess::may_be_national;
use crate::commands::preview::consent_problem;
use crate::events::explain_paths;

/// What to write in place of an unusable phone number.
const NUMBER: &str = "give the field of the phone number with --recipient EXPRESSION, or an event whose number is in E.164 form, \
                      such as +12025550100";
/// What to write in place of an unusable country.
pub(super) const COUNTRY: &str = "--country EXPRESSION, such as detail.address.country, or --country \"'AT'\" if all numbers are \
                                  Austrian";
/// What to write in place of a consent that isn't true.
const CONSENT: &str = "give an expression that is true, such as --consent \"detail.opt_in == 'yes'\" for a text, --consent '`true`' \
                       if every customer has agreed, or the event of a customer who has agreed";

/// Why an answer can't be used, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Unusable {
    fn new(problem: String, remedy: &str) -> Self {
        Self { problem, remedy: remedy.to_owned() }
    }
}

/// Whether the phone number is usable with a country only.
pub(super) fn needs_country(event: &Value, recipient: &str, international_digits: bool) -> bool {
    match find(event, recipient) {
        Ok(Some(number)) => {
            Recipient::parse(&number, None, international_digits) == Err(InvalidPhoneNumber::NoCountryCode)
                && may_be_national(&number)
        }
        Ok(None) | Err(_) => false,
    }
}

/// Checks a phone number, for which a country may still be given.
pub(super) fn check_recipient(
    event: &Value,
    recipient: &str,
    international_digits: bool,
) -> Result<(), Unusable> {
    if needs_country(event, recipient, international_digits) {
        return Ok(());
    }
    let unusable =
        |why: String| Unusable::new(format!("recipient ({recipient}) can't be used: {why}"), NUMBER);
    let Some(number) = find(event, recipient).map_err(&unusable)? else { return Ok(()) };
    match Recipient::parse(&number, None, international_digits) {
        Ok(_) => Ok(()),
        Err(error) if may_be_national(&number) => Err(unusable(error.to_string())),
        Err(_) => Err(unusable("it is no phone number".to_owned())),
    }
}

/// Checks the country of a phone number without a country code.
pub(super) fn check_country(event: &Value, recipient: &str, country: &str) -> Result<(), Unusable> {
    let unusable = |why: String| {
        Unusable::new(format!("country ({country}) can't be used: {why}"), &format!("give {COUNTRY}"))
    };
    let Some(letters) = find(event, country).map_err(&unusable)? else { return Ok(()) };
    let Some(known) = Country::parse(&letters) else {
        return Err(unusable("it is not the two or three letters of a country".to_owned()));
    };
    let Ok(Some(number)) = find(event, recipient) else { return Ok(()) };
    Recipient::parse(&number, Some(known), false).map(drop).map_err(|error| {
        Unusable::new(
            format!("recipient ({recipient}) can't be used with country ({country}): {error}"),
            NUMBER,
        )
    })
}

/// Checks that the event's customer has agreed.
pub(super) fn check_consent(event: &Value, consent: &str) -> Result<(), Unusable> {
    let (Ok(expression), Ok(parsed)) =
        (Expression::compile_condition(consent), OrderEvent::parse(event.clone()))
    else {
        return Ok(());
    };
    if expression.evaluate(&parsed) == Ok(Found::Bool(true)) {
        return Ok(());
    }
    let why =
        consent_problem(&expression, event).unwrap_or_else(|| format!("consent ({consent}) is not true"));
    Err(Unusable::new(format!("the event's customer has not agreed to be contacted: {why}"), CONSENT))
}

/// The text that an expression finds, or why it finds none; `None` if the catalogue or the event has a fault that is reported
/// later.
fn find(event: &Value, expression: &str) -> Result<Option<String>, String> {
    let (Ok(compiled), Ok(parsed)) = (Expression::compile(expression), OrderEvent::parse(event.clone()))
    else {
        return Ok(None);
    };
    match compiled.evaluate(&parsed) {
        Ok(Found::Text(text)) => Ok(Some(text)),
        Ok(Found::Nothing) => {
            Err(explain_paths(expression, event).unwrap_or_else(|| "is missing".to_owned()))
        }
        Ok(Found::Bool(_) | Found::Compound) => Err("it is neither a text nor a number".to_owned()),
        Err(error) => Err(format!("it {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "id": "1", "source": "shop", "detail-type": "Paid", "time": "2026-11-20T09:00:00Z",
            "detail": {
                "phone": "+12025550100", "national": "0664 1234567", "short": "+43 1", "name": "Secretname",
                "country": "AT", "land": "Austria", "user": "US.13491208655302741918",
                "yes": true, "no": false, "word": "Secretword",
            },
        })
    }

    fn problem(result: Result<(), Unusable>) -> String {
        let problem = result.map_or_else(|unusable| unusable.problem, |()| "usable".to_owned());
        assert!(!problem.contains("Secret"), "{problem}");
        problem
    }

    #[test]
    fn an_unusable_number_has_a_reason_and_a_national_one_needs_its_country() {
        let recipient = |expression: &str| problem(check_recipient(&event(), expression, false));
        for usable in ["detail.phone", "detail.user", "detail.national", "detail.["] {
            assert_eq!(recipient(usable), "usable", "{usable}");
        }
        for (expression, why) in [
            ("detail.name", "recipient (detail.name) can't be used: it is no phone number"),
            ("detail.yes", "recipient (detail.yes) can't be used: it is neither a text nor a number"),
            (
                "detail.fone",
                "recipient (detail.fone) can't be used: the event has no detail.fone; detail has: ",
            ),
        ] {
            assert!(recipient(expression).starts_with(why), "{}", recipient(expression));
        }
        assert!(needs_country(&event(), "detail.national", false));
        assert!(
            !needs_country(&event(), "detail.phone", false) && !needs_country(&event(), "detail.name", false)
        );
    }

    #[test]
    fn a_country_makes_a_national_number_usable_or_has_a_reason() {
        let country = |expression: &str| problem(check_country(&event(), "detail.national", expression));
        assert_eq!(country("detail.country"), "usable");
        assert_eq!(country("'AT'"), "usable");
        let letters = "country (detail.land) can't be used: it is not the two or three letters of a country";
        assert_eq!(country("detail.land"), letters);
        assert!(country("AT").starts_with("country (AT) can't be used: the event has no AT;"));
        let short = problem(check_country(&event(), "detail.short", "'AT'"));
        assert!(short.starts_with("recipient (detail.short) can't be used with country ('AT'): "), "{short}");
    }

    #[test]
    fn a_consent_that_is_not_true_has_a_reason() {
        let consent = |expression: &str| problem(check_consent(&event(), expression));
        assert_eq!(consent("detail.yes"), "usable");
        assert_eq!(consent("`true`"), "usable");
        for (expression, why) in [
            ("detail.no", "consent (detail.no) is not true"),
            ("detail.word", "consent (detail.word) is a text or a number, and only JSON's true is consent"),
            (
                "detail.agreed",
                "consent (detail.agreed) is not true: the event has no detail.agreed; detail has: ",
            ),
        ] {
            assert!(consent(expression).contains(why), "{}", consent(expression));
        }
    }
}
