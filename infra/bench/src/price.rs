//! Lambda's price for duration.

/// US dollars per gigabyte-second on x86-64, for the first six billion of a month:
/// <https://aws.amazon.com/lambda/pricing/> (us-east-1). On Arm it is a fifth less.
const PER_GIGABYTE_SECOND: f64 = 0.000_016_666_7;
/// Megabytes in a gigabyte, as the price counts memory.
const MEGABYTES: f64 = 1024.0;

/// The price of a million invocations of this duration in US dollars, without the 0.20 dollars for their requests.
/// Lambda rounds each duration up to whole milliseconds.
pub fn dollars_per_million(milliseconds: f64, memory_mb: u32) -> f64 {
    milliseconds.ceil() * 1e3 * f64::from(memory_mb) / MEGABYTES * PER_GIGABYTE_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_invocations_of_100_ms_at_1_gb_have_the_documented_price() {
        assert!((dollars_per_million(100.0, 1024) - 1.666_67).abs() < 1e-9);
        assert!((dollars_per_million(99.2, 256) - 1.666_67 / 4.0).abs() < 1e-9);
    }
}
