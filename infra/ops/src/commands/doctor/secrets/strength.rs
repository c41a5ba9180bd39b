//! Estimates how hard a secret is to guess.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Empty, or a placeholder of a guide.
    Placeholder,
    /// A search through all similar values is feasible.
    Guessable,
    /// A search is not feasible today, with a small margin.
    Weak,
    /// At least as strong as `openssl rand -hex 16`.
    Strong,
}

/// A weaker secret can be found by exhaustive search: 64 bits have been searched in public
/// (<https://www.distributed.net/RC5>), though not over a network.
const GUESSABLE_BITS: f64 = 64.0;
/// 32 random hexadecimal digits have 128 bits; a sample rarely contains all sixteen digits, so that the estimate is
/// lower.
const STRONG_BITS: f64 = 96.0;
/// Placeholders of guides and examples.
const PLACEHOLDERS: [&str; 8] = ["<", ">", "…", "...", "changeme", "change-me", "your_", "placeholder"];

/// The strength of a secret: its length times the information of one character, assumed to be drawn from the characters
/// that occur. A secret that a person chose has less information; a random one about as much.
pub(super) fn strength(secret: &str) -> Strength {
    let lower = secret.to_lowercase();
    if secret.trim().is_empty() || PLACEHOLDERS.iter().any(|placeholder| lower.contains(placeholder)) {
        return Strength::Placeholder;
    }
    let mut distinct: Vec<char> = secret.chars().collect();
    let length = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    let small = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    match small(length) * small(distinct.len()).log2() {
        bits if bits < GUESSABLE_BITS => Strength::Guessable,
        bits if bits < STRONG_BITS => Strength::Weak,
        _ => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_are_strong_and_chosen_ones_are_not() {
        for (secret, expected) in [
            ("", Strength::Placeholder),
            ("  ", Strength::Placeholder),
            ("<app secret>", Strength::Placeholder),
            ("CHANGEME-0123456789abcdef", Strength::Placeholder),
            ("hunter2", Strength::Guessable),
            ("supersecret12345", Strength::Guessable),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Strength::Guessable),
            ("9f2c61d07be4835a9f2c61", Strength::Weak),
            ("9f2c61d07be4835a0c44e1b78d3f6a92", Strength::Strong),
            ("Zk3_vQ9x-T7mWp2LhY8s", Strength::Weak),
        ] {
            assert_eq!(strength(secret), expected, "{secret:?}");
        }
    }
}
