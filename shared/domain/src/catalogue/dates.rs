//! Parses the times in events, and formats days for customers.

mod ticks;
mod words;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use jiff::civil::Date;
use jiff::fmt::temporal;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::ticks::Ticks;
use self::words::Words;
use super::locale::find_locale;

/// The years in which an order can have a time. Software writes years outside of this range for a missing
/// time (`1970-01-01`, `0001-01-01`, `9999-12-31`).
const YEARS: RangeInclusive<i16> = 2000..=2100;
/// The number of digits of Unix times from 2001 to 2286 in seconds, milli-, micro- and nanoseconds, each with
/// its units per second.
const UNIX: [(usize, i64); 4] = [(10, 1), (13, 1_000), (16, 1_000_000), (19, 1_000_000_000)];
/// The longest time after which a local time has been reached everywhere: time zones range from -12:00 to
/// +14:00, and a date alone lasts a day.
const LATEST_ZONE: SignedDuration = SignedDuration::from_hours(36);

/// Parses a time with its zone. Accepts RFC 3339, also with a space before the offset or a zone's name (`2026-11-27 08:10:00 +0100`,
/// `… UTC`) or with slashes (`2026/11/27`); a time in [English words](Words); [`/Date(…)/`](Ticks); and Unix time, whose number
/// of digits shows whether it is in seconds, milli-, micro- or nanoseconds.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = &*with_dashes(text.trim());
    let read = text.parse().ok().or_else(|| parse_unix(text)).or_else(|| {
        let joined = text.replace(" +", "+").replace(" -", "-").replace(" UTC", "Z").replace(" GMT", "Z");
        joined.parse().ok()
    });
    let read = read.or_else(|| Some(Ticks::parse(text)?.time)).or_else(|| Words::parse(text)?.time());
    read.filter(|time| YEARS.contains(&time.to_zoned_datetime(TimeZone::UTC).year()))
}

