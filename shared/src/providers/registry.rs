//! Names the implementation of each provider. Nothing else in [`providers`](super) chooses by a provider.

/// Evaluates an expression with the provider's implementation under the given name: `with_api!(provider, P =>
/// P::answer(reply, sanitizer))`.
///
/// This is a `match`, because a `dyn` would link every function of the trait into each binary: the requests
/// into delivery-webhook, and the authentication of callbacks into order-notifier.
macro_rules! with_api {
    ($provider:expr, $api:ident => $value:expr) => {
        match $provider {
            $crate::provider::Provider::OneMsg => {
                type $api = $crate::providers::one_msg::OneMsg;
                $value
            }
            $crate::provider::Provider::Kaleyra => {
                type $api = $crate::providers::kaleyra::Kaleyra;
                $value
            }
            $crate::provider::Provider::Meta => {
                type $api = $crate::providers::meta::Meta;
                $value
            }
            $crate::provider::Provider::AwsWhatsApp => {
                type $api = $crate::providers::aws::whatsapp::WhatsApp;
                $value
            }
            $crate::provider::Provider::AwsSms => {
                type $api = $crate::providers::aws::sms::Sms;
                $value
            }
            $crate::provider::Provider::AwsEmail => {
                type $api = $crate::providers::aws::email::Email;
                $value
            }
        }
    };
}
pub(super) use with_api;

#[cfg(test)]
mod tests {
    use crate::provider::Provider;
    use crate::providers::api::Api;

    #[test]
    fn each_provider_has_its_own_implementation_and_polling_matches_its_support() {
        for provider in Provider::ALL {
            let (named, polls) = with_api!(provider, P => (P::PROVIDER, P::POLL.is_some()));
            assert_eq!((named, polls), (provider, provider.supports_polling()));
        }
    }
}
