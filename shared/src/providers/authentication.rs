//! Authenticates calls to the webhooks.
//!
//! Every check accepts all active secrets, the current and the previous one, so that a rotation loses no
//! callback. A missing or empty secret authenticates no call. Comparisons take constant time (the length of a
//! secret is not protected).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};

/// Why a call was refused. It reveals neither the caller's secret nor ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refused {
    /// There is no secret for this provider, or only empty ones.
    #[error("no secret is configured for this provider")]
    NotConfigured,
    /// The call has no authentication.
    #[error("the call has no authentication")]
    Missing,
    /// The call's authentication has the wrong form.
    #[error("the call's authentication has the wrong form")]
    Malformed,
    /// The call's authentication matches none of the active secrets.
    #[error("the call's authentication is wrong")]
    Wrong,
}

/// The secrets that are not empty; fails if there are none.
pub(super) fn active<'a>(
    secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<Vec<&'a SecretString>, Refused> {
    let active: Vec<_> = secrets.filter(|secret| !secret.expose_secret().is_empty()).collect();
    if active.is_empty() { Err(Refused::NotConfigured) } else { Ok(active) }
}

/// Compares in constant time.
pub(super) fn same(given: &[u8], secret: &SecretString) -> bool {
    verify_slices_are_equal(given, secret.expose_secret().as_bytes()).is_ok()
}

/// Accepts a value that equals one of the secrets.
pub(super) fn one_of<'a>(
    given: Option<&[u8]>,
    secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<(), Refused> {
    let active = active(secrets)?;
    let given = given.filter(|given| !given.is_empty()).ok_or(Refused::Missing)?;
    // Compares every secret, so that the time does not reveal which one matched.
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
    fn only_the_current_and_the_previous_secret_are_accepted() {
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
    fn without_a_secret_every_call_is_refused() {
        for secrets in [&[][..], &[""], &["", ""]] {
            for given in [None, Some(""), Some("x")] {
                assert_eq!(check(given, secrets), Err(Refused::NotConfigured));
            }
        }
        assert_eq!(check(Some("x"), &["", "x"]), Ok(()));
    }
}
