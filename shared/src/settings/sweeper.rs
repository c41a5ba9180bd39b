//! The settings of delivery-sweeper.

use std::time::Duration;

use super::{Environment, Reader, SILENT_AFTER};
use crate::aws::AwsSettings;
use crate::delivery::Polling;
use crate::fault::Faults;
use crate::protocol::Policy;
use crate::providers::BaseUrls;
use crate::telemetry::Namespace;

/// The default of `UNCONFIRMED_AFTER`: long enough for a phone that is switched off over a weekend.
const UNCONFIRMED_AFTER: Duration = Duration::from_hours(72);
/// The default of `STUCK_AFTER`: the queue of order events delivers an event for two hours (40 receives, 180
/// s apart) before it goes to the dead-letter queue.
const STUCK_AFTER: Duration = Duration::from_hours(3);

/// The settings of delivery-sweeper.
#[derive(Debug, Clone)]
pub struct SweeperSettings {
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `CREDENTIALS_SECRET_ID`: the name or ARN of the provider credentials.
    pub credentials_secret_id: String,
    /// `CONFIRMATION_WINDOW`, the same as order-notifier's.
    pub policy: Policy,
    /// `STUCK_AFTER`: how long after its due time a notification is held.
    pub stuck_after: Duration,
    /// `SILENT_AFTER` and `UNCONFIRMED_AFTER`: the schedule for polling providers.
    pub polling: Polling,
    /// `ORDER_EVENTS_QUEUE_URL`: the queue that stored events return to. Without it, none is put back.
    pub order_events_queue_url: Option<String>,
    /// `ONEMSG_BASE_URL`; the other providers cannot be polled.
    pub base_urls: BaseUrls,
    /// `METRICS_NAMESPACE`, the same as order-notifier's.
    pub metrics_namespace: Option<Namespace>,
    /// The standard variables of the AWS SDKs.
    pub aws: AwsSettings,
}

impl SweeperSettings {
    /// Reads the settings and reports every variable that is missing or malformed.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Vec::new() };
        let table_name = reader.table_name();
        let credentials_secret_id = reader.credentials_secret_id();
        let mut policy = Policy::default();
        if let Some(window) = reader.duration("CONFIRMATION_WINDOW") {
            policy.confirmation_window = window;
        }
        let stuck_after = reader.duration("STUCK_AFTER").unwrap_or(STUCK_AFTER);
        let polling = Polling {
            silent_after: reader.duration("SILENT_AFTER").unwrap_or(SILENT_AFTER),
            unconfirmed_after: reader.duration("UNCONFIRMED_AFTER").unwrap_or(UNCONFIRMED_AFTER),
        };
        let order_events_queue_url = environment.get("ORDER_EVENTS_QUEUE_URL").map(str::to_owned);
        let base_urls = reader.base_urls();
        let metrics_namespace = reader.metrics_namespace();
        let aws = AwsSettings::read(environment, &mut reader.faults);
        Faults::into_result(reader.faults, || Self {
            table_name,
            credentials_secret_id,
            policy,
            stuck_after,
            polling,
            order_events_queue_url,
            base_urls,
            metrics_namespace,
            aws,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(more: &[(&str, &str)]) -> Result<SweeperSettings, Faults> {
        let fixed = [("TABLE_NAME", "t"), ("CREDENTIALS_SECRET_ID", "c"), ("AWS_REGION", "eu-central-1")];
        SweeperSettings::read(&fixed.iter().chain(more).copied().collect())
    }

    #[test]
    fn missing_settings_have_defaults() {
        let settings = with(&[]).unwrap();
        assert_eq!(settings.polling.silent_after, Duration::from_mins(10));
        assert_eq!(settings.stuck_after, STUCK_AFTER);
        let settings = with(&[("UNCONFIRMED_AFTER", "7d")]).unwrap();
        assert_eq!(settings.polling.unconfirmed_after, Duration::from_hours(7 * 24));
    }

    #[test]
    fn every_fault_is_reported() {
        let wrong = ["CONFIRMATION_WINDOW", "STUCK_AFTER", "SILENT_AFTER", "UNCONFIRMED_AFTER"];
        let faults = with(&wrong.map(|name| (name, "0x"))).unwrap_err();
        let named: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(named, wrong);
    }
}
