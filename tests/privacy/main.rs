//! No personal data leaks: nothing that a run logs or returns contains a phone number, a name, a text, a credential, a
//! webhook secret or a message id.
//!
//! A test target of its own, because it captures the log of the whole process.

#[cfg(test)]
mod needles;
#[cfg(test)]
mod run;
#[cfg(test)]
mod transcript;

#[cfg(test)]
use testkit as support;

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use shared::provider::Provider;

    use crate::needles::Needles;
    use crate::run;
    use crate::transcript::Transcript;

    /// Log lines that prove that the run had personal data to leak.
    const TOLD: [&str; 19] = [
        "\"outcome\":\"accepted\"",
        "\"outcome\":\"rejected\"",
        "\"outcome\":\"held\"",
        "\"outcome\":\"suppressed\"",
        "\"outcome\":\"ignored\"",
        "\"outcome\":\"invalid\"",
        "\"answer\":\"not_sent\"",
        "\"answer\":\"unknown\"",
        "\"code\":\"no_message_id\"",
        "no outcome yet",
        "'s webhook was refused",
        "'s webhook could not be checked",
        "can't be read",
        "an error of the account",
        "with the unknown status",
        "delivery facts could not be stored",
        "status events were published",
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
        let mut needles = Needles::default();
        let found = runtime
            .block_on(join_all(Provider::ALL.map(|provider| run::of_a_shop(provider, transcript.clone()))));
        for of_a_shop in found {
            needles.extend(of_a_shop);
        }
        assert!(needles.len() > 300, "{} things were searched for", needles.len());

        let log = transcript.log();
        let told = |what: &str| log.iter().any(|line| line.contains(what));
        let untold: Vec<_> = TOLD.into_iter().filter(|what| !told(what)).collect();
        assert!(untold.is_empty(), "the run never came across {untold:?}");
        let seen = transcript.seen();
        assert!(seen.len() > 100, "{} things were seen", seen.len());
        let kept = seen.iter().filter(|what| what.starts_with("kept answer")).count();
        assert!(kept >= 10, "{kept} answers of providers were kept");
        // Search everything at once first. Only a hit makes the slow search by line necessary, which locates it.
        let everything = [log, seen].concat();
        if needles.found_in(&everything.join("\n")).is_empty() {
            return;
        }
        for text in everything {
            let found = needles.found_in(&text);
            assert!(found.is_empty(), "{found:?} in {text}");
        }
        panic!("something is spread over several lines");
    }
}
