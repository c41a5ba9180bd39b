//! Who may call the webhooks.
//!
//! Every check takes all active secrets, the current one and the one before it, so that a rotation loses no callback.
//! A secret that is missing or empty lets nobody in. Comparisons take the same time wherever the difference is (the
//! length of a secret is not kept secret).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};

/// Why a call is not let in. It tells nothing of what the caller or we have as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refused {
    /// We have no secret for this provider, or only empty ones.
    #[error("no secret is configured for this provider")]
    NotConfigured,
    /// The call brings no authentication.
    #[error("the call brings no authentication")]
    Missing,
    /// What it brings has another form than it must have.
    #[error("the call's authentication has the wrong form")]
    Malformed,
    /// What it brings matches none of the active secrets.
    #[error("the call's authentication is wrong")]
    Wrong,
}

/// The secrets that can let anyone in.
pub(super) fn active<'a>(
    secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<Vec<&'a SecretString>, Refused> {
    let active: Vec<_> = secrets.filter(|secret| !secret.expose_secret().is_empty()).collect();
    if active.is_empty() { Err(Refused::NotConfigured) } else { Ok(active) }
}

/// Whether this is the secret.
pub(super) fn same(given: &[u8], secret: &SecretString) -> bool {
    verify_slices_are_equal(given, secret.expose_secret().as_bytes()).is_ok()
}

/// Lets in what equals one of the secrets.
pub(super) fn one_of<'a>(
    given: Option<&[u8]>,
    secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<(), Refused> {
    let active = active(secrets)?;
    let given = given.filter(|given| !given.is_empty()).ok_or(Refused::Missing)?;
    // Every secret is compared, so that the time doesn't tell which of them it was.
    let matches = active.iter().filter(|secret| same(given, secret)).count();
    if matches > 0 { Ok(()) } else { Err(Refused::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Option<&str>, secrets: &[&str]) -> Result<(), Refused> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        one_of(given.map(str::as_bytes), secrets.iter())
    }

    #[test]
    fn the_current_and_the_previous_secret_let_in_and_nothing_else_does() {
        let both = ["current", "previous"];
        assert_eq!(check(Some("current"), &both), Ok(()));
        assert_eq!(check(Some("previous"), &both), Ok(()));
        for wrong in ["curren", "currentt", "Current", "currentprevious"] {
            assert_eq!(check(Some(wrong), &both), Err(Refused::Wrong), "{wrong}");
        }
        assert_eq!(check(Some(""), &both), Err(Refused::Missing));
        assert_eq!(check(None, &both), Err(Refused::Missing));
    }

    #[test]
    fn without_a_secret_nobody_gets_in() {
        for secrets in [&[][..], &[""], &["", ""]] {
            for given in [None, Some(""), Some("x")] {
                assert_eq!(check(given, secrets), Err(Refused::NotConfigured));
            }
        }
        assert_eq!(check(Some("x"), &["", "x"]), Ok(()));
    }
}
