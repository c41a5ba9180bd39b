//! Checks Kaleyra as far as its API allows: it documents only the list of the business account's templates. The callback
//! profile can't be read.

use shared::catalogue::Catalogue;
use shared::message::Sender;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::KaleyraCredentials;
use url::Url;

use super::finding::Finding;
use super::{call_error, meta, templates};
use crate::providers::{CallError, Kaleyra, LiveTemplate};

/// The domain of Kaleyra's pods.
const DOMAIN: &str = ".kaleyra.io";

/// Whether this is one of Kaleyra's own hosts.
pub(super) fn is_own_address(url: &Url) -> bool {
    url.scheme() == "https" && url.host_str().is_some_and(|host| host.ends_with(DOMAIN))
}

/// Kaleyra's templates; none if the account's id is unknown.
#[derive(Debug)]
pub(super) struct Facts(Option<Result<Vec<LiveTemplate>, CallError>>);

impl Facts {
    pub(super) async fn gather(urls: &BaseUrls, credentials: &KaleyraCredentials) -> Self {
        Self(match (Kaleyra::new(urls, credentials), &credentials.waba_id) {
            (Err(error), _) => Some(Err(error)),
            (Ok(_), None) => None,
            (Ok(kaleyra), Some(waba)) => Some(kaleyra.templates(waba).await),
        })
    }
}

pub(super) fn findings(
    Facts(live): &Facts,
    catalogue: Option<&Catalogue>,
    sender: Option<&Sender>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match live {
        Some(Ok(live)) => {
            findings.push(Finding::fine("Kaleyra accepts the credentials and the account's id."));
            match catalogue {
                Some(catalogue) => {
                    let wanted = templates::wanted(catalogue, Provider::Kaleyra, sender);
                    findings.extend(templates::findings(Provider::Kaleyra, &wanted, live));
                }
                None => findings.push(meta::without_a_catalogue()),
            }
        }
        Some(Err(error)) => findings.push(call_error::finding("Kaleyra's templates", error)),
        None => findings.push(Finding::warning(
            "Whether Kaleyra accepts the credentials and has the templates is unknown: the credentials secret has no \
             kaleyra.waba_id.",
            "Without a send, only the templates of a WhatsApp business account can be read at Kaleyra.",
            "Add kaleyra.waba_id, the account's id, to the credentials secret; deploy this version first.",
        )),
    }
    findings.push(Finding::note(
        "Kaleyra's callback profile can't be checked: Kaleyra has no interface for it.",
        "Only a message's callback shows that it is set up. `ops webhook register kaleyra` prints its settings.",
    ));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn severities(facts: &Facts) -> Vec<Severity> {
        let catalogue =
            Catalogue::parse("c", include_str!("../../../../../tests/shop/notifications.toml")).unwrap();
        findings(facts, Some(&catalogue), None).iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn an_unknown_state_is_always_reported() {
        use Severity::{Fault, Note, Warning};
        assert_eq!(severities(&Facts(None)), [Warning, Note]);
        let refused = CallError::Credentials { provider: Provider::Kaleyra, status: 401 };
        assert_eq!(severities(&Facts(Some(Err(refused)))), [Fault, Note]);
    }

    #[test]
    fn missing_templates_are_faults() {
        let severities = severities(&Facts(Some(Ok(Vec::new()))));
        let faults = severities.iter().filter(|severity| **severity == Severity::Fault).count();
        assert_eq!((faults, severities.len()), (10, 12));
    }
}
