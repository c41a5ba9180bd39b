//! The functions' settings in the local run: the same variables as in Lambda, with local endpoints.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use shared::provider::Provider;
use shared::secrets::KeySecret;
use shared::settings::Environment;
use simulator::Simulator;
use simulator::aws::AwsService;

use crate::aws::cloudformation::Stack;
use crate::aws::{REGION, event_bus, sqs};
use crate::lambda::environment::lambda_variables;

/// The table's name.
pub const TABLE: &str = "order-notifications";
/// The secret with the provider credentials.
pub const CREDENTIALS_SECRET: &str = "order-notifications/provider-credentials";
/// The secret from which the notification keys are made.
pub const KEY_SECRET: &str = "order-notifications/notification-keys";
/// A constant key, so that the next run can use a table stored in a file.
const KEY: &str = "the-local-run-has-no-secret-to-keep-from-anybody";
/// The secret that authenticates callbacks.
pub const WEBHOOK_SECRET: &str = "order-notifications/webhook-secrets";

/// The functions' access key, and its secret key. Only the simulated messaging services check the signatures.
pub const AWS_KEY: &str = "local";
/// The variables with the addresses of AWS's messaging services.
const MESSAGING_ENDPOINTS: [(&str, AwsService); 3] = [
    ("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", AwsService::Sms),
    ("AWS_ENDPOINT_URL_SESV2", AwsService::Email),
    ("AWS_ENDPOINT_URL_SOCIALMESSAGING", AwsService::WhatsApp),
];

/// The event bus.
pub const EVENT_BUS: &str = event_bus::NAME;
/// The name of the CloudFormation stack that the local run presents.
pub const STACK: &str = "order-notifications";

/// This process's variables that affect the time: the time zone, and those that shift the clock. A child process with
/// an otherwise cleared environment needs them to have the same date.
pub fn clock() -> impl Iterator<Item = (String, String)> {
    let says_the_time =
        |name: &str| name.starts_with("FAKETIME") || ["LD_PRELOAD", "NO_FAKE_STAT", "TZ"].contains(&name);
    std::env::vars().filter(move |(name, _)| says_the_time(name))
}

/// The endpoints for the functions' variables.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a> {
    /// DynamoDB's endpoint.
    pub dynamodb: &'a str,
    /// Secrets Manager's endpoint.
    pub secrets_manager: &'a str,
    /// EventBridge's endpoint.
    pub event_bridge: &'a str,
    /// SQS's endpoint.
    pub sqs: &'a str,
    /// The base URL of each provider's API.
    pub providers: [(Provider, &'a str); 3],
}

/// The operator tool's additional inputs.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere<'a> {
    /// delivery-webhook's base URL, without `/webhooks/…`.
    pub webhook: &'a str,
    /// SQS's endpoint.
    pub sqs: &'a str,
    /// The look-up API's URL.
    pub lookup: &'a str,
    /// Whether order events are archived.
    pub has_archive: bool,
    /// The definitions of the message templates that the accounts hold.
    pub definitions: &'a Path,
    /// Whether the catalogue is a copy that is deleted at the end.
    pub is_copy: bool,
}

/// template.yaml's outputs, with the variables that have the same values.
const OUTPUTS: [(&str, &str); 12] = [
    ("EventBusName", "EVENT_BUS_NAME"),
    ("OrderEventsRuleName", "ORDER_EVENTS_RULE_NAME"),
    ("OrderEventsArchiveName", "ORDER_EVENTS_ARCHIVE_NAME"),
    ("OrderEventsQueueUrl", "ORDER_EVENTS_QUEUE_URL"),
    ("OrderEventsDeadLetterQueueUrl", "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL"),
    ("UndeliveredEventsQueueUrl", "UNDELIVERED_EVENTS_QUEUE_URL"),
    ("DeliveryEventsQueueUrl", "DELIVERY_EVENTS_QUEUE_URL"),
    ("DeliveryEventsDeadLetterQueueUrl", "DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL"),
    ("TableName", "TABLE_NAME"),
    ("CredentialsSecretArn", "CREDENTIALS_SECRET_ID"),
    ("WebhookSecretArn", "WEBHOOK_SECRET_ID"),
    ("KeySecretArn", "KEY_SECRET_ID"),
];

/// The template's `MemorySize` of most functions. The local run doesn't enforce it.
const MEMORY_MB: u32 = 256;

