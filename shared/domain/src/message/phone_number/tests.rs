//! Tests which phone numbers are accepted, as people and software write them.

use super::notation::MAX_DIGITS;
use super::*;

fn national(number: &str, country: &str) -> Result<String, InvalidPhoneNumber> {
    let country = Country::parse(country).unwrap();
    PhoneNumber::parse_with(number, Some(country), false).map(|number| number.e164)
}

#[test]
fn a_number_with_more_than_the_most_digits_is_refused() {
    for (count, is_accepted) in [(MAX_DIGITS - 1, true), (MAX_DIGITS, true), (MAX_DIGITS + 1, false)] {
        assert_eq!(parse_notation(&"1".repeat(count)).is_ok(), is_accepted, "{count}");
    }
}

#[test]
fn a_number_in_any_notation_becomes_e164() {
    for written in [
        "+12025550100",
        " +1 (202) 555-0100 ",
        "+1 202 555 0100",
        "+1.202.555.0100",
        "+1\u{a0}202\u{2011}555\u{2013}0100",
        "+1 [202] 555\u{2212}0100",
        "(+1) 202/555-0100",
        "+1_202\u{ff70}555\u{30fc}0100",
        "+1 \u{ff3b}202\u{ff3d} 555~0100",
        "+1 202\u{2500}555\u{2501}0100\u{fffc}",
        "++1 202 555 0100",
        "12025550100+",
        "%2B12025550100",
        "tel:%2b12025550100",
        "p:+12025550100",
        "Tel.: +1 202 555 0100",
        "tel:+1-202-555-0100",
        "WhatsApp:+12025550100",
        "\u{202a}+12025550100\u{202c}",
        "\u{2068}+1 202 555 0100\u{2069}",
        "+1 202 555 0100\u{200e}",
        "\u{feff}+1\u{fe0d}-202\u{200b}-555\u{ad}-0100",
        "\u{ff0b}\u{ff11} \u{ff12}\u{ff10}\u{ff12}\u{ff0d}\u{ff15}\u{ff15}\u{ff15}\u{ff0d}\u{ff10}\u{ff11}\u{ff10}\u{ff10}",
        "+\u{661}\u{662}\u{660}\u{662}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}",
        "+\u{967}\u{968}\u{966}\u{968}\u{96b}\u{96b}\u{96b}\u{966}\u{967}\u{966}\u{966}",
    ] {
        let number = PhoneNumber::parse(written).unwrap();
        assert_eq!((number.e164(), number.digits()), ("+12025550100", "12025550100"), "{written}");
        assert!(!number.is_doubtful());
    }
    assert_eq!(PhoneNumber::parse("+44 (0)20 7946 0018").unwrap().e164(), "+442079460018");
}

#[test]
fn a_trunk_prefix_after_a_country_code_is_removed_if_the_plan_contains_the_rest() {
    for (written, e164) in [
        ("+34 (0)612 34 56 78", "+34612345678"),
        ("+351 (0)912 345 678", "+351912345678"),
        ("+45 (0)20 12 34 56", "+4520123456"),
        ("+47 (0)406 12 345", "+4740612345"),
        ("+48 (0)600 123 456", "+48600123456"),
        ("+420 (0)601 123 456", "+420601123456"),
        ("+56 (0)9 6123 4567", "+56961234567"),
        ("+39 (0)338 123 4567", "+393381234567"),
        ("+39 02 1234 5678", "+390212345678"),
        ("+7 (8) 912 345-67-89", "+79123456789"),
        ("+1 1 202 555 0100", "+12025550100"),
        ("+52 01 55 4100 0145", "+525541000145"),
        ("+52 044 55 4100 0145", "+525541000145"),
        ("+52 (045) 55 4100 0145", "+525541000145"),
    ] {
        let number = PhoneNumber::parse(written).map(|number| (number.e164.clone(), number.is_doubtful));
        assert_eq!(number, Ok((e164.to_owned(), false)), "{written}");
    }
    for (written, country, e164) in [
        ("044 55 4100 0145", "MX", Some("+525541000145")),
        ("01 55 4100 0145", "MX", Some("+525541000145")),
        // Ambiguous: a number of the United States, or one of Mexico without its country code.
        ("1 917 555 0100", "MX", None),
        ("1 55 4100 0145", "MX", Some("+525541000145")),
        ("5219175550100", "MX", Some("+5219175550100")),
        // A French number of a customer in Spain, where no number begins with a 0.
        ("06 12 34 56 78", "ES", None),
    ] {
        assert_eq!(national(written, country).ok().as_deref(), e164, "{written} {country}");
    }
}

