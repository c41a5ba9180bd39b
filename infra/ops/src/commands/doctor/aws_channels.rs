//! Checks that the stack may send through the channels of AWS that the catalogue names.

use shared::catalogue::{Catalogue, Entry};
use shared::provider::Provider;
use shared::settings::Environment;

use super::finding::Finding;

/// The stack's parameter for a channel of AWS, and the variable that has its value here.
const fn parameter(provider: Provider) -> Option<(&'static str, &'static str)> {
    match provider {
        Provider::AwsWhatsApp => Some(("AwsWhatsApp", "AWS_WHATSAPP")),
        Provider::AwsSms => Some(("AwsSms", "AWS_SMS")),
        Provider::AwsEmail => Some(("AwsEmail", "AWS_EMAIL")),
        Provider::OneMsg | Provider::Kaleyra | Provider::Meta => None,
    }
}

/// Reports channels that the catalogue names and whose parameter of the stack is false.
pub(super) fn findings(catalogue: &Catalogue, environment: &Environment) -> Vec<Finding> {
    let off = Provider::ALL.into_iter().filter_map(|provider| {
        let (parameter, variable) = parameter(provider)?;
        (environment.get(variable) == Some("false")).then_some((provider, parameter))
    });
    off.flat_map(|(provider, parameter)| {
        let named = |names: fn(&Entry, Provider) -> bool| {
            let entries = catalogue.entries().iter().filter(|entry| names(entry, provider));
            entries.map(|entry| entry.name.as_str()).collect::<Vec<_>>()
        };
        let finding = |notifications: Vec<&str>, names: &str, why: &str| {
            (!notifications.is_empty()).then(|| {
                Finding::warning(
                    format!(
                        "{} {names} {provider}, but the stack's parameter {parameter} is false.",
                        notifications.join(", ")
                    ),
                    format!("AWS refuses each request of order-notifier (AccessDeniedException). {why}"),
                    format!(
                        "Deploy with {parameter}=true and set the channel up (docs/deploy.md, Channels of AWS), or remove {provider} from \
                         the catalogue and deploy."
                    ),
                )
            })
        };
        [
            finding(
                named(|entry, provider| entry.providers.contains(&provider)),
                "can be sent by",
                "The next provider is asked; without one, the message waits until its max_age.",
            ),
            finding(
                named(is_channel),
                "can be followed by",
                "The customer whom WhatsApp doesn't reach gets nothing through this channel.",
            ),
        ]
    })
    .flatten()
    .collect()
}

fn is_channel(entry: &Entry, provider: Provider) -> bool {
    entry.fallback.iter().flat_map(|fallback| &fallback.channels).any(|channel| channel.provider == provider)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Vec<String> {
        let text = include_str!("../../../../../tests/shop/notifications.toml")
            .replace("[\"kaleyra\", \"meta\"]", "[\"aws-whatsapp\"]")
            .replace("meta    = { name = \"order_status\", languages = [\"en_US\", \"es\"] }", "")
            .replace("kaleyra = { name = \"order_status\"", "aws-whatsapp = { name = \"order_status\"");
        let catalogue = Catalogue::parse("notifications.toml", &text).unwrap();
        let environment = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let findings = findings(&catalogue, &environment);
        assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_channel_that_the_stack_may_not_use_is_reported_with_its_notifications() {
        assert_eq!(
            found(&[("AWS_WHATSAPP", "false"), ("AWS_SMS", "false"), ("AWS_EMAIL", "true")]),
            [
                "order-status-changed can be sent by aws-whatsapp, but the stack's parameter AwsWhatsApp is false.",
                "pickup-ready can be followed by aws-sms, but the stack's parameter AwsSms is false.",
            ]
        );
    }

    #[test]
    fn without_the_stacks_parameters_nothing_is_known() {
        assert_eq!(found(&[]), [""; 0]);
    }
}
