//! Settings from environment variables. All faults are reported at once.

mod sweeper;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

pub use sweeper::SweeperSettings;
use url::Url;

pub use crate::environment::Environment;

use crate::aws::AwsSettings;
use crate::fault::{Fault, Faults};
use crate::metric_names::NameLimit;
use crate::protocol::{Policy, Recipients};
use crate::providers::{AwsUrls, BaseUrls};
use crate::telemetry::Namespace;

/// The default of `SEND_CONCURRENCY`: a whole batch.
const SEND_CONCURRENCY: usize = 10;
/// The limit of `SEND_CONCURRENCY`: an SQS batch has at most 10,000 records.
const MAX_SEND_CONCURRENCY: usize = 10_000;

/// The default of `SILENT_AFTER`: normally callbacks arrive within seconds.
const SILENT_AFTER: Duration = Duration::from_mins(10);

/// The default of `EVENT_RETENTION`: as long as for invalid events.
pub const EVENT_RETENTION: Duration = Duration::from_hours(14 * 24);

/// The settings of order-notifier.
#[derive(Debug, Clone)]
pub struct NotifierSettings {
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `CREDENTIALS_SECRET_ID`: the name or ARN of the provider credentials.
    pub credentials_secret_id: String,
    /// `KEY_SECRET_ID`: the name or ARN of the key secret.
    pub key_secret_id: String,
    /// `RECIPIENTS`: to whom the deployment may write. It has no default, so that a test stage without it does
    /// not write to customers.
    pub recipients: Recipients,
    /// `UNKNOWN_OUTCOME`, `CONFIRMATION_WINDOW` and `RETRY_WAITS`.
    pub policy: Policy,
    /// `SEND_CONCURRENCY`: how many records of a batch are processed at the same time.
    pub send_concurrency: usize,
    /// `SILENT_AFTER`: how long after acceptance a provider is first polled about a message without
    /// callbacks.
    pub silent_after: Duration,
    /// `ORDER_EVENTS_QUEUE_URL`: the queue of order events. Without it, only the queue's visibility timeout
    /// brings an event back.
    pub order_events_queue_url: Option<String>,
    /// `EVENT_RETENTION`: how long an unfinished event is stored in the table.
    pub event_retention: Duration,
    /// `ONEMSG_BASE_URL` and the like.
    pub base_urls: BaseUrls,
    /// `METRICS_NAMESPACE`: the CloudWatch namespace of the metrics; `None` turns them off.
    pub metrics_namespace: Option<Namespace>,
    /// `METRICS_NAMES`: how many templates and senders have metrics of their own.
    pub metrics_names: NameLimit,
    /// The standard variables of the AWS SDKs.
    pub aws: AwsSettings,
}

impl NotifierSettings {
    /// `CATALOGUE_PATH`; `None` for the built-in catalogue. Read separately, so that faults of the catalogue
    /// can be reported together with those of the settings.
    pub fn catalogue_path(environment: &Environment) -> Option<&Path> {
        environment.get("CATALOGUE_PATH").map(Path::new)
    }

    /// Reads the settings and reports every variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let table_name = reader.table_name();
        let credentials_secret_id = reader.credentials_secret_id();
        let key_secret_id = reader.required(
            "KEY_SECRET_ID",
            "the name or ARN of the secret that the keys of notifications are made with",
        );
        let recipients = reader.recipients();
        let mut policy: Policy = reader.parsed("UNKNOWN_OUTCOME").unwrap_or_default();
        if let Some(window) = reader.duration("CONFIRMATION_WINDOW") {
            policy.confirmation_window = window;
        }
        policy.retry_waits = reader.parsed("RETRY_WAITS").unwrap_or_default();
        let send_concurrency = reader.parsed("SEND_CONCURRENCY").unwrap_or(SEND_CONCURRENCY);
        if !(1..=MAX_SEND_CONCURRENCY).contains(&send_concurrency) {
            reader.fault("SEND_CONCURRENCY", format!("must be 1 to {MAX_SEND_CONCURRENCY}"));
        }
        let silent_after = reader.duration("SILENT_AFTER").unwrap_or(SILENT_AFTER);
        let order_events_queue_url = environment.get("ORDER_EVENTS_QUEUE_URL").map(str::to_owned);
        let event_retention = reader.duration("EVENT_RETENTION").unwrap_or(EVENT_RETENTION);
        let base_urls = reader.base_urls();
        let metrics_namespace = reader.metrics_namespace();
        let metrics_names = reader.parsed("METRICS_NAMES").unwrap_or_default();
        let aws = AwsSettings::read(environment, &mut reader.faults);
        let Some(recipients) = recipients else { return Err(Faults::new(reader.faults)) };
        Faults::into_result(reader.faults, || Self {
            table_name,
            credentials_secret_id,
            key_secret_id,
            recipients,
            policy,
            send_concurrency,
            silent_after,
            order_events_queue_url,
            event_retention,
            base_urls,
            metrics_namespace,
            metrics_names,
            aws,
        })
    }
}

