//! Parses arbitrary text as every kind of value: accepted values are bounded, do not change when they are
//! parsed again, and `Debug` hides the customer's data.

use proptest::prelude::*;
use proptest::sample;

use super::*;

/// Texts that are often nearly valid.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[+]?[0-9 ().-]{0,24}",
        "[+][0-9a-zA-Z;=*#,\u{660}-\u{669}\u{ff10}-\u{ff19}-]{0,24}",
        "[ \t\n]?[A-Za-z0-9._:# /-]{0,140}[ \n]?",
        "notification~?/[A-Za-z0-9./]{0,20}/([ -~\u{0}]|~[0-9A-F]{2}){0,110}",
        "(onemsg|kaleyra|meta|sms)#?[!-~]{0,40}",
        (sample::select(vec!["9", "a", ".", "é", " x", "\u{200b}"]), 0usize..2000)
            .prop_map(|(unit, count)| unit.repeat(count)),
    ]
}

fn is_one_line(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

proptest! {
    #[test]
    fn order_numbers_keys_and_ids_are_bounded_and_stable(text in any_text()) {
        if let Ok(number) = OrderNumber::parse(&text) {
            prop_assert!(number.as_str().len() <= 100 && is_one_line(number.as_str()));
            prop_assert_eq!(OrderNumber::parse(number.as_str()), Ok(number));
        }
        if let Ok(key) = NotificationKey::parse(&text) {
            prop_assert!(key.as_str().len() <= 128 && is_one_line(key.as_str()));
            prop_assert_eq!(NotificationKey::parse(key.as_str()), Ok(key));
        }
        if let Ok(id) = MessageId::parse(&text) {
            prop_assert!(id.as_str().len() <= 512 && is_one_line(id.as_str()));
            prop_assert_eq!(MessageId::parse(id.as_str()), Ok(id));
        }
        if let Ok(key) = MessageKey::try_from(text) {
            prop_assert_eq!(MessageKey::try_from(key.to_string()), Ok(key));
        }
    }

    #[test]
    fn a_reference_has_our_prefix_and_is_stable(text in any_text()) {
        if let Some(reference) = Reference::parse(&text) {
            prop_assert!(text.starts_with("notification"));
            for written in [reference.to_string(), reference.to_wire()] {
                prop_assert!(written.len() <= 255);
                prop_assert_eq!(Reference::parse(&written), Some(reference.clone()));
            }
        }
    }

    #[test]
    fn a_phone_number_is_e164_and_has_the_digits_of_the_text(text in any_text()) {
        for country in ["US", "AT", "AR", "JP"].map(Country::parse) {
            if let Ok(number) = PhoneNumber::parse_with(&text, country, false) {
                prop_assert_eq!(PhoneNumber::parse(number.e164()), Ok(number));
            }
        }
        for parsed in [PhoneNumber::parse(&text), PhoneNumber::parse_international_digits(&text)] {
            let Ok(number) = parsed else { continue };
            prop_assert!((7..=15).contains(&number.digits().len()), "{} digits", number.digits().len());
            prop_assert!(number.digits().bytes().all(|byte| byte.is_ascii_digit()));
            prop_assert_eq!(format!("+{}", number.digits()), number.e164());
            prop_assert_eq!(PhoneNumber::parse(number.e164()), Ok(number.clone()));
            if let Ok(canonical) = PhoneNumber::parse(&number.canonical()) {
                prop_assert_eq!(canonical.canonical(), number.canonical());
            }
            // A trunk prefix may be removed, but nothing else, and nothing is added.
            let given: String = text.chars().filter_map(characters::digit).collect();
            let mut left = given.chars();
            prop_assert!(number.digits().chars().all(|digit| left.any(|other| other == digit)));
            prop_assert!(given.len() <= number.digits().len() + 3, "{given} became {}", number.digits());
        }
    }

    #[test]
    fn a_text_is_within_its_limit_and_stable(text in any_text(), limit in 0usize..300) {
        for parsed in [Text::parse(&text, limit), Text::parse_without_full_stop(&text, limit)] {
            let Ok(text) = parsed else { continue };
            prop_assert!((1..=limit).contains(&text.as_str().chars().count()));
            prop_assert!(!text.as_str().contains("  ") && is_one_line(text.as_str()));
            prop_assert!(!text.as_str().chars().all(characters::is_invisible));
            prop_assert_eq!(Text::parse(text.as_str(), limit), Ok(text));
        }
    }

    #[test]
    fn statuses_and_languages_are_stable(text in any_text()) {
        if let Ok(status) = OrderStatus::parse(&text) {
            prop_assert_eq!(OrderStatus::parse(status.as_str()), Ok(status));
        }
        let available = ["en_US", "zh_TW", "es"].map(Language::new);
        prop_assert!(Language::find(&available, &text).is_none_or(|found| available.contains(found)));
    }

    #[test]
    fn debug_hides_the_customers_data(text in "[A-Z][a-z]{8,40}") {
        let texts = format!("{:?} {:?}", Text::parse(&text, 100), MessageId::parse(&text));
        prop_assert!(!texts.contains(&text));
    }

    #[test]
    fn values_of_components_are_bounded_ascii_where_they_are_addresses_and_stable(text in any_text()) {
        for value in [text.clone(), format!("https://shop.example/{text}"), format!("//{text}/a.jpg")] {
            if let Ok(link) = Link::parse(&value) {
                prop_assert!(link.as_str().len() <= 8192 && link.as_str().chars().all(|c| c.is_ascii_graphic()));
                let shown = format!("{:?}", &link);
                prop_assert_eq!(shown, "Link([redacted])");
                prop_assert_eq!(Link::parse(link.as_str()), Ok(link));
            }
        }
        if let Ok(end) = ButtonKind::Url.parse(&text) {
            prop_assert!(end.as_str().len() <= 2000 && end.as_str().chars().all(|c| c.is_ascii_graphic()));
            prop_assert_eq!(ButtonKind::Url.parse(end.as_str()), Ok(end));
        }
        if let Ok(angle) = Coordinate::parse(&text, 90) {
            prop_assert_eq!(Coordinate::parse(angle.as_str(), 90), Ok(angle));
        }
    }
}
