//! Compares how long WhatsApp tries to deliver a template's messages with the fallback that follows.

use domain::catalogue::Entry;

use super::{Category, TimeToLive};

/// Meta's default, and the meaning of -1
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live>).
const DEFAULT_SECONDS: i64 = 30 * 24 * 60 * 60;

/// WhatsApp may deliver a message after the fallback's own message was sent, so that the customer gets both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateDelivery {
    /// Worded as a predicate of the fallback's `after`.
    pub problem: String,
    /// What to write.
    pub write: String,
}

impl LateDelivery {
    /// Finds it for a notification whose template has this time to live, as Meta's API writes it; `None` is the default.
    pub fn find(entry: &Entry, template: &str, seconds: Option<i64>, category: Category) -> Option<Self> {
        let fallback = entry.fallback.as_deref().filter(|fallback| fallback.on.undelivered)?;
        let after = i64::try_from(fallback.after.as_secs()).unwrap_or(i64::MAX);
        let seconds = seconds.filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_SECONDS);
        if seconds <= after {
            return None;
        }
        let problem = format!(
            "is {after} seconds, and WhatsApp tries to deliver {template} for {seconds}: the customer may get the fallback's message \
             and, later, this one"
        );
        let range = TimeToLive::range(category);
        let write = if after < *range.start() {
            let (shortest, name) = (range.start(), category.name());
            format!(
                "after = \"{shortest}s\" or more, and message_send_ttl_seconds = {shortest}: a {name} template takes no shorter time"
            )
        } else {
            format!("message_send_ttl_seconds = {}", after.min(*range.end()))
        };
        Some(Self { problem, write })
    }
}

#[cfg(test)]
mod tests {
    use domain::catalogue::Catalogue;

    use super::*;

    /// The advice for a template of the tests' catalogue with this fallback.
    fn advice(fallback: &str, seconds: Option<i64>, category: Category) -> Option<String> {
        let text = format!(
            "{}[notifications.stock-arrived.fallback]\n{fallback}\nchannels = [{{ provider = 'aws-sms', consent = 'c', text = {{ en = \
             'It is here.' }} }}]\n",
            include_str!("../../../tests/shop/notifications.toml")
        );
        let catalogue = Catalogue::parse("n.toml", &text).unwrap();
        let entry = catalogue.entries().iter().find(|entry| entry.name == "stock-arrived").unwrap();
        LateDelivery::find(entry, "stock_arrived", seconds, category).map(|found| found.write)
    }

    #[test]
    fn a_time_to_live_that_is_longer_than_the_wait_is_found_with_the_longest_that_fits() {
        use Category::{Marketing, Utility};
        for (fallback, seconds, category, written) in [
            ("after = '2h'", None, Utility, Some("message_send_ttl_seconds = 7200")),
            ("after = '2h'", Some(-1), Utility, Some("message_send_ttl_seconds = 7200")),
            ("after = '2h'", Some(7201), Utility, Some("message_send_ttl_seconds = 7200")),
            ("after = '2h'", Some(7200), Utility, None),
            ("after = '1d'", None, Utility, Some("message_send_ttl_seconds = 43200")),
            ("after = '1d'", Some(43_200), Utility, None),
            ("after = '1d'", None, Marketing, Some("message_send_ttl_seconds = 86400")),
            (
                "after = '2h'",
                Some(43_200),
                Marketing,
                Some(
                    "after = \"43200s\" or more, and message_send_ttl_seconds = 43200: a MARKETING template takes no shorter time",
                ),
            ),
            ("after = '2h'\non = ['failed', 'rejected']", None, Utility, None),
        ] {
            assert_eq!(advice(fallback, seconds, category).as_deref(), written, "{fallback} {seconds:?}");
        }
        let catalogue =
            Catalogue::parse("n.toml", include_str!("../../../tests/shop/notifications.toml")).unwrap();
        assert_eq!(LateDelivery::find(&catalogue.entries()[0], "order_return", None, Utility), None);
    }
}
