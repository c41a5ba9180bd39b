//! A provider's name on the command line.

use clap::ValueEnum;
use shared::provider::Provider;

/// A provider, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// 1MSG; its owner's spelling is understood as well.
    #[value(alias = "1msg", help = None)]
    Onemsg,
    /// Kaleyra.
    #[value(help = None)]
    Kaleyra,
    /// Meta.
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
    fn a_provider_has_the_name_that_is_used_everywhere_and_1msg_its_own_too() {
        let read = |text: &str| ProviderName::from_str(text, false).map(Provider::from);
        for provider in Provider::ALL {
            assert_eq!(read(provider.name()), Ok(provider));
        }
        assert_eq!(read("1msg"), Ok(Provider::OneMsg));
        assert!(read("sms").is_err());
    }
}
