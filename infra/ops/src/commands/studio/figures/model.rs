//! The figures of a span of time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// What became of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Stage {
    pub(super) const ALL: [Self; 5] = [Self::Accepted, Self::Sent, Self::Delivered, Self::Read, Self::Failed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }

    #[cfg(feature = "stack")]
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// The class of its colour.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Accepted => "stage-accepted",
            Self::Sent => "stage-sent",
            Self::Delivered => "stage-delivered",
            Self::Read => "stage-read",
            Self::Failed => "stage-failed",
        }
    }

    /// The shape of its points, so that no reader depends on colours.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Accepted => "●",
            Self::Sent => "▲",
            Self::Delivered => "■",
            Self::Read => "○",
            Self::Failed => "✕",
        }
    }
}

/// A number for each stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    accepted: u64,
    sent: u64,
    delivered: u64,
    read: u64,
    failed: u64,
}

impl Counts {
    pub(super) const fn get(self, stage: Stage) -> u64 {
        match stage {
            Stage::Accepted => self.accepted,
            Stage::Sent => self.sent,
            Stage::Delivered => self.delivered,
            Stage::Read => self.read,
            Stage::Failed => self.failed,
        }
    }

    pub(super) const fn add(&mut self, stage: Stage, count: u64) {
        let own = match stage {
            Stage::Accepted => &mut self.accepted,
            Stage::Sent => &mut self.sent,
            Stage::Delivered => &mut self.delivered,
            Stage::Read => &mut self.read,
            Stage::Failed => &mut self.failed,
        };
        *own += count;
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The largest number.
    pub(super) fn largest(self) -> u64 {
        Stage::ALL.into_iter().map(|stage| self.get(stage)).max().unwrap_or_default()
    }
}

/// The span of time until now, in equal parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    Hour,
    Day,
    Fortnight,
}

impl Window {
    pub(super) const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Fortnight];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Fortnight => "fortnight",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Fortnight => "Last 14 days",
        }
    }

    /// The length of a part in seconds: a whole number of minutes, as CloudWatch's periods are.
    pub(super) const fn period(self) -> i64 {
        match self {
            Self::Hour => 300,
            Self::Day => 3600,
            Self::Fortnight => 86_400,
        }
    }

    const fn parts(self) -> i64 {
        match self {
            Self::Hour => 12,
            Self::Day => 24,
            Self::Fortnight => 14,
        }
    }
}

/// The figures by one property of the messages.
#[derive(Debug)]
pub(super) struct Group {
    /// Such as `provider`.
    pub(super) by: &'static str,
    pub(super) rows: BTreeMap<String, Counts>,
    /// A last row, for the messages without a name.
    pub(super) rest: Option<(&'static str, Counts)>,
    pub(super) note: Option<&'static str>,
}

impl Group {
    pub(super) const fn by(by: &'static str, note: Option<&'static str>) -> Self {
        Self { by, rows: BTreeMap::new(), rest: None, note }
    }

    pub(super) fn add(&mut self, name: &str, stage: Stage, count: u64) {
        if count > 0 {
            self.rows.entry(name.to_owned()).or_default().add(stage, count);
        }
    }

    /// The same for the name of a stage; ignores a name that is none.
    #[cfg(feature = "stack")]
    pub(super) fn add_named(&mut self, name: &str, stage: &str, count: u64) {
        if let Some(stage) = Stage::named(stage) {
            self.add(name, stage, count);
        }
    }

    /// Adds a last row for what the other rows lack to the total, if they lack anything.
    #[cfg(feature = "stack")]
    pub(super) fn add_rest(&mut self, name: &'static str, total: Counts) {
        let mut rest = Counts::default();
        for stage in Stage::ALL {
            let named: u64 = self.rows.values().map(|counts| counts.get(stage)).sum();
            rest.add(stage, total.get(stage).saturating_sub(named));
        }
        self.rest = Some((name, rest)).filter(|_| !rest.is_empty());
    }
}

/// Everything that the page shows.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) window: Window,
    /// The beginning of the first part.
    pub(super) from: Timestamp,
    pub(super) buckets: Vec<Counts>,
    pub(super) groups: Vec<Group>,
    pub(super) reasons: BTreeMap<String, u64>,
    /// What the figures are made from, and what they can't show.
    pub(super) notes: Vec<String>,
}

impl Figures {
    /// No figures yet, for the parts that end with the one around `now`.
    pub(super) fn until(now: Timestamp, window: Window, notes: &[&str]) -> Self {
        let notes = notes.iter().map(|note| (*note).to_owned()).collect();
        let end = now.as_second().div_euclid(window.period()) + 1;
        let from = Timestamp::from_second((end - window.parts()) * window.period()).unwrap_or_default();
        let buckets = (0..window.parts()).map(|_| Counts::default()).collect();
        Self { window, from, buckets, groups: Vec::new(), reasons: BTreeMap::new(), notes }
    }

    /// Whether the time is within the window.
    pub(super) fn covers(&self, at: Timestamp) -> bool {
        self.place(at).is_some_and(|place| place < self.buckets.len())
    }

    pub(super) fn add(&mut self, stage: Stage, at: Timestamp, count: u64) {
        if let Some(place) = self.place(at)
            && let Some(bucket) = self.buckets.get_mut(place)
        {
            bucket.add(stage, count);
        }
    }

    fn place(&self, at: Timestamp) -> Option<usize> {
        usize::try_from((at.as_second() - self.from.as_second()).div_euclid(self.window.period())).ok()
    }

    pub(super) fn begin_of(&self, place: usize) -> Timestamp {
        let seconds = i64::try_from(place).unwrap_or_default() * self.window.period();
        self.from + SignedDuration::from_secs(seconds)
    }

    /// The parts in which anything happened, with their beginnings.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Timestamp, Counts)> {
        let counted = self.buckets.iter().enumerate().filter(|(_, counts)| !counts.is_empty());
        counted.map(|(place, counts)| (self.begin_of(place), *counts))
    }

    pub(super) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for bucket in &self.buckets {
            for stage in Stage::ALL {
                total.add(stage, bucket.get(stage));
            }
        }
        total
    }

    pub(super) fn sorted_reasons(&self) -> Vec<(&str, u64)> {
        let mut reasons: Vec<_> =
            self.reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_the_current_one() {
        let now: Timestamp = "2026-11-20T09:42:10Z".parse().unwrap();
        let mut figures = Figures::until(now, Window::Hour, &[]);
        assert_eq!(figures.from.to_string(), "2026-11-20T08:45:00Z");
        figures.add(Stage::Read, now, 2);
        figures.add(Stage::Read, "2026-11-20T08:44:59Z".parse().unwrap(), 1);
        figures.add(Stage::Read, "2026-11-20T08:45:00Z".parse().unwrap(), 1);
        assert_eq!(figures.buckets.last().unwrap().get(Stage::Read), 2);
        assert_eq!(figures.buckets.first().unwrap().get(Stage::Read), 1);
        assert_eq!(figures.total().get(Stage::Read), 3);
        assert_eq!(figures.begin_of(11).to_string(), "2026-11-20T09:40:00Z");
    }
}
