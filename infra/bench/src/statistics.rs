//! Medians and percentiles. A mean is not meaningful on a machine with other load.

use std::time::Duration;

use serde::Serialize;

/// The distribution of a series of readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The number of readings.
    pub n: usize,
    pub p10: f64,
    pub median: f64,
    pub p90: f64,
    pub p99: f64,
}

impl Spread {
    /// Computes the spread of these readings.
    pub fn new(readings: impl IntoIterator<Item = f64>) -> Self {
        let mut readings: Vec<f64> = readings.into_iter().collect();
        readings.sort_by(f64::total_cmp);
        Self {
            n: readings.len(),
            p10: quantile(&readings, 10),
            median: quantile(&readings, 50),
            p90: quantile(&readings, 90),
            p99: quantile(&readings, 99),
        }
    }

    /// Computes the spread of these durations, in milliseconds.
    pub fn from_durations<'a>(times: impl IntoIterator<Item = &'a Duration>) -> Self {
        Self::new(times.into_iter().copied().map(milliseconds))
    }
}

/// Converts a duration to milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The nearest-rank percentile.
fn quantile(sorted: &[f64], hundredths: usize) -> f64 {
    let rank = (sorted.len() * hundredths).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentiles_are_readings() {
        let spread = Spread::new((1..=100).rev().map(f64::from));
        assert_eq!(
            (spread.n, spread.p10, spread.median, spread.p90, spread.p99),
            (100, 10.0, 50.0, 90.0, 99.0)
        );
        let three = Spread::new([3.0, 1.0, 2.0]);
        assert_eq!((three.p10, three.median, three.p90), (1.0, 2.0, 3.0));
        assert_eq!(Spread::new([]), Spread::default());
    }
}
