//! No log line and no reply contains a phone number, a name, a message's text, a credential, a webhook secret or a
//! message id.
//!
//! This is a separate test target because it captures the log of the whole process.

#[cfg(test)]
mod paths;
#[cfg(test)]
mod sensitive_values;
#[cfg(test)]
mod transcript;

#[cfg(test)]
use testkit as support;

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use shared::provider::Provider;

    use crate::paths;
    use crate::sensitive_values::SensitiveValues;
    use crate::transcript::Transcript;

    /// Parts of log lines that prove that the run took the paths on which data could leak.
    const EXPECTED: [&str; 24] = [
        "\"outcome\":\"accepted\"",
        "\"outcome\":\"rejected\"",
        "\"outcome\":\"held\"",
        "\"outcome\":\"suppressed\"",
        "\"outcome\":\"ignored\"",
        "\"outcome\":\"invalid\"",
        "\"answer\":\"not_sent\"",
        "\"answer\":\"unknown\"",
        "\"code\":\"no_message_id\"",
        "\"recipients\":\"list of 2\"",
        "\"recipients\":\"none\"",
        "\"code\":\"not_allowed\"",
        "no outcome yet",
        "'s webhook was refused",
        "'s webhook could not be checked",
        "can't be read",
        "an error of the account",
        "with the unknown status",
        "delivery facts could not be stored",
        "status events were published",
        "\"wide\":\"events\"",
        "a delivery event can't be read",
        "\"Outcomes\":1",
        "\"requestId\":",
    ];

    #[test]
    fn nothing_personal_or_secret_is_logged_or_returned() {
        let transcript = Transcript::default();
        let writer = transcript.clone();
        // The most verbose level of RUST_LOG.
        let subscriber = shared::telemetry::subscriber(Some("trace"), move || writer.clone());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut sensitive = SensitiveValues::default();
        let values = runtime.block_on(join_all(
            Provider::WITH_WEBHOOK.map(|provider| paths::run_all(provider, transcript.clone())),
        ));
        for more in values {
            sensitive.extend(more);
        }
        assert!(sensitive.len() > 300, "only {} values are searched for", sensitive.len());

        let log = transcript.log();
        let is_logged = |what: &str| log.iter().any(|line| line.contains(what));
        let missing: Vec<_> = EXPECTED.into_iter().filter(|what| !is_logged(what)).collect();
        assert!(missing.is_empty(), "the run never logged {missing:?}");
        let replies = transcript.replies();
        assert!(replies.len() > 100, "only {} replies were recorded", replies.len());
        let stored = replies.iter().filter(|what| what.starts_with("stored answer")).count();
        assert!(stored >= 10, "only {stored} answers of providers were stored");
        // Search everything at once first. The slow search by line only locates a hit.
        let everything = [log, replies].concat();
        if sensitive.find_in(&everything.join("\n")).is_empty() {
            return;
        }
        for text in everything {
            let found = sensitive.find_in(&text);
            assert!(found.is_empty(), "{found:?} in {text}");
        }
        panic!("a sensitive value is spread over several lines");
    }
}
