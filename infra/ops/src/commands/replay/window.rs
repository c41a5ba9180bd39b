//! The time window of a replay.

use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use serde::Serialize;

use crate::labels;
use crate::output::time;

/// A time on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    At(Timestamp),
    Ago(Duration),
}

/// A time window with both ends included, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Which ends were clipped, because they were later than now or before a limit.
    #[serde(skip)]
    clipped: Clipped,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Clipped {
    from: Option<Limit>,
    to: bool,
}

/// The limits of a window's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// For how long the archive keeps events; none if for ever.
    pub(super) retention_days: Option<u32>,
    /// Since when notifications have their current keys; none if unknown.
    pub(super) keys_since: Option<Timestamp>,
}

/// The limit that clips a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Archive,
    Keys,
}

impl Limit {
    const fn reason(self) -> &'static str {
        match self {
            Self::Archive => "the archive has no events from before",
            Self::Keys => "notifications had other keys, and customers might get them again, before",
        }
    }
}

impl Limits {
    /// The earliest time that can be replayed, and the limit that determines it.
    fn earliest(self, now: Timestamp) -> Option<(Timestamp, Limit)> {
        let kept = self.retention_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        let archive = kept.and_then(|kept| now.checked_sub(kept).ok()).map(|at| (at, Limit::Archive));
        archive.into_iter().chain(self.keys_since.map(|at| (at, Limit::Keys))).max_by_key(|(at, _)| *at)
    }
}

impl Moment {
    /// Parses an RFC 3339 time, `now`, or a duration before now.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "now" {
            return Ok(Self::Ago(Duration::ZERO));
        }
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        humantime::parse_duration(text)
            .map(Self::Ago)
            .map_err(|_| "expected a time such as 2026-11-20T09:00:00Z or an age such as 2h".to_owned())
    }

    fn at(self, now: Timestamp) -> Result<Timestamp, String> {
        match self {
            Self::At(time) => Ok(time),
            Self::Ago(ago) => SignedDuration::try_from(ago)
                .ok()
                .and_then(|ago| now.checked_sub(ago).ok())
                .ok_or_else(|| "the time is too early".to_owned()),
        }
    }
}

impl Window {
    /// The window between two moments, within these limits.
    pub(super) fn new(from: Moment, to: Moment, now: Timestamp, limits: Limits) -> Result<Self, String> {
        let (from, to) = (from.at(now)?, to.at(now)?);
        if from >= now {
            return Err(format!("the window begins in the future, at {}", time(from)));
        }
        if from >= to {
            return Err(format!("the window ends at {}, before it begins, at {}", time(to), time(from)));
        }
        let mut clipped = Clipped::default();
        let (mut first, mut last) = (from, to);
        if to > now {
            (last, clipped.to) = (now, true);
        }
        if let Some((oldest, limit)) = limits.earliest(now) {
            if last < oldest {
                return Err(format!(
                    "the window ends at {}; {} {}",
                    time(last),
                    limit.reason(),
                    time(oldest)
                ));
            }
            if first < oldest {
                (first, clipped.from) = (oldest, Some(limit));
            }
        }
        // EventBridge takes whole seconds, and the end must be later than the beginning.
        let second = |at: Timestamp, mode| {
            at.round(TimestampRound::new().smallest(Unit::Second).mode(mode)).unwrap_or(at)
        };
        let (first, last) = (second(first, RoundMode::Floor), second(last, RoundMode::Ceil));
        Ok(Self { from: first, to: last, clipped })
    }

