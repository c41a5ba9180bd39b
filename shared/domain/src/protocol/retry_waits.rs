//! How long a message waits before its providers are asked again.

use std::str::FromStr;
use std::time::Duration;

use super::ReasonClass;

/// The default of `unsent`: a short outage costs a minute.
const UNSENT_FIRST: Duration = Duration::from_secs(30);
/// The default of `unsent`: a long outage is no tight loop.
const UNSENT_LONGEST: Duration = Duration::from_mins(15);
/// The default of `refused`: a person needs at least minutes to mend a token or a template.
const REFUSED_FIRST: Duration = Duration::from_mins(1);
/// The default of `refused`: what is mended reaches the customers within an hour.
const REFUSED_LONGEST: Duration = Duration::from_hours(1);
/// The shortest wait that can be set: the queue counts in seconds, and without a wait a message would go round in it.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest wait that can be set: as long as the longest `Retry-After` that is respected.
const LONGEST: Duration = Duration::from_hours(24);

/// Waits that begin at `first`, double each time, and are at most `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubling {
    first: Duration,
    longest: Duration,
}

impl Doubling {
    /// The shortest of these waits.
    pub const fn first(self) -> Duration {
        self.first
    }

    /// Wait number `number`, counted from 1.
    pub fn wait(self, number: u32) -> Duration {
        self.first.saturating_mul(2u32.saturating_pow(number.saturating_sub(1))).min(self.longest)
    }
}

/// The operator's setting of these waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryWaits {
    /// After a throttle or an outage, which pass by themselves.
    pub unsent: Doubling,
    /// After all providers have refused for something that a person mends.
    pub refused: Doubling,
}

impl Default for RetryWaits {
    fn default() -> Self {
        Self {
            unsent: Doubling { first: UNSENT_FIRST, longest: UNSENT_LONGEST },
            refused: Doubling { first: REFUSED_FIRST, longest: REFUSED_LONGEST },
        }
    }
}

impl RetryWaits {
    /// The wait after attempt number `attempt` was definitely not sent for such a reason. A balance and a quota change by a person's
    /// hand or the next day: they get the longest wait for something to be mended at once.
    pub fn after_unsent(self, class: ReasonClass, attempt: u32) -> Duration {
        if class == ReasonClass::Account { self.refused.longest } else { self.unsent.wait(attempt) }
    }
}

/// The part of the text that is not a valid setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part:?} is neither unsent=<first>-<longest> nor refused=<first>-<longest>, with two durations from 1s to 24h such as 30s-15m"
)]
pub struct InvalidRetryWaits {
    part: String,
}

impl FromStr for RetryWaits {
    type Err = InvalidRetryWaits;

    /// Parses a list such as `unsent=30s-15m,refused=1m-1h`. What is not listed keeps its default.
    fn from_str(text: &str) -> Result<Self, InvalidRetryWaits> {
        let mut waits = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let invalid = || InvalidRetryWaits { part: part.to_owned() };
            let (kind, doubling) = part.split_once('=').ok_or_else(invalid)?;
            let doubling = doubling.parse().map_err(|()| invalid())?;
            match kind.trim() {
                "unsent" => waits.unsent = doubling,
                "refused" => waits.refused = doubling,
                _ => return Err(invalid()),
            }
        }
        Ok(waits)
    }
}

impl FromStr for Doubling {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, longest) = text.split_once('-').ok_or(())?;
        let duration = |text: &str| humantime::parse_duration(text.trim()).map_err(|_| ());
        let (first, longest) = (duration(first)?, duration(longest)?);
        if first < SHORTEST || longest < first || longest > LONGEST {
            return Err(());
        }
        Ok(Self { first, longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_keeps_its_default() {
        let waits = |text: &str| text.parse::<RetryWaits>().unwrap();
        assert_eq!(waits(""), RetryWaits::default());
        assert_eq!(waits("unsent=30s-15m,refused=1m-1h"), RetryWaits::default());
        let slower = waits(" refused = 5m - 2h ");
        assert_eq!(
            (slower.refused.wait(1), slower.refused.wait(9)),
            (Duration::from_mins(5), Duration::from_hours(2))
        );
        assert_eq!(slower.unsent, RetryWaits::default().unsent);
    }

    #[test]
    fn waits_that_would_be_a_loop_or_never_end_are_refused() {
        for bad in [
            "30s-15m",
            "unsent=30s",
            "unsent=0s-15m",
            "unsent=15m-30s",
            "refused=1m-25h",
            "sent=1s-2s",
            "unsent=x-1m",
        ] {
            let fault = bad.parse::<RetryWaits>().unwrap_err().to_string();
            assert!(fault.starts_with(&format!("{bad:?} is neither unsent=")), "{fault}");
        }
    }
}