#[test]
fn numbers_in_whatsapps_links_and_ids_are_international() {
    for written in [
        "5215541000145@c.us",
        "5215541000145:3@c.us",
        "5215541000145@s.whatsapp.net",
        "whatsapp:5215541000145@s.whatsapp.net",
        "https://wa.me/5215541000145",
        "https://wa.me/5215541000145?text=Hello",
        "<wa.me/+5215541000145>",
        "https://api.whatsapp.com/send?phone=5215541000145",
        "https://api.whatsapp.com/send/?phone=%2B5215541000145&text&type=phone_number&app_absent=0",
        "https://web.whatsapp.com/send?text=Hello&phone=5215541000145",
        "whatsapp://send?phone=5215541000145&text=Hello",
        "whatsapp://send?text=Hi+you&phone=5215541000145",
        "https://api.whatsapp.com/send?text=Hi+you&phone=5215541000145",
        "Mobil: wa.me/5215541000145",
        "5215541000145.0:3@s.whatsapp.net",
        "5215541000145_1:3@s.whatsapp.net",
        "5215541000145.0@c.us",
    ] {
        assert_eq!(national(written, "AT").as_deref(), Ok("+5215541000145"), "{written}");
    }
    for other in [
        "5215541000145@lid",
        "5215541000145-1610000000@g.us",
        "@c.us",
        "https://wa.me/message/5215541000145",
        "https://api.whatsapp.com/send?text=5215541000145",
    ] {
        assert!(PhoneNumber::parse(other).is_err() && national(other, "MX").is_err(), "{other}");
    }
}

#[test]
fn a_text_that_could_give_a_wrong_number_is_refused() {
    for (number, country) in [
        ("02-234-5678~9", "KR"),
        ("+82 2 234 5678~90", "KR"),
        ("12025550100+1", "US"),
        ("+12025550100+", "US"),
        ("*31# +12025550100", "US"),
        ("7 +12025550100", "US"),
    ] {
        assert!(national(number, country).is_err(), "{number} {country}");
    }
    let rounded = Err(InvalidPhoneNumber::Rounded);
    for (number, country, read) in [
        ("1.7743856575E10", "", Ok("+17743856575")),
        ("1,7743856575e+10", "", Ok("+17743856575")),
        ("+1.7743856575E+10", "US", Ok("+17743856575")),
        ("4.36641E+11", "", rounded),
        ("4E+11", "AT", rounded),
        ("2.02555E9", "US", rounded),
        ("2.025550000E9", "US", rounded),
        // The form of JSON's 2.02555e9 after parsing.
        ("2025550000.0", "US", rounded),
        ("2025551000.0", "US", Ok("+12025551000")),
    ] {
        let found = PhoneNumber::parse_with(number, Country::parse(country), country.is_empty());
        assert_eq!(found.as_ref().map(PhoneNumber::e164).map_err(|fault| *fault), read, "{number} {country}");
    }
}

#[test]
fn a_country_is_never_guessed() {
    for without in ["2025550100", "12025550100", "0664 1234567", "\u{202d}2025550100"] {
        assert_eq!(PhoneNumber::parse(without), Err(InvalidPhoneNumber::NoCountryCode), "{without}");
    }
    assert_eq!(PhoneNumber::parse_international_digits("12025550100").unwrap().e164(), "+12025550100");
}

