//! What the operator has chosen about sends whose outcome stays unknown.

use std::str::FromStr;
use std::time::Duration;

use crate::provider::Provider;

/// How long a callback may take to tell that an unknown send was accepted after all. Providers report `sent` within
/// seconds; a quarter of an hour covers their first retries of a callback.
const CONFIRMATION_WINDOW: Duration = Duration::from_mins(15);

/// What to do when the confirmation window is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownOutcome {
    /// Leave it to a person: never twice, perhaps not at all.
    Hold,
    /// Send again: at least once, perhaps twice.
    Resend,
}

/// The operator's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long an unknown send waits for a callback that echoes our reference.
    pub confirmation_window: Duration,
    unknown_outcome: [(Provider, UnknownOutcome); 3],
}

/// The text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part:?} is neither hold nor resend, nor <provider>=hold or <provider>=resend (onemsg, kaleyra, meta)"
)]
pub struct InvalidPolicy {
    part: String,
}

impl Default for Policy {
    /// Resend where a callback would have told (the echo), hold where none can.
    fn default() -> Self {
        let choice = |provider: Provider| {
            if provider.echoes_reference() { UnknownOutcome::Resend } else { UnknownOutcome::Hold }
        };
        Self {
            confirmation_window: CONFIRMATION_WINDOW,
            unknown_outcome: Provider::ALL.map(|provider| (provider, choice(provider))),
        }
    }
}

impl Policy {
    /// What to do about this provider's unknown sends.
    pub fn unknown_outcome(&self, provider: Provider) -> UnknownOutcome {
        self.unknown_outcome
            .iter()
            .find_map(|(of, choice)| (*of == provider).then_some(*choice))
            .unwrap_or(UnknownOutcome::Hold)
    }
}

impl FromStr for Policy {
    type Err = InvalidPolicy;

    /// Reads `hold`, `resend`, or a list such as `onemsg=hold,meta=resend`; who isn't named keeps the default.
    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let mut policy = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let invalid = || InvalidPolicy { part: part.to_owned() };
            let (provider, choice) = match part.split_once('=') {
                Some((provider, choice)) => {
                    (Some(provider.trim().parse().map_err(|_| invalid())?), choice.trim())
                }
                None => (None, part),
            };
            let choice = match choice {
                "hold" => UnknownOutcome::Hold,
                "resend" => UnknownOutcome::Resend,
                _ => return Err(invalid()),
            };
            for (of, chosen) in &mut policy.unknown_outcome {
                if provider.is_none_or(|provider: Provider| provider == *of) {
                    *chosen = choice;
                }
            }
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_per_provider() {
        let choices = |text: &str| {
            let policy: Policy = text.parse().unwrap();
            Provider::ALL.map(|provider| policy.unknown_outcome(provider) == UnknownOutcome::Resend)
        };
        assert_eq!(choices(""), [false, true, true]);
        assert_eq!(choices("hold"), [false, false, false]);
        assert_eq!(choices("resend"), [true, true, true]);
        assert_eq!(choices("meta = hold, onemsg=resend"), [true, true, false]);
        for bad in ["maybe", "sms=hold", "meta=", "meta=hold;kaleyra=hold"] {
            assert!(bad.parse::<Policy>().is_err(), "{bad}");
        }
    }
}