    /// Remarks about the window.
    pub(super) fn remarks(&self, now: Timestamp, archived_within: Duration) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(limit) = self.clipped.from {
            remarks.push(format!("The window begins at {}: {} that.", time(self.from), limit.reason()));
        }
        if self.clipped.to {
            remarks.push("The window ends now.".to_owned());
        }
        let is_fresh = SignedDuration::try_from(archived_within)
            .is_ok_and(|within| now.duration_since(self.to) < within);
        if is_fresh {
            let minutes = labels::duration(archived_within);
            remarks.push(format!(
                "EventBridge takes minutes to archive an event: events of the last {minutes} may be missing."
            ));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn window(from: &str, to: &str, days: Option<u32>) -> Result<(String, String), String> {
        let limits = Limits { retention_days: days, ..Limits::default() };
        let window = Window::new(Moment::parse(from)?, Moment::parse(to)?, now(), limits)?;
        Ok((window.from.to_string(), window.to.to_string()))
    }

    #[test]
    fn a_moment_is_a_time_or_an_age() {
        let (from, to) = window("2h", "2026-11-20T11:30:00Z", None).unwrap();
        assert_eq!((from.as_str(), to.as_str()), ("2026-11-20T10:00:00Z", "2026-11-20T11:30:00Z"));
        let (from, to) = window("2026-11-20T10:00:00.9Z", "2026-11-20T10:00:01.1Z", None).unwrap();
        assert_eq!((from.as_str(), to.as_str()), ("2026-11-20T10:00:00Z", "2026-11-20T10:00:02Z"));
        assert!(Moment::parse("yesterday").unwrap_err().contains("2h"));
        assert_eq!(Moment::parse("now"), Ok(Moment::Ago(Duration::ZERO)));
    }

    #[test]
    fn a_window_lies_in_the_past_and_has_a_length() {
        for (from, to, problem) in [
            ("2026-11-20T12:00:01Z", "2026-11-21T00:00:00Z", "begins in the future"),
            ("1h", "2h", "before it begins"),
            ("2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z", "before it begins"),
            ("20d", "10d", "has no events from before"),
        ] {
            assert!(window(from, to, Some(7)).unwrap_err().contains(problem), "{from} {to}");
        }
    }

    #[test]
    fn a_window_before_the_last_change_of_the_key_secret_is_refused() {
        let window = |from, to, days, keys_since: &str| {
            let limits = Limits { retention_days: days, keys_since: Some(keys_since.parse().unwrap()) };
            Window::new(Moment::parse(from).unwrap(), Moment::parse(to).unwrap(), now(), limits)
        };
        let since = "2026-11-18T00:00:00Z";
        let refused = window("5d", "4d", Some(30), since).unwrap_err();
        assert!(
            refused.contains("had other keys") && refused.contains("before 2026-11-18 00:00:00"),
            "{refused}"
        );
        let clipped = window("5d", "1h", Some(30), since).unwrap();
        assert_eq!(clipped.from.to_string(), since);
        assert!(clipped.remarks(now(), Duration::from_mins(10))[0].contains("had other keys"));
        // Here the archive's limit is the later one. A window after both limits isn't cut off.
        let clipped = window("5d", "1h", Some(1), since).unwrap();
        assert!(clipped.remarks(now(), Duration::from_mins(10))[0].contains("the archive has no events"));
        assert_eq!(
            window("1d", "1h", Some(30), since).unwrap().remarks(now(), Duration::from_mins(10)),
            [""; 0]
        );
    }

    #[test]
    fn a_clipped_window_has_remarks() {
        let window = |from, to, days| {
            let limits = Limits { retention_days: days, ..Limits::default() };
            Window::new(Moment::parse(from).unwrap(), Moment::parse(to).unwrap(), now(), limits).unwrap()
        };
        let clipped = window("20d", "2026-11-30T00:00:00Z", Some(7));
        assert_eq!((clipped.from.to_string(), clipped.to), ("2026-11-13T12:00:00Z".to_owned(), now()));
        assert_eq!(clipped.remarks(now(), Duration::from_mins(10)).len(), 3);
        assert_eq!(window("3h", "1h", Some(7)).remarks(now(), Duration::from_mins(10)), [""; 0]);
        assert_eq!(window("3h", "5m", None).remarks(now(), Duration::from_mins(10)).len(), 1);
    }
}