#[test]
fn an_international_prefix_is_a_plus_if_the_plan_contains_the_rest() {
    let read = |number: &str, country: &str, international_digits| {
        PhoneNumber::parse_with(number, Country::parse(country), international_digits)
            .map(|number| number.e164)
    };
    for (number, country, digits, e164) in [
        ("0043 664 1234567", "", false, "+436641234567"),
        ("0043 664 1234567", "", true, "+436641234567"),
        ("+0043 664 1234567", "", false, "+436641234567"),
        ("+00 43 664 1234567", "US", false, "+436641234567"),
        ("0043 664 1234567", "US", false, "+436641234567"),
        ("0043 664 1234567", "US", true, "+436641234567"),
        ("0043 664 1234567", "AU", false, "+436641234567"),
        ("0011 43 664 1234567", "AU", false, "+436641234567"),
        ("001 202 555 0100", "AU", false, "+12025550100"),
        ("0049 151 12345678", "KR", false, "+4915112345678"),
        ("0055 11 8765 4321", "", false, "+551187654321"),
        ("0052 1 55 4100 0145", "", false, "+5215541000145"),
        // Australia's prefix, and that of the number's own country, also after a plus.
        ("0011 43 664 1234567", "", false, "+436641234567"),
        ("+0011 43 664 1234567", "", false, "+436641234567"),
        ("+0011 65 9234 5678", "AU", false, "+6592345678"),
        ("0011 65 9234 5678", "AU", false, "+6592345678"),
        ("+011 43 664 1234567", "US", false, "+436641234567"),
        ("+010 43 664 1234567", "JP", false, "+436641234567"),
        ("810 43 664 1234567", "RU", false, "+436641234567"),
        ("8~10 43 664 1234567", "RU", false, "+436641234567"),
        // A plus at the end of a national number.
        ("0664 1234567+", "AT", false, "+436641234567"),
        ("664 1234567+", "AT", false, "+436641234567"),
        ("436641234567+", "DE", false, "+436641234567"),
        ("0043 664 1234567+", "DE", false, "+436641234567"),
    ] {
        assert_eq!(read(number, country, digits).as_deref(), Ok(e164), "{number} {country}");
    }
    for (number, country, digits) in [
        // The right length for the country, but not in its numbering plan.
        ("001 621 234 5678", "", false),
        ("+001 621 234 5678", "", false),
        ("000 43 664 1234567", "", true),
        ("+000 43 664 1234567", "", false),
        ("+0664 1234567", "AT", false),
        ("+ (0)664 1234567", "AT", false),
        ("0664 1234567+", "", false),
        // A number of Singapore after Australia's prefix, or one of Alabama after 00 and a superfluous 1.
        ("0011 65 9234 5678", "", false),
        ("+0011 65 9234 5678", "", false),
        // Numbers of India begin like this.
        ("+011 43 664 1234567", "", false),
        ("011 43 664 1234567", "", true),
        // International prefixes of carriers in Taiwan and Brazil: the rest may be a number of another
        // country.
        ("002 1 252 555 0100", "TW", false),
        ("0043 664 1234567", "BR", false),
    ] {
        assert_eq!(read(number, country, digits).ok(), None, "{number} {country}");
    }
}

#[test]
fn a_fraction_of_zeros_is_not_part_of_the_number() {
    let read = |number: &str, country: &str| {
        PhoneNumber::parse_with(number, Country::parse(country), country.is_empty()).map(|number| number.e164)
    };
    for (number, country) in [
        ("436641234567.0", "AT"),
        ("436641234567.0", ""),
        ("+436641234567.0", "AT"),
        ("436641234567.00", ""),
        ("436641234567,0", ""),
        ("436641234567,00", "AT"),
        ("'+436641234567.0'", ""),
        ("tel:+43 664 1234567.0", ""),
        ("436641234567.000000", ""),
        ("6641234567.0", "AT"),
        ("0664 1234567,0", "AT"),
        (
            "\u{664}\u{663}\u{666}\u{666}\u{664}\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}\u{66b}\u{660}",
            "",
        ),
    ] {
        assert_eq!(read(number, country).as_deref(), Ok("+436641234567"), "{number} {country}");
    }
    assert_eq!(read("+1 202 555.0000", "").as_deref(), Ok("+12025550000"));
    assert_eq!(read("+1.202.555.0000", "").as_deref(), Ok("+12025550000"));
    for (number, fault) in [
        ("+49 30 123456.000", InvalidPhoneNumber::Fraction),
        ("436640000000.0", InvalidPhoneNumber::Rounded),
        ("436,641,234,567.0", InvalidPhoneNumber::OtherText),
    ] {
        assert_eq!(PhoneNumber::parse_international_digits(number), Err(fault), "{number}");
    }
}

#[test]
fn punctuation_at_both_ends_is_dropped() {
    for written in [
        "'+12025550100",
        "\u{2019}+12025550100",
        "=\"+12025550100\"",
        "\u{201e}+1 202 555 0100\u{201c}",
        "+1 202 555 0100,",
        "+1 202 555 0100;",
        "+1 202 555 0100.",
        "\u{2022} +1 202 555 0100",
        "<+12025550100>",
        "<tel:+12025550100>",
        "tel:'+12025550100'",
        ": +12025550100",
        "\u{260e}\u{fe0f} +12025550100",
        "\u{1f4de}+12025550100",
        "\u{2706} +12025550100",
        "+12025550100 \u{1f4f1}",
    ] {
        assert_eq!(PhoneNumber::parse(written).unwrap().e164(), "+12025550100", "{written}");
    }
    assert_eq!(national("'0664 1234567", "AT").as_deref(), Ok("+436641234567"));
    for inside in
        ["+1 202'555 0100", "+1 202, 555 0100", "+1 202 \u{1f4de} 555 0100", "'", "#31#+12025550100"]
    {
        assert!(PhoneNumber::parse(inside).is_err(), "{inside}");
    }
}