/// Replaces slashes and dots by dashes in a date that begins with its year: `2026/11/27 08:10:00`.
fn with_dashes(text: &str) -> Cow<'_, str> {
    let Some((date, rest)) = text.split_at_checked("2026/11/27".len()) else { return Cow::Borrowed(text) };
    let parts: Vec<&str> = date.split(['/', '.']).collect();
    let are_digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && month.len() == 2 && parts.iter().all(are_digits) => {
            Cow::Owned(format!("{year}-{month}-{day}{rest}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Parses a time and returns it with `true`. For other texts, returns an estimate with `false`: the envelope's
/// time, or the end of the day in the text if that day was over everywhere by then.
pub(super) fn parse_time_or(text: Option<&str>, envelope: Timestamp) -> (Timestamp, bool) {
    let text = text.unwrap_or_default();
    if let Some(time) = parse_time(text) {
        return (time, true);
    }
    let shown = parse_day(text, None).filter(|day| YEARS.contains(&day.year()));
    let shown = shown.and_then(|day| day.to_zoned_datetime(TimeZone::UTC).ok());
    let latest = shown.and_then(|shown| shown.timestamp().checked_add(LATEST_ZONE).ok());
    (latest.map_or(envelope, |latest| latest.min(envelope)), false)
}

fn parse_unix(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if ![whole, fraction].concat().bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, parts) = UNIX.into_iter().find(|(length, _)| *length == whole.len())?;
    Timestamp::from_nanosecond(whole.parse::<i128>().ok()? * i128::from(1_000_000_000 / parts)).ok()
}

/// Parses a fixed offset (`+01:00`) or a POSIX time zone (`CET-1CEST,M3.5.0,M10.5.0/3`).
pub(super) fn parse_zone(text: &str) -> Option<TimeZone> {
    temporal::DateTimeParser::new().parse_time_zone(text.trim()).ok()
}

/// Whether the text is a placeholder for a missing time: a zero, or a year outside of [`YEARS`].
pub(super) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text == "0"
        || ["0000-00-00", "0000/00/00", "00000000"].iter().any(|zeros| text.starts_with(zeros))
        || parse_day(text, None)
            .or_else(|| Some(Ticks::parse(text)?.time.to_zoned_datetime(TimeZone::UTC).date()))
            .is_some_and(|day| !YEARS.contains(&day.year()))
}

/// The day of a date or a time. A time is converted to `zone`; without one, the day is the one in the text,
/// and for Unix time the day in UTC.
pub(super) fn parse_day(text: &str, zone: Option<&TimeZone>) -> Option<Date> {
    let text = &*with_dashes(text.trim());
    let in_zone = |time: Timestamp, zone: &TimeZone| time.to_zoned_datetime(zone.clone()).date();
    let as_given_or_in_zone = |day: Date, is_time: bool| {
        zone.filter(|_| is_time).and_then(|zone| Some(in_zone(parse_time(text)?, zone))).unwrap_or(day)
    };
    if let Some((day, rest)) = split_date(text) {
        let is_time = rest.starts_with(['T', 't', ' ']);
        return (rest.is_empty() || is_time || is_zone(rest)).then(|| as_given_or_in_zone(day, is_time));
    }
    parse_compact(text)
        .or_else(|| parse_unix(text).map(|time| in_zone(time, zone.unwrap_or(&TimeZone::UTC))))
        .or_else(|| Ticks::parse(text)?.day(zone))
        .or_else(|| Words::parse(text)?.day().map(|day| as_given_or_in_zone(day, true)))
}

/// Splits a text after its date: `2026-11-27…`, or `20261127` if a time follows (`20261127T081000Z`).
fn split_date(text: &str) -> Option<(Date, &str)> {
    let extended = text.split_at_checked("2026-11-27".len());
    let basic = text.split_at_checked("20261127".len()).filter(|(_, rest)| rest.starts_with('T'));
    [extended, basic].into_iter().flatten().find_map(|(date, rest)| Some((date.parse().ok()?, rest)))
}

/// Whether the text is a zone that XML allows after a date.
fn is_zone(text: &str) -> bool {
    let is_offset =
        |offset: &str| offset.len() > 1 && offset.bytes().all(|b| b.is_ascii_digit() || b == b':');
    matches!(text, "Z" | "z") || text.strip_prefix(['+', '-']).is_some_and(is_offset)
}

/// Parses the day of a date, or of a date and time, without separators: `20261127`, `20261127081000`.
fn parse_compact(text: &str) -> Option<Date> {
    let is_one = [8, 12, 14].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let (date, _) = text.split_at_checked("20261127".len()).filter(|_| is_one)?;
    date.parse().ok().filter(|day: &Date| YEARS.contains(&day.year()))
}

/// Formats a day as the language writes it, in the Gregorian calendar; for unknown languages as `2026-11-27`, which is
/// unambiguous.
pub(super) fn format(day: Date, language: Option<&str>) -> String {
    localise(day, language).unwrap_or_else(|| day.to_string())
}

fn localise(day: Date, language: Option<&str>) -> Option<String> {
    let locale = find_locale(language)?;
    let formatter = FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok()?;
    let (month, number) = (day.month().try_into().ok()?, day.day().try_into().ok()?);
    let day = icu_calendar::Date::try_new_gregorian(day.year().into(), month, number).ok()?;
    Some(formatter.format(&day).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::locale::TEMPLATE_LANGUAGES;

    #[test]
    fn times_have_a_zone_or_are_unix_time() {
        for text in [
            "2026-11-27T08:10:00Z",
            " 2026-11-27T09:10:00+01:00 ",
            "2026-11-27 09:10:00 +0100",
            "2026-11-27 09:10:00+01",
            "2026-11-27 08:10:00 UTC",
            "Fri, 27 Nov 2026 09:10:00 +0100",
            "Fri, 27 Nov 2026 08:10:00 GMT",
            "27 Nov 2026 08:10:00 GMT",
            "Fri Nov 27 2026 09:10:00 GMT+0100 (Central European Standard Time)",
            "Fri Nov 27 2026 09:10:00 GMT+01:00",
            "Fri Nov 27 08:10:00 UTC 2026",
            "Fri Nov 27 03:10:00 EST 2026",
            "Fri Nov 27 08:10:00 +0000 2026",
            "2026/11/27 09:10:00 +0100",
            "2026/11/27 08:10:00 UTC",
            "2026.11.27 08:10:00Z",
            "20261127T081000Z",
            "20261127T091000+0100",
            "2026-11-27T08:10Z",
            "2026-11-27T08:10:00.000+0000",
            "2026-11-27T09:10:00+01:00[Europe/Vienna]",
            "1795767000",
            "1795767000.25",
            "1795767000000",
            "1795767000000.0",
            "1795767000000000",
            "1795767000000000000",
            "/Date(1795767000000)/",
            "/Date(1795767000000+0060)/",
            "/Date(1795767000000-0500)/",
            "/Date(1795767000000+60)/",
        ] {
            assert_eq!(parse_time(text).unwrap().as_second(), 1_795_767_000, "{text}");
        }
        for text in [
            "",
            "0",
            "20261127",
            "202611270810",
            "20261127081000",
            // .NET ticks and Windows file times.
            "639313638000000000",
            "134402406000000000",
            "2026-11-27T08:10:00",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999999999999",
            "-1795767000",
            "1e9",
            "12345678901234567890",
            "17957.67000.1",
            "/Date(-62135596800000)/",
            "/Date(0)/",
            "/Date(soon)/",
            "/Date(+0060)/",
            "/Date(1795767000000+)/",
            "/Date(1795767000000+00600)/",
            "/Date(1795767000000+01:00)/",
            "/Date(1795767000000+-60)/",
            "/Date(1795767000000",
            "Fri, 27 Nov 2026 05:10:00 BRT",
            "Fri, 27 Nov 2026 05:10:00 A",
            "Fri Nov 27 09:10:00 CET 2026",
            "Fri Nov 27 09:10:00 2026",
            "Nov 27, 2026 8:10:00 PM UTC",
            "2026/11/27 08:10:00",
            "27/11/2026 08:10:00 UTC",
            "Nov 27 28 2026 08:10:00 UTC",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn an_unreadable_time_becomes_the_envelopes_unless_its_day_was_over_everywhere() {
        let envelope = "2026-11-27T08:20:00Z";
        for (text, expected) in [
            (Some("2026-11-27T08:10:00Z"), ("2026-11-27T08:10:00Z", true)),
            (None, (envelope, false)),
            (Some("yesterday"), (envelope, false)),
            (Some("1970-01-01T00:00:00Z"), (envelope, false)),
            (Some("2026-11-27 08:10:00"), (envelope, false)),
            (Some("20261127081000"), (envelope, false)),
            (Some("2026-11-26"), (envelope, false)),
            (Some("2026-11-20 08:10:00"), ("2026-11-21T12:00:00Z", false)),
        ] {
            let (time, is_read) = parse_time_or(text, envelope.parse().unwrap());
            assert_eq!((time.to_string().as_str(), is_read), expected, "{text:?}");
        }
    }

    #[test]
    fn a_day_is_the_one_in_the_text_or_in_the_given_zone() {
        for (text, zone, expected) in [
            ("2026-11-27", None, Some("2026-11-27")),
            ("2026-11-27T00:30:00+14:00", None, Some("2026-11-27")),
            ("2026-11-27 23:30", None, Some("2026-11-27")),
            ("2026-11-27Z", None, Some("2026-11-27")),
            ("2026-11-27+01:00", None, Some("2026-11-27")),
            ("1795767000", None, Some("2026-11-27")),
            ("20261127", None, Some("2026-11-27")),
            ("20261127081000", None, Some("2026-11-27")),
            ("20261127T233000Z", None, Some("2026-11-27")),
            ("20261127T0810", None, Some("2026-11-27")),
            ("20261126T233000Z", Some("+01:00"), Some("2026-11-27")),
            ("2026/11/27", None, Some("2026-11-27")),
            ("2026.11.27", None, Some("2026-11-27")),
            ("2026/11/27 23:30:00", None, Some("2026-11-27")),
            ("2026/11/26 23:30:00 +0000", Some("+01:00"), Some("2026-11-27")),
            ("Fri, 27 Nov 2026 23:30:00 -0800", None, Some("2026-11-27")),
            ("Thu, 26 Nov 2026 23:30:00 GMT", Some("+01:00"), Some("2026-11-27")),
            ("Fri Nov 27 2026 00:30:00 GMT+0100 (Central European Standard Time)", None, Some("2026-11-27")),
            ("Fri Nov 27 09:10:00 CET 2026", None, Some("2026-11-27")),
            ("Fri Nov 27 09:10:00 2026", None, Some("2026-11-27")),
            ("Nov 27, 2026 9:10:00 PM", None, Some("2026-11-27")),
            ("27 Nov 2026", None, Some("2026-11-27")),
            ("2026-11-26T23:30:00.000Z", Some("+01:00"), Some("2026-11-27")),
            ("2026-11-26T23:30:00Z", Some("CET-1CEST,M3.5.0,M10.5.0/3"), Some("2026-11-27")),
            ("2026-06-26T22:30:00Z", Some("CET-1CEST,M3.5.0,M10.5.0/3"), Some("2026-06-27")),
            ("1795735800", Some("+01:00"), Some("2026-11-27")),
            ("/Date(1795735800000)/", Some("+01:00"), Some("2026-11-27")),
            ("/Date(1795767000000+0100)/", None, Some("2026-11-27")),
            ("/Date(1795734000000+0100)/", Some("+01:00"), Some("2026-11-27")),
            // SAP's day, in any zone.
            ("/Date(1795737600000)/", None, Some("2026-11-27")),
            ("/Date(1795737600000)/", Some("-10:00"), Some("2026-11-27")),
            ("/Date(1795737600000+0000)/", Some("-10:00"), Some("2026-11-26")),
            // The offset may be in minutes, or in hours and minutes.
            ("/Date(1795734000000+0100)/", None, None),
            ("/Date(1795735800000+0060)/", None, None),
            ("/Date(1795767000000-0500)/", None, None),
            ("/Date(1795767000000+1)x/", None, None),
            // A date without a time does not depend on the zone.
            ("2026-11-27", Some("-10:00"), Some("2026-11-27")),
            ("2026-11-27Z", Some("-10:00"), Some("2026-11-27")),
            ("2026-11-27T01:00:00", Some("-10:00"), Some("2026-11-27")),
            ("2026-02-30", None, None),
            ("27.11.2026", None, None),
            ("27/11/2026", None, None),
            ("11/27/2026 08:10:00", None, None),
            ("2026/27/11", None, None),
            ("2026/1127/", None, None),
            ("Nov 2026", None, None),
            ("31 Feb 2026", None, None),
            ("27 28 Nov 2026", None, None),
            ("2026-11-27x", None, None),
            ("12345678", None, None),
            ("639313638000000000", None, None),
        ] {
            let zone = zone.map(|text| parse_zone(text).unwrap());
            let day = parse_day(text, zone.as_ref()).map(|day| day.to_string());
            assert_eq!(day.as_deref(), expected, "{text}");
        }
        assert!(["Vienna", "01:00", ""].into_iter().all(|text| parse_zone(text).is_none()));
    }

    #[test]
    fn zeros_and_impossible_years_are_placeholders() {
        for text in [
            "0",
            "0000-00-00 00:00:00",
            "0000/00/00",
            "0001-01-01T00:00:00Z",
            "1970-01-01",
            "1970/01/01 00:00:00",
            "9999-12-31T23:59:59Z",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "/Date(-62135596800000)/",
            "/Date(-62135578800000-0500)/",
            "/Date(0)/",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["2026-11-27", "1795767000", "tomorrow", "12345678", ""] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_day_is_formatted_for_its_language_or_else_unambiguously() {
        let expected = [
            (Some("en_US"), "March 1, 2026"),
            (Some("en"), "March 1, 2026"),
            (Some("en-GB"), "1 March 2026"),
            (Some("en-IN"), "1 March 2026"),
            (Some("en-CA"), "March 1, 2026"),
            (Some("es"), "1 de marzo de 2026"),
            (Some("de-AT"), "1. M\u{e4}rz 2026"),
            (Some("fr"), "1 mars 2026"),
            (Some("it"), "1 marzo 2026"),
            (Some("pt_BR"), "1 de mar\u{e7}o de 2026"),
            (Some("nl"), "1 maart 2026"),
            (Some("pl"), "1 marca 2026"),
            (Some("ru"), "1 \u{43c}\u{430}\u{440}\u{442}\u{430} 2026 \u{433}."),
            (Some("ja"), "2026\u{5e74}3\u{6708}1\u{65e5}"),
            (Some("zh_CN"), "2026\u{5e74}3\u{6708}1\u{65e5}"),
            (Some("ky"), "2026-\u{436}. 1-\u{43c}\u{430}\u{440}\u{442}"),
            (Some("th"), "1 \u{e21}\u{e35}\u{e19}\u{e32}\u{e04}\u{e21} \u{e04}.\u{e28}. 2026"),
            (Some("tlh"), "2026-03-01"),
            (Some("und"), "2026-03-01"),
            (None, "2026-03-01"),
        ]
        .map(|(language, text)| (language, text.to_owned()));
        let day = "2026-03-01".parse().unwrap();
        // A template's variable gets plain spaces.
        let plain = |text: String| text.replace(char::is_whitespace, " ");
        assert_eq!(expected.clone().map(|(language, _)| (language, plain(format(day, language)))), expected);
        assert_eq!(format("2026-01-31".parse().unwrap(), Some("de-AT")), "31. J\u{e4}nner 2026");
    }

    /// The digits are 0 to 9 and the calendar is Gregorian, even if others are more usual in the language.
    #[test]
    fn every_template_language_has_a_name_for_every_month() {
        for language in TEMPLATE_LANGUAGES.split_whitespace() {
            let days = (1..=12).map(|month| localise(Date::new(2026, month, 28).unwrap(), Some(language)));
            let days: Vec<String> = days.collect::<Option<_>>().unwrap();
            for (place, day) in days.iter().enumerate() {
                assert!(day.contains("28") && day.contains("2026"), "{language}: {day}");
                assert!(!day.contains(['{', '}']), "{language}: {day}");
                assert!(!days[..place].contains(day), "{language}: {day}");
            }
        }
    }
}
