//! Classifies failed messages.

use super::api::Api;
use super::aws::events;
use super::codes;
use super::registry::with_api;
use crate::delivery::Failure;
use crate::protocol::ReasonClass;
use crate::provider::Provider;

/// The class of a failure by its code, which has the same meaning as in the provider's replies; `Unclear`
/// without a documented code.
pub fn failure_class(provider: Provider, failure: &Failure) -> ReasonClass {
    let class = |code: &str| match code.parse() {
        Ok(code) => codes::class(code),
        Err(_) => {
            events::code_class(provider, code).or_else(|| with_api!(provider, P => P::code_class(code)))
        }
    };
    failure.code.as_deref().and_then(class).unwrap_or(ReasonClass::Unclear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_aws_events_have_classes() {
        for (provider, code, class) in [
            (Provider::AwsSms, "UNREACHABLE", ReasonClass::Recipient),
            (Provider::AwsSms, "PROTECT_BLOCKED", ReasonClass::Account),
            (Provider::AwsEmail, "Permanent.NoEmail", ReasonClass::Recipient),
            (Provider::AwsEmail, "Transient.MailboxFull", ReasonClass::Unavailable),
            (Provider::AwsEmail, "OnAccountSuppressionList", ReasonClass::Recipient),
            (Provider::AwsWhatsApp, "131049", ReasonClass::Recipient),
            (Provider::AwsWhatsApp, "UNREACHABLE", ReasonClass::Unclear),
        ] {
            let failure = Failure { code: Some(code.to_owned()), text: String::new() };
            assert_eq!(failure_class(provider, &failure), class, "{code}");
        }
    }

    #[test]
    fn a_documented_code_determines_the_class_and_other_codes_are_unclear() {
        for (code, class) in [
            (Some("131049"), ReasonClass::Recipient),
            (Some("132015"), ReasonClass::Template),
            (Some("190"), ReasonClass::Credentials),
            (Some("250"), ReasonClass::Account),
            (Some("WAV2101"), ReasonClass::Account),
            (Some("999999"), ReasonClass::Unclear),
            (Some("anything"), ReasonClass::Unclear),
            (None, ReasonClass::Unclear),
        ] {
            let failure = Failure { code: code.map(str::to_owned), text: String::new() };
            assert_eq!(failure_class(Provider::Kaleyra, &failure), class, "{code:?}");
            let is_kaleyras = code.is_some_and(|code| code.starts_with("WAV"));
            let of_meta = if is_kaleyras { ReasonClass::Unclear } else { class };
            assert_eq!(failure_class(Provider::Meta, &failure), of_meta, "{code:?}");
        }
    }
}