#[test]
fn words_for_a_telephone_are_dropped() {
    for (written, country) in [
        ("Tel.: 0664/1234567", "AT"),
        ("Tel. 0664 1234567", "AT"),
        ("Tel 0664/1234567", "AT"),
        ("TEL: 0664 1234567", "AT"),
        ("Handy: 0664 1234567", "AT"),
        ("Mobil/WhatsApp - 0664 1234567", "AT"),
        ("(privat) Tel. 0664 1234567", "AT"),
        ("p:06641234567", "AT"),
        ("sms:06641234567", "AT"),
        ("0664 1234567 (mobil)", "AT"),
        ("0664 1234567 (mobil) (privat)", "AT"),
        ("+43 664 1234567 (WhatsApp)", ""),
        ("+43-664-1234567 [privat].", ""),
        ("+43 664 1234567 \u{ff08}\u{643a}\u{5e2f}\u{ff09}", ""),
        ("Mobile phone: +43 664 1234567 (Tel./WhatsApp)", ""),
        ("P: +43 664 1234567", ""),
        ("Mobil AT +43 664 1234567", ""),
        ("AUT: +43 664 1234567", ""),
        ("\u{d6}sterreich (+43) 664 1234567", ""),
    ] {
        let read = PhoneNumber::parse_with(written, Country::parse(country), false);
        assert_eq!(read.map(|number| number.e164).as_deref(), Ok("+436641234567"), "{written}");
    }
}

/// It may name another country or another person, or belong to the number.
#[test]
fn any_other_text_is_a_fault() {
    for (written, country) in [
        ("France: 06 12 34 56 78", "DE"),
        ("079 123 45 67 (Schweiz)", "DE"),
        ("D: 0171 1234567", "AT"),
        ("P: 912 345 678", "ES"),
        ("PH: 0917 123 4567", "DE"),
        ("CH 079 123 45 67", "DE"),
        ("USA: 202 555 0100", "MX"),
        ("NL: 06 12345678", "FR"),
        ("Tel. NL: 06 12345678", "FR"),
        ("0664 1234567 (wrong number)", "AT"),
        ("0664 1234567 (alt, nicht mehr g\u{fc}ltig)", "AT"),
        ("0664 1234567 (Nachbar)", "AT"),
        ("0664 1234567 (ext five)", "AT"),
        ("0664 1234567 (\u{4e94})", "AT"),
        ("0664 1234567 (mobil Nachbar)", "AT"),
        ("0664 1234567 (mobil 2)", "AT"),
        ("Nachbar: +43 664 1234567", ""),
        ("wrong number +43 664 1234567", ""),
        ("+43 664 1234567 (Grete)", ""),
        ("+43 1 58858 (Taxi)", ""),
        ("+43 1 58858 TAXI", ""),
        ("+1 800 (FLOWERS)", ""),
        ("0664 1234567 (ext 5)", "AT"),
        ("0664 1234567 mobil", "AT"),
        ("Haus 5: 0664 1234567", "AT"),
        ("Haus 5 0664 1234567", "AT"),
        ("0664 1234567 oder 0664 7654321", "AT"),
        ("+43 664 1234567 / +43 1 58858", ""),
        ("+1 202-555-0100 x123", ""),
        ("+43 664 123456O", ""),
    ] {
        let read = PhoneNumber::parse_with(written, Country::parse(country), false);
        assert!(read.is_err(), "{written}");
        let is_one_number = !written.contains(" / ");
        assert!(!is_one_number || read == Err(InvalidPhoneNumber::OtherText), "{written}: {read:?}");
    }
}

#[test]
fn a_number_without_a_country_code_or_of_impossible_length_is_refused() {
    for bad in ["+", "+1", "+1202555", "+999123456789", "+1202555010000000", "+abc", "+4911"] {
        assert_eq!(PhoneNumber::parse(bad), Err(InvalidPhoneNumber::NotANumber), "{bad}");
    }
}

