//! A provider's name on the command line.

use clap::ValueEnum;
use shared::provider::Provider;

/// The value of `--provider` and similar arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// Also accepted in the provider's own spelling, `1msg`.
    #[value(alias = "1msg", help = None)]
    Onemsg,
    #[value(help = None)]
    Kaleyra,
    #[value(help = None)]
    Meta,
}

impl From<ProviderName> for Provider {
    fn from(name: ProviderName) -> Self {
        match name {
            ProviderName::Onemsg => Self::OneMsg,
            ProviderName::Kaleyra => Self::Kaleyra,
            ProviderName::Meta => Self::Meta,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_its_usual_name_and_1msg_also_its_own_spelling() {
        let read = |text: &str| ProviderName::from_str(text, false).map(Provider::from);
        for provider in Provider::WITH_WEBHOOK {
            assert_eq!(read(provider.name()), Ok(provider));
        }
        assert_eq!(read("1msg"), Ok(Provider::OneMsg));
        assert!(read("sms").is_err());
    }
}
