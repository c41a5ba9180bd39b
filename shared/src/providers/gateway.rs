//! Recognises the reply of a gateway in front of a provider that says that no server of the provider got the request. Any other 5xx
//! may come after a server has accepted the message.
//!
//! Most gateways ask a second server if the first fails, and then report on the second alone, although the first may have accepted the
//! message. So these words prove nothing: Envoy's `no healthy upstream`
//! (<https://github.com/envoyproxy/envoy/blob/main/source/common/router/router.cc>, `doRetry`), `HAProxy`'s *No server is available*
//! (<https://docs.haproxy.org/3.0/configuration.html#4.2-retry-on>), and Cloudflare's 521, 523, 525, 526 and 530, which may follow a 522
//! (<https://developers.cloudflare.com/load-balancing/understand-basics/adaptive-routing>). A message that is held is better than one that
//! arrives twice.

use super::http::Reply;
use super::http_status;
use crate::protocol::{Answer, Reason, ReasonClass};

/// Traefik's whole text, with a 503, if it knows no server. It doesn't repeat a request of which a server has got the headers:
/// <https://github.com/traefik/traefik/blob/master/pkg/middlewares/retry/retry.go>.
const NO_SERVER: &[u8] = b"no available server";

/// The answer if a gateway says that the provider didn't get the request; `None` for every other reply.
pub(super) fn unreached(reply: &Reply) -> Option<Answer> {
    (reply.status == 503 && reply.body.trim_ascii() == NO_SERVER).then(|| Answer::NotSent {
        reason: Reason::new(
            ReasonClass::Unavailable,
            http_status::code(reply.status),
            "a gateway in front of the provider can't reach it",
        ),
        retry_after: reply.retry_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::providers::client::classify;
    use crate::providers::sanitizer::Sanitizer;
    use crate::providers::summary::summary;

    fn classified(status: u16, body: &str) -> Vec<String> {
        let reply = Reply { status, retry_after: None, error_type: None, body: body.into() };
        let all = [Provider::OneMsg, Provider::Kaleyra, Provider::Meta];
        all.map(|provider| summary(&classify(provider, &reply, &Sanitizer::default()))).into()
    }

    #[test]
    fn a_request_that_no_server_got_is_not_sent() {
        for body in ["no available server\n", "no available server"] {
            for answer in classified(503, body) {
                assert_eq!(answer, "not sent unavailable http_503", "{body}");
            }
        }
    }

    #[test]
    fn any_other_reply_of_a_gateway_leaves_the_outcome_open() {
        for (status, body) in [
            (503, "Queued. There is no available server for your channel yet"),
            (503, "<html><body>no available server</body></html>"),
            (503, r#"{"message":"no available server","id":"wamid.A"}"#),
            (502, "no available server"),
            (503, "no healthy upstream"),
            (
                503,
                "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
            ),
            (503, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"),
            (
                503,
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
            ),
            (520, "error code: 520"),
            (521, "error code: 521"),
            (
                521,
                "<title>api.example | 521: Web server is down</title><a href=\"https://www.cloudflare.com/5xx-error-landing\">",
            ),
            (522, "error code: 522"),
            (523, "error code: 523"),
            (524, "error code: 524"),
            (525, "error code: 525"),
            (526, "error code: 526"),
            (530, "error code: 1016"),
            (521, ""),
        ] {
            for answer in classified(status, body) {
                assert_eq!(answer, format!("unknown unclear http_{status}"), "{body}");
            }
        }
    }
}
