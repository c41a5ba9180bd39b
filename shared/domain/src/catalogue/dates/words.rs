//! Dates in English words.

use jiff::civil::Date;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, ZonedDateTime};

/// A date in English words, perhaps with a time, whose parts are in any order: the form of mails (`Fri, 27 Nov 2026 09:10:00 +0100`),
/// of JavaScript (`Fri Nov 27 2026 09:10:00 GMT+0100 (CET)`), and of Java and C (`Fri Nov 27 09:10:00 CET 2026`).
#[derive(Default)]
pub(super) struct Words<'a> {
    day: &'a str,
    month: &'a str,
    year: &'a str,
    time: &'a str,
    zone: &'a str,
    /// Whether other words may change the time, such as `PM` or the name of an unknown zone.
    with_other_text: bool,
}

impl<'a> Words<'a> {
    const MONTHS: [&'static str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const WEEKDAYS: [&'static str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    /// The zone names of RFC 2822. Its parser would read any other name as UTC.
    const ZONES: [&'static str; 12] =
        ["UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];
    /// The most words to examine: more than any of these forms has.
    const MAX_WORDS: usize = 8;

    /// `None` if a part of the date is missing, or if any part occurs twice.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut read = Self::default();
        let words = text.split(" (").next()?.split([' ', ',']).filter(|word| !word.is_empty());
        for word in words.take(Self::MAX_WORDS) {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            let part = match word.len() {
                4 if is_number => &mut read.year,
                1 | 2 if is_number => &mut read.day,
                _ if Self::MONTHS.contains(&word) => &mut read.month,
                _ if Self::WEEKDAYS.contains(&word) => continue,
                _ if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) => &mut read.time,
                _ if Self::is_zone(word) => &mut read.zone,
                _ => {
                    read.with_other_text = true;
                    continue;
                }
            };
            if !std::mem::replace(part, word).is_empty() {
                return None;
            }
        }
        (!read.day.is_empty() && !read.month.is_empty() && !read.year.is_empty()).then_some(read)
    }

    fn is_zone(word: &str) -> bool {
        Self::ZONES.contains(&word) || Self::without_name(word).starts_with(['+', '-'])
    }

    /// Removes the name before an offset: `GMT+0100` becomes `+0100`.
    fn without_name(word: &str) -> &str {
        ["GMT", "UTC"]
            .iter()
            .find_map(|name| word.strip_prefix(name))
            .filter(|rest| !rest.is_empty())
            .unwrap_or(word)
    }

    fn to_zoned_datetime(&self, time: &str, zone: &str) -> Option<ZonedDateTime> {
        let Self { day, month, year, .. } = self;
        rfc2822::DateTimeParser::new()
            .parse_zoned_datetime(format!("{day} {month} {year} {time} {zone}"))
            .ok()
    }

    /// The time, if its zone is known.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let is_whole = !self.time.is_empty() && !self.zone.is_empty() && !self.with_other_text;
        let offset = Self::without_name(self.zone).replace(':', "");
        is_whole.then(|| self.to_zoned_datetime(self.time, &offset)).flatten().map(|time| time.timestamp())
    }

    /// The day in the text, in the text's own zone.
    pub(super) fn day(&self) -> Option<Date> {
        self.to_zoned_datetime("00:00", "+0000").map(|time| time.date())
    }
}