impl BaseUrls {
    /// Reads `ONEMSG_BASE_URL` and the like, for callers that need no other setting.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let base_urls = reader.base_urls();
        Faults::into_result(reader.faults, || base_urls)
    }
}

/// The settings of delivery-webhook.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `WEBHOOK_SECRET_ID`: the name or ARN of the webhook secrets.
    pub webhook_secret_id: String,
    /// `METRICS_NAMESPACE`: the CloudWatch namespace of the metrics; `None` turns them off.
    pub metrics_namespace: Option<Namespace>,
    /// The standard variables of the AWS SDKs.
    pub aws: AwsSettings,
}

impl WebhookSettings {
    /// Reads the settings and reports every variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let table_name = reader.table_name();
        let webhook_secret_id = reader
            .required("WEBHOOK_SECRET_ID", "the name or ARN of the secret that authenticates callbacks");
        let metrics_namespace = reader.metrics_namespace();
        let aws = AwsSettings::read(environment, &mut reader.faults);
        Faults::into_result(reader.faults, || Self { table_name, webhook_secret_id, metrics_namespace, aws })
    }
}

/// The settings of delivery-events.
#[derive(Debug, Clone)]
pub struct EventsSettings {
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `METRICS_NAMESPACE`: the CloudWatch namespace of the metrics; `None` turns them off.
    pub metrics_namespace: Option<Namespace>,
    /// The standard variables of the AWS SDKs.
    pub aws: AwsSettings,
}

impl EventsSettings {
    /// Reads the settings and reports every variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let table_name = reader.table_name();
        let metrics_namespace = reader.metrics_namespace();
        let aws = AwsSettings::read(environment, &mut reader.faults);
        Faults::into_result(reader.faults, || Self { table_name, metrics_namespace, aws })
    }
}

/// The settings of status-publisher.
#[derive(Debug, Clone)]
pub struct PublisherSettings {
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `EVENT_BUS_NAME`: the name or ARN of the event bus for status events.
    pub event_bus_name: String,
    /// `METRICS_NAMESPACE`: the CloudWatch namespace of the metrics; `None` turns them off.
    pub metrics_namespace: Option<Namespace>,
    /// The standard variables of the AWS SDKs.
    pub aws: AwsSettings,
}

impl PublisherSettings {
    /// Reads the settings and reports every variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let table_name = reader.table_name();
        let event_bus_name = reader
            .required("EVENT_BUS_NAME", "the name or ARN of the event bus that status events are put on");
        let metrics_namespace = reader.metrics_namespace();
        let aws = AwsSettings::read(environment, &mut reader.faults);
        Faults::into_result(reader.faults, || Self { table_name, event_bus_name, metrics_namespace, aws })
    }
}