/// template.yaml's parameters, with the variables that have the same values.
const PARAMETERS: [(&str, &str); 3] = [
    ("Recipients", "RECIPIENTS"),
    ("UnknownOutcome", "UNKNOWN_OUTCOME"),
    ("ConfirmationWindow", "CONFIRMATION_WINDOW"),
];

/// Adds the addresses of AWS's messaging services at this simulator, unless the settings have others.
pub fn add_messaging_endpoints(settings: &mut BTreeMap<String, String>, simulator: &Simulator) {
    for (name, service) in MESSAGING_ENDPOINTS {
        settings.entry(name.to_owned()).or_insert_with(|| simulator.aws_endpoint(service));
    }
}

/// The key from which the local run derives its notification keys.
pub fn key_secret() -> anyhow::Result<KeySecret> {
    Ok(KeySecret::new(KEY.into())?)
}

/// The key in the format of its secret.
pub fn key_secret_json() -> String {
    json!({ "key": KEY }).to_string()
}

/// The variables of a function, for this process or for another one.
#[derive(Debug, Clone)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The local run's variables; `overrides` take precedence.
    pub fn new(
        addresses: &Addresses<'_>,
        catalogue: &Path,
        silent_after: Duration,
        overrides: &BTreeMap<String, String>,
    ) -> Self {
        let queue_url = sqs::queue_url(addresses.sqs, sqs::ORDER_EVENTS);
        let silent_after = humantime::format_duration(silent_after).to_string();
        let catalogue = catalogue.to_string_lossy();
        let fixed = [
            ("TABLE_NAME", TABLE),
            ("CREDENTIALS_SECRET_ID", CREDENTIALS_SECRET),
            ("KEY_SECRET_ID", KEY_SECRET),
            ("WEBHOOK_SECRET_ID", WEBHOOK_SECRET),
            ("CATALOGUE_PATH", &catalogue),
            // The simulator's recipients are not customers.
            ("RECIPIENTS", "all"),
            ("UNKNOWN_OUTCOME", "onemsg=hold,kaleyra=resend,meta=resend"),
            // Fifteen minutes in the template; a local run must show the outcome sooner.
            ("CONFIRMATION_WINDOW", "10s"),
            ("SEND_CONCURRENCY", "10"),
            ("SILENT_AFTER", &silent_after),
            ("UNCONFIRMED_AFTER", "3d"),
            ("STUCK_AFTER", "3h"),
            ("ORDER_EVENTS_QUEUE_URL", &queue_url),
            ("EVENT_BUS_NAME", EVENT_BUS),
            // The local run has no metrics service, and metric lines would clutter the terminal. `local --metrics`
            // enables them.
            ("METRICS_NAMESPACE", "none"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", AWS_KEY),
            ("AWS_SECRET_ACCESS_KEY", AWS_KEY),
            ("AWS_ENDPOINT_URL_DYNAMODB", addresses.dynamodb),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", addresses.secrets_manager),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", addresses.event_bridge),
            ("AWS_ENDPOINT_URL_SQS", addresses.sqs),
        ];
        let mut variables: BTreeMap<String, String> =
            fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (provider, url) in addresses.providers {
            variables.insert(format!("{}_BASE_URL", provider.name().to_uppercase()), url.to_owned());
        }
        variables.extend(overrides.clone());
        Self(variables)
    }

    /// Converts them into the environment of a function in this process.
    pub fn environment(&self) -> Environment {
        self.0.clone().into_iter().collect()
    }

    /// The whole environment of this function's program, with Lambda's own variables.
    pub fn for_program(&self, function: &str) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = clock().collect();
        variables.extend(lambda_variables(function, MEMORY_MB));
        variables.extend(self.0.clone());
        variables
    }

    /// The operator tool's variables: the functions' own, and the additional ones.
    pub fn for_ops(&self, elsewhere: &Elsewhere<'_>) -> BTreeMap<String, String> {
        let Elsewhere { webhook, sqs, lookup, has_archive, definitions, is_copy } = *elsewhere;
        let mut variables = self.0.clone();
        let mut set = |name: &str, value: String| variables.insert(name.to_owned(), value);
        set("WEBHOOK_URL", webhook.to_owned());
        set("LOCAL_RUN_URL", lookup.to_owned());
        set("OPS_DEFINITIONS", definitions.to_string_lossy().into_owned());
        set("ORDER_EVENTS_DEAD_LETTER_QUEUE_URL", sqs::queue_url(sqs, sqs::ORDER_EVENTS_DEAD_LETTERS));
        set("UNDELIVERED_EVENTS_QUEUE_URL", sqs::queue_url(sqs, sqs::UNDELIVERED_EVENTS));
        set("DELIVERY_EVENTS_QUEUE_URL", sqs::queue_url(sqs, sqs::DELIVERY_EVENTS));
        set("DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL", sqs::queue_url(sqs, sqs::DELIVERY_EVENTS_DEAD_LETTERS));
        set("ORDER_EVENTS_RULE_NAME", event_bus::RULE.to_owned());
        if is_copy {
            set("CATALOGUE_IS_COPY", "true".to_owned());
        }
        set("DELIVERY_EVENTS_RULE_NAME", event_bus::DELIVERY_EVENTS_RULE.to_owned());
        if has_archive {
            set("ORDER_EVENTS_ARCHIVE_NAME", event_bus::ARCHIVE.to_owned());
        }
        variables
    }

    /// The same values as the outputs and parameters of a stack of `template.yaml`.
    pub fn stack(&self, elsewhere: &Elsewhere<'_>) -> Stack {
        let variables = self.for_ops(elsewhere);
        let named = |pairs: &[(&'static str, &str)]| {
            pairs
                .iter()
                .filter_map(|(name, variable)| Some((*name, variables.get(*variable)?.clone())))
                .collect()
        };
        let mut outputs: Vec<_> = named(&OUTPUTS);
        let webhooks = [
            ("MetaWebhookUrl", "meta"),
            ("KaleyraWebhookUrl", "kaleyra"),
            ("OneMsgWebhookUrl", "onemsg/URL_SECRET"),
        ];
        outputs.extend(webhooks.map(|(name, path)| (name, format!("{}/webhooks/{path}", elsewhere.webhook))));
        Stack { name: STACK.to_owned(), outputs, parameters: named(&PARAMETERS) }
    }

    /// Renders them as `export` lines for a shell.
    pub fn exports(&self) -> String {
        let quoted = |value: &str| format!("'{}'", value.replace('\'', r"'\''"));
        self.0.iter().fold(String::new(), |lines, (name, value)| {
            lines + "export " + name + "=" + &quoted(value) + "\n"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(overrides: &[(&str, &str)]) -> Variables {
        let addresses = Addresses {
            dynamodb: "http://127.0.0.1:1",
            secrets_manager: "http://127.0.0.1:2",
            event_bridge: "http://127.0.0.1:3",
            sqs: "http://127.0.0.1:5",
            providers: Provider::WITH_WEBHOOK.map(|provider| (provider, "http://127.0.0.1:4")),
        };
        let overrides = overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let catalogue = Path::new("it's/notifications.toml");
        Variables::new(&addresses, catalogue, Duration::from_millis(200), &overrides.collect())
    }

    #[test]
    fn overrides_win() {
        let variables = variables(&[("CONFIRMATION_WINDOW", "1s")]);
        assert_eq!(variables.0["CONFIRMATION_WINDOW"], "1s");
        assert_eq!(variables.0["ONEMSG_BASE_URL"], "http://127.0.0.1:4");
        assert_eq!(variables.0["SILENT_AFTER"], "200ms");
    }

    #[test]
    fn the_stack_has_the_templates_outputs_and_parameters() {
        let template = include_str!("../../../template.yaml");
        let (parameters, outputs) =
            (template.split_once("\nParameters:").unwrap().1, template.split_once("\nOutputs:").unwrap().1);
        let definitions = Path::new("d");
        let elsewhere = Elsewhere {
            webhook: "http://w",
            sqs: "http://s",
            lookup: "http://l",
            has_archive: true,
            definitions,
            is_copy: false,
        };
        let stack = variables(&[]).stack(&elsewhere);
        for (declared, there) in [(outputs, &stack.outputs), (parameters, &stack.parameters)] {
            for (name, value) in there {
                assert!(declared.contains(&format!("\n  {name}:\n")), "{name}");
                assert!(!value.is_empty(), "{name}");
            }
        }
        assert_eq!((stack.outputs.len(), stack.parameters.len()), (OUTPUTS.len() + 3, PARAMETERS.len()));

        let without = Elsewhere { has_archive: false, ..elsewhere };
        assert!(!variables(&[]).for_ops(&without).contains_key("ORDER_EVENTS_ARCHIVE_NAME"));
    }

    #[test]
    fn a_shell_reads_values_with_quotes() {
        assert!(variables(&[]).exports().contains("export CATALOGUE_PATH='it'\\''s/notifications.toml'\n"));
    }
}
