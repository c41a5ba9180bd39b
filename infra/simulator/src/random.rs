//! Random text for credentials and ids, from the crypto library's own generator.

/// Draws `N` bytes.
#[expect(
    clippy::expect_used,
    reason = "without randomness every id would be the same, and no two messages could be distinguished"
)]
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut drawn = [0; N];
    aws_lc_rs::rand::fill(&mut drawn).expect("the kernel's random generator");
    drawn
}

/// `2 * N` lower-case hexadecimal digits.
pub(super) fn hexadecimal<const N: usize>() -> String {
    hex::encode(bytes::<N>())
}

/// `N` decimal digits, the first of which is never zero.
pub(super) fn decimal<const N: usize>() -> String {
    bytes::<N>()
        .iter()
        .enumerate()
        .map(|(place, byte)| match place {
            0 => char::from(b'1' + byte % 9),
            _ => char::from(b'0' + byte % 10),
        })
        .collect()
}