#[test]
fn a_number_that_its_plan_lacks_is_kept_and_marked_as_doubtful() {
    for (written, kept) in [
        ("+1 621 234 5678", "+16212345678"),
        ("+1 202 055 0100", "+12020550100"),
        ("+7 300 123 45 67", "+73001234567"),
        // A trunk prefix is not dialled from abroad.
        ("+44 (0)60 0946 0018", "+446009460018"),
        // In Italy the zero is part of the number.
        ("+39 0000 000000", "+390000000000"),
    ] {
        let number = PhoneNumber::parse(written).unwrap();
        assert_eq!((number.e164(), number.is_doubtful()), (kept, true), "{written}");
    }
}

#[test]
fn both_forms_of_a_number_are_kept_and_have_the_same_canonical_form() {
    for (one, other, canonical) in [
        ("+5215541000145", "+525541000145", "+525541000145"),
        ("+5491123456789", "+541123456789", "+5491123456789"),
        ("+551187654321", "+5511987654321", "+5511987654321"),
        ("+22997123456", "+2290197123456", "+2290197123456"),
    ] {
        for written in [one, other] {
            let number = PhoneNumber::parse(written).unwrap();
            assert_eq!((number.e164(), &*number.canonical()), (written, canonical));
            assert!(!number.is_doubtful(), "{written}");
        }
    }
    for own in ["+12025550100", "+551133334444", "+436641234567", "+34600000001"] {
        assert_eq!(PhoneNumber::parse(own).unwrap().canonical(), own);
    }
}

#[test]
fn a_national_number_is_parsed_with_its_country() {
    for (number, country, e164) in [
        ("0664 1234567", "AT", "+436641234567"),
        ("664 1234567", "at", "+436641234567"),
        ("436641234567", "AT", "+436641234567"),
        ("0043 664 1234567", "AT", "+436641234567"),
        ("(202) 555-0100", "US", "+12025550100"),
        ("1 202 555 0100", "US", "+12025550100"),
        ("621 234 5678", "US", "+16212345678"),
        ("011 43 664 1234567", "US", "+436641234567"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("07400 123456", "UK", "+447400123456"),
        ("06 12345678", "NL", "+31612345678"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("55 4100 0145", "MX", "+525541000145"),
        ("(11) 98765-4321", "BR", "+5511987654321"),
        ("09876 543210", "IN", "+919876543210"),
    ] {
        assert_eq!(national(number, country).as_deref(), Ok(e164), "{number} {country}");
    }
}

#[test]
fn a_country_never_overrides_an_international_number() {
    assert_eq!(national("+43 664 1234567", "US").as_deref(), Ok("+436641234567"));
    assert_eq!(national("\u{ff0b}43 664 1234567", "US").as_deref(), Ok("+436641234567"));
    let at = Country::parse("AT");
    let digits = |number| PhoneNumber::parse_with(number, at, true).map(|number| number.e164);
    assert_eq!(digits("12025550100").as_deref(), Ok("+12025550100"));
    assert_eq!(digits("0664 1234567").as_deref(), Ok("+436641234567"));
    for other in ["436641234567", "12", "4420794600180000"] {
        assert!(national(other, "US").is_err(), "{other}");
    }
}

#[test]
fn countries_are_those_of_the_numbering_plans() {
    for (written, letters) in [
        (" de ", "DE"),
        ("UK", "GB"),
        ("EL", "GR"),
        ("AUT", "AT"),
        ("fra", "FR"),
        ("USA", "US"),
        ("\u{feff}AT\u{200e}", "AT"),
    ] {
        assert_eq!(Country::parse(written).unwrap(), Country::parse(letters).unwrap(), "{written}");
    }
    for none in ["", "D", "XXX", "ZZ", "001", "d\u{e9}", "Germany"] {
        assert_eq!(Country::parse(none), None, "{none}");
    }
}

#[test]
fn a_number_with_more_text_is_refused() {
    for more in [
        "+1 800 FLOWERS",
        "+1 202 555 0100 ext. 7",
        "+1 202 555 0100;phone-context=+44",
        "+1 202 555 0100, +1 202 555 0101",
        "+1 202 555 0100 +44",
    ] {
        assert_eq!(PhoneNumber::parse(more), Err(InvalidPhoneNumber::OtherText), "{more}");
    }
    for longer in [format!("+1202555{}0100", " ".repeat(64)), format!("+{}", "0".repeat(1_000_000))] {
        assert_eq!(PhoneNumber::parse(&longer), Err(InvalidPhoneNumber::NotANumber), "{longer:.40}");
    }
}

#[test]
fn debug_hides_the_number() {
    assert_eq!(format!("{:?}", PhoneNumber::parse("+12025550100").unwrap()), "PhoneNumber([redacted])");
}
