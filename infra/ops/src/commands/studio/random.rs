//! Secrets that can't be guessed.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::failure::Failure;

/// 256 bits, as the session ids that OWASP recommends have at least 64.
const TOKEN_BYTES: usize = 32;

/// A new one, of letters and digits.
pub(super) fn token() -> Result<String, Failure> {
    let mut bytes = [0; TOKEN_BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Failure::unavailable("the system has no random numbers"))?;
    Ok(hex::encode(bytes))
}
