//! The operator's policy for sends that have not succeeded yet.

use std::str::FromStr;
use std::time::Duration;

use super::RetryWaits;
use crate::provider::Provider;

/// The default time for a callback to confirm an unknown send. Providers report `sent` within seconds;
/// fifteen minutes also cover the first retries of a callback.
const CONFIRMATION_WINDOW: Duration = Duration::from_mins(15);

/// What to do with an unknown send when its confirmation window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownOutcome {
    /// Leave it to the operator: never sent twice, perhaps not at all.
    Hold,
    /// Send again: sent at least once, perhaps twice.
    Resend,
}

/// The operator's settings for sends that are unknown or have to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long an unknown send waits for a callback with our reference; 15 minutes by default.
    pub confirmation_window: Duration,
    /// How long a message waits before its providers are asked again.
    pub retry_waits: RetryWaits,
    unknown_outcome: [(Provider, UnknownOutcome); Provider::ALL.len()],
}

/// The part of the text that is not a valid policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part:?} is neither hold nor resend, nor <provider>=hold or <provider>=resend ({known})",
    known = Provider::ALL.map(Provider::name).join(", ")
)]
pub struct InvalidPolicy {
    part: String,
}

impl Default for Policy {
    /// `Resend` for providers that return our reference in callbacks, because a callback would have confirmed
    /// the send; otherwise `Hold`. Also for AWS's channels: its events come by best effort, those about e-mails only with a
    /// configuration set, and the documents don't show our reference in every form.
    fn default() -> Self {
        let choice = |provider: Provider| {
            if provider.echoes_reference() && !provider.is_aws() {
                UnknownOutcome::Resend
            } else {
                UnknownOutcome::Hold
            }
        };
        Self {
            confirmation_window: CONFIRMATION_WINDOW,
            retry_waits: RetryWaits::default(),
            unknown_outcome: Provider::ALL.map(|provider| (provider, choice(provider))),
        }
    }
}

impl Policy {
    /// The choice for this provider's unknown sends.
    pub fn unknown_outcome(&self, provider: Provider) -> UnknownOutcome {
        self.unknown_outcome
            .iter()
            .find_map(|(known, choice)| (*known == provider).then_some(*choice))
            .unwrap_or(UnknownOutcome::Hold)
    }
}

impl FromStr for Policy {
    type Err = InvalidPolicy;

    /// Parses `hold`, `resend`, or a list such as `onemsg=hold,meta=resend`. Providers that are not listed
    /// keep their default.
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
            for (known, chosen) in &mut policy.unknown_outcome {
                if provider.is_none_or(|provider: Provider| provider == *known) {
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
    fn a_policy_is_parsed_per_provider() {
        let choices = |text: &str| {
            let policy: Policy = text.parse().unwrap();
            Provider::WITH_WEBHOOK.map(|provider| policy.unknown_outcome(provider) == UnknownOutcome::Resend)
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