struct Reader<'a> {
    environment: &'a Environment,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, name: &str, problem: impl Into<String>) {
        self.faults.push(Fault::new(name, problem));
    }

    fn required(&mut self, name: &str, meaning: &str) -> String {
        let Some(value) = self.environment.get(name) else {
            self.fault(name, format!("is not set: it takes {meaning}"));
            return String::new();
        };
        value.to_owned()
    }

    fn table_name(&mut self) -> String {
        self.required("TABLE_NAME", "the name of the DynamoDB table")
    }

    fn credentials_secret_id(&mut self) -> String {
        self.required("CREDENTIALS_SECRET_ID", "the name or ARN of the secret with the provider credentials")
    }

    /// `None` only if there is a fault.
    fn recipients(&mut self) -> Option<Recipients> {
        const NAME: &str = "RECIPIENTS";
        if self.environment.get(NAME).is_none() {
            self.fault(NAME, "is not set: it takes all, none, or a list of phone numbers or their hashes");
        }
        self.parsed(NAME)
    }

    /// `none` turns the metrics off, for a log that is read in a terminal.
    fn metrics_namespace(&mut self) -> Option<Namespace> {
        match self.environment.get("METRICS_NAMESPACE") {
            Some("none") => None,
            _ => Some(self.parsed("METRICS_NAMESPACE").unwrap_or_default()),
        }
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.environment.get(name)?;
        value.parse().map_err(|error| self.fault(name, format!("{error}"))).ok()
    }

    fn duration(&mut self, name: &str) -> Option<Duration> {
        let value = self.environment.get(name)?;
        humantime::parse_duration(value)
            .map_err(|error| self.fault(name, format!("is no duration such as \"15m\": {error}")))
            .ok()
    }

    fn base_urls(&mut self) -> BaseUrls {
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| self.environment.get(name));
        // `AwsSettings` reports a fault in it.
        let everywhere = self.environment.get("AWS_ENDPOINT_URL").and_then(|url| Url::parse(url).ok());
        let aws = AwsUrls::from_variables(region.map(str::to_owned), everywhere.as_ref(), |name| {
            self.base_url(name)
        });
        BaseUrls::from_variables(aws, |name| self.base_url(name))
    }

    fn base_url(&mut self, name: &str) -> Option<Url> {
        let url: Url = self.parsed(name)?;
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        if !usable {
            self.fault(name, "is no base URL such as \"https://api.example.com\"");
        }
        usable.then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_settings_are_read_and_the_rest_has_defaults() {
        let environment: Environment = [
            ("TABLE_NAME", "notifications"),
            ("CREDENTIALS_SECRET_ID", "credentials"),
            ("KEY_SECRET_ID", "key"),
            ("RECIPIENTS", "+12025550112, +12025550113"),
            ("AWS_REGION", "eu-central-1"),
            ("KALEYRA_BASE_URL", "http://127.0.0.1:4010/kaleyra"),
            ("CONFIRMATION_WINDOW", "2m"),
            ("RETRY_WAITS", "refused=5m-2h"),
            ("RUST_LOG", " "),
        ]
        .into_iter()
        .collect();
        let settings = NotifierSettings::read(&environment).unwrap();
        assert_eq!(settings.table_name, "notifications");
        assert_eq!(settings.send_concurrency, 10);
        assert_eq!(settings.recipients.to_string(), "list of 2");
        assert!(!format!("{settings:?}").contains("2025550"));
        assert_eq!(settings.policy.confirmation_window, Duration::from_mins(2));
        assert_eq!(settings.policy.retry_waits.refused.first(), Duration::from_mins(5));
        assert_eq!(settings.base_urls.onemsg.as_str(), "https://api.1msg.io/");
        assert_eq!(settings.base_urls.kaleyra.unwrap().path(), "/kaleyra");
        assert_eq!(environment.get("RUST_LOG"), None);
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let environment: Environment = [
            ("SEND_CONCURRENCY", "0"),
            ("UNKNOWN_OUTCOME", "perhaps"),
            ("CONFIRMATION_WINDOW", "soon"),
            ("RETRY_WAITS", "unsent=15m-30s"),
            ("METRICS_NAMESPACE", "AWS/Lambda"),
            ("METRICS_NAMES", "all"),
            ("META_BASE_URL", "graph.facebook.com"),
            ("ONEMSG_BASE_URL", "ftp://api.1msg.io"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000"),
        ]
        .into_iter()
        .collect();
        let faults = NotifierSettings::read(&environment).unwrap_err();
        let named: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(
            named,
            [
                "TABLE_NAME",
                "CREDENTIALS_SECRET_ID",
                "KEY_SECRET_ID",
                "RECIPIENTS",
                "UNKNOWN_OUTCOME",
                "CONFIRMATION_WINDOW",
                "RETRY_WAITS",
                "SEND_CONCURRENCY",
                "ONEMSG_BASE_URL",
                "META_BASE_URL",
                "METRICS_NAMESPACE",
                "METRICS_NAMES",
                "AWS_REGION",
                "AWS_ENDPOINT_URL_DYNAMODB",
            ]
        );
        let faults = WebhookSettings::read(&Environment::default()).unwrap_err();
        assert_eq!(faults.len(), 3);
        let faults = EventsSettings::read(&Environment::default()).unwrap_err();
        assert_eq!(faults.len(), 2);
        let faults = PublisherSettings::read(&Environment::default()).unwrap_err();
        assert_eq!(faults.len(), 3);
    }

    #[test]
    fn a_missing_or_malformed_list_of_recipients_is_one_fault_without_a_number() {
        let sound = [
            ("TABLE_NAME", "t"),
            ("CREDENTIALS_SECRET_ID", "c"),
            ("KEY_SECRET_ID", "k"),
            ("AWS_REGION", "r"),
        ];
        let fault = |recipients: Option<&'static str>| {
            let setting = recipients.map(|value| ("RECIPIENTS", value));
            let faults = NotifierSettings::read(&sound.into_iter().chain(setting).collect()).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults}");
            faults.to_string()
        };
        for missing in [None, Some(""), Some("  ")] {
            assert!(fault(missing).starts_with("RECIPIENTS: is not set"));
        }
        let malformed = fault(Some("+12025550112,2025550113"));
        assert!(malformed.starts_with("RECIPIENTS: entry 2 is neither") && !malformed.contains("2025550"));
    }

    #[test]
    fn debug_shows_no_value() {
        let environment: Environment = [("AWS_SECRET_ACCESS_KEY", "hush")].into_iter().collect();
        assert!(!format!("{environment:?}").contains("hush"));
    }
}
