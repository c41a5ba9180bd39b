//! Which templates and senders have metrics of their own. CloudWatch bills each name as several metrics, so their number
//! is limited, and only order-notifier, which knows the catalogue and the credentials, chooses the names. The functions
//! that store delivery facts find the chosen names in the table.

use std::str::FromStr;

/// The names of a message's template and of its sender in the metrics; `None` for one that has no metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricNames {
    /// `None` also before the first attempt, which chooses the template.
    pub template: Option<String>,
    /// `None` also for the default sender.
    pub sender: Option<String>,
}

impl MetricNames {
    /// Whether neither is known.
    pub const fn is_empty(&self) -> bool {
        self.template.is_none() && self.sender.is_none()
    }
}

/// `METRICS_NAMES`: how many templates, and how many senders, have metrics of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameLimit(usize);

/// The text is not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no number from 0 to {}", NameLimit::MAX)]
pub struct InvalidNameLimit;

impl NameLimit {
    /// The largest limit. With it, the Studio's figures are at most 378 metrics, and CloudWatch answers 500 in one request:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>. The others are for names
    /// that the catalogue had in the two weeks before.
    pub const MAX: usize = 20;
    /// The name of all that have no metrics of their own.
    pub const OTHER: &str = "other";

    /// The name in the metrics: the first of the known names have metrics of their own, and all others
    /// are one. `None` if there are no metrics by name. `known` is sorted.
    pub fn choose<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut first = known.into_iter().filter(|known| is_dimension(known)).take(self.0);
        let chosen = if first.any(|known| known == name) { name } else { Self::OTHER };
        (self.0 > 0).then(|| chosen.to_owned())
    }

    /// The number of different names that [`choose`](Self::choose) can return.
    pub const fn names(self) -> usize {
        if self.0 == 0 { 0 } else { self.0 + 1 }
    }
}

impl Default for NameLimit {
    fn default() -> Self {
        Self(10)
    }
}

impl FromStr for NameLimit {
    type Err = InvalidNameLimit;

    fn from_str(text: &str) -> Result<Self, InvalidNameLimit> {
        let limit = text.trim().parse().ok().filter(|limit| *limit <= Self::MAX);
        limit.map(Self).ok_or(InvalidNameLimit)
    }
}

/// Whether CloudWatch takes the name as a dimension's value. Source:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>.
fn is_dimension(name: &str) -> bool {
    name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && !name.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(limit: &str, name: &str) -> Option<String> {
        let limit: NameLimit = limit.parse().unwrap();
        limit.choose(name, ["bestellung_öffnen", "order_cancelled", "order_ready", "order_return"])
    }

    #[test]
    fn the_first_names_by_the_alphabet_have_metrics_and_the_rest_is_other() {
        for (limit, name, expected) in [
            ("3", "order_return", Some("order_return")),
            ("2", "order_ready", Some("order_ready")),
            ("2", "order_return", Some("other")),
            ("20", "of_no_catalogue", Some("other")),
            ("20", "bestellung_öffnen", Some("other")),
            ("0", "order_cancelled", None),
        ] {
            assert_eq!(chosen(limit, name).as_deref(), expected, "{limit} {name}");
        }
    }

    #[test]
    fn a_limit_is_a_small_number() {
        assert_eq!("10".parse(), Ok(NameLimit::default()));
        assert_eq!(["0", "20"].map(|limit| limit.parse::<NameLimit>().unwrap().names()), [0, 21]);
        for wrong in ["", "-1", "100", "ten", "1.5"] {
            assert_eq!(wrong.parse::<NameLimit>(), Err(InvalidNameLimit), "{wrong:?}");
        }
    }
}
