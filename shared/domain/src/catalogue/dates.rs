//! Times as events give them, and days as people read them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::message::Tag;

/// A time: RFC 3339, or Unix time in seconds, milli-, micro- or nanoseconds, which are told apart by their length for as long as
/// seconds have nine to eleven digits: from 1973 to 5138.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| unix(text))
}

fn unix(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if ![whole, fraction].concat().bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9..=11 => Timestamp::from_second(number).ok(),
        12..=14 => Timestamp::from_millisecond(number).ok(),
        15..=17 => Timestamp::from_microsecond(number).ok(),
        18..=19 => Timestamp::from_nanosecond(number.into()).ok(),
        _ => None,
    }
}

/// The day of a date, or of a time in the zone in which it is written; Unix time is in UTC.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some((date, rest)) = text.split_at_checked("2026-11-27".len())
        && (rest.is_empty() || (rest.starts_with(['T', 't', ' '])))
        && let Ok(day) = date.parse()
    {
        return Some(day);
    }
    unix(text).map(|time| time.to_zoned(TimeZone::UTC).date())
}

type Months = [&'static str; 12];
const ENGLISH: Months = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const SPANISH: Months = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const GERMAN: Months = [
    "Januar",
    "Februar",
    "M\u{e4}rz",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const FRENCH: Months = [
    "janvier",
    "f\u{e9}vrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "ao\u{fb}t",
    "septembre",
    "octobre",
    "novembre",
    "d\u{e9}cembre",
];
const ITALIAN: Months = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
const PORTUGUESE: Months = [
    "janeiro",
    "fevereiro",
    "mar\u{e7}o",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];
const DUTCH: Months = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// A day as the language writes it; in other languages `2026-11-27`, which nobody reads as another day.
pub(super) fn written(day: Date, language: Option<&str>) -> String {
    let Some(tag) = language.and_then(Tag::parse) else { return day.to_string() };
    let (year, number) = (day.year(), day.day());
    let month = |months: Months| {
        let place = usize::try_from(day.month()).unwrap_or_default();
        place.checked_sub(1).and_then(|place| months.get(place)).copied().unwrap_or_default()
    };
    match tag.language() {
        "en" if [None, Some("US"), Some("PH")].contains(&tag.region()) => {
            format!("{} {number}, {year}", month(ENGLISH))
        }
        "en" => format!("{number} {} {year}", month(ENGLISH)),
        "es" => format!("{number} de {} de {year}", month(SPANISH)),
        "de" => format!("{number}. {} {year}", month(GERMAN)),
        "fr" if number == 1 => format!("1er {} {year}", month(FRENCH)),
        "fr" => format!("{number} {} {year}", month(FRENCH)),
        "it" => format!("{number} {} {year}", month(ITALIAN)),
        "pt" => format!("{number} de {} de {year}", month(PORTUGUESE)),
        "nl" => format!("{number} {} {year}", month(DUTCH)),
        _ => day.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_or_unix_time() {
        for text in [
            "2026-11-27T08:10:00Z",
            " 2026-11-27T09:10:00+01:00 ",
            "1795767000",
            "1795767000.25",
            "1795767000000",
            "1795767000000.0",
            "1795767000000000",
            "1795767000000000000",
        ] {
            assert_eq!(time(text).unwrap().as_second(), 1_795_767_000, "{text}");
        }
        for text in [
            "",
            "0",
            "20261127",
            "2026-11-27T08:10:00",
            "-1795767000",
            "1e9",
            "12345678901234567890",
            "17957.67000.1",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_the_one_that_is_written() {
        for (text, expected) in [
            ("2026-11-27", Some("2026-11-27")),
            ("2026-11-27T00:30:00+14:00", Some("2026-11-27")),
            ("2026-11-27 23:30", Some("2026-11-27")),
            ("1795767000", Some("2026-11-27")),
            ("2026-02-30", None),
            ("27.11.2026", None),
            ("2026-11-27x", None),
        ] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_written_as_the_language_writes_it_or_as_nobody_misreads_it() {
        let day = "2026-03-01".parse().unwrap();
        for (language, text) in [
            (Some("en_US"), "March 1, 2026"),
            (Some("en-GB"), "1 March 2026"),
            (Some("es"), "1 de marzo de 2026"),
            (Some("de-AT"), "1. M\u{e4}rz 2026"),
            (Some("fr"), "1er mars 2026"),
            (Some("it"), "1 marzo 2026"),
            (Some("pt_BR"), "1 de mar\u{e7}o de 2026"),
            (Some("nl"), "1 maart 2026"),
            (Some("ja"), "2026-03-01"),
            (None, "2026-03-01"),
        ] {
            assert_eq!(written(day, language), text, "{language:?}");
        }
    }
}
