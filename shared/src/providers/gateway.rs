//! Recognises the replies of gateways in front of a provider that say that no server of the provider got the request. Any other 5xx
//! may come after a server has accepted the message.

use super::http::Reply;
use super::http_status;
use crate::protocol::{Answer, Reason, ReasonClass};

/// Cloudflare's own statuses for a server that refuses the connection (521) or can't be reached (523), for a TLS handshake that failed
/// (525, 526), and for an error before any connection, such as a host without an address (530):
/// <https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/>. After a 520, 522 or 524 the
/// server may have got the request.
const OF_CLOUDFLARE: [u16; 5] = [521, 523, 525, 526, 530];
/// Cloudflare's page has its name, and its short form is `error code: 521`.
const IS_CLOUDFLARES: [&str; 2] = ["cloudflare", "error code: "];
/// What gateways write with a 503 if they know of no server to which they could pass the request on: Envoy, `HAProxy`
/// (`errorfile` of its source) and Traefik.
const NO_SERVER: [&str; 3] =
    ["no healthy upstream", "no server is available to handle this request", "no available server"];
/// Longer than the beginning of a page that has these words.
const MAX_SEARCHED: usize = 8192;

/// The answer if a gateway says that the provider didn't get the request; `None` for every other reply. A reply in JSON is the
/// provider's own.
pub(super) fn unreached(reply: &Reply) -> Option<Answer> {
    let words: &[&str] = match reply.status {
        503 => &NO_SERVER,
        status if OF_CLOUDFLARE.contains(&status) => &IS_CLOUDFLARES,
        _ => return None,
    };
    let text = String::from_utf8_lossy(reply.body.get(..MAX_SEARCHED).unwrap_or(&reply.body)).to_lowercase();
    let is_json = text.trim_start().starts_with(['{', '[']);
    (!is_json && words.iter().any(|word| text.contains(word))).then(|| Answer::NotSent {
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
        let page = |status: u16, title: &str| {
            format!(
                "<!DOCTYPE html>\n<html><head><title>api.example | {status}: {title}</title></head><body><a href=\"https://www.cloudflare.com/5xx-error-landing\">Cloudflare</a></body></html>"
            )
        };
        for (status, body) in [
            (503, "no healthy upstream".to_owned()),
            (503, "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n".to_owned()),
            (503, "no available server\n".to_owned()),
            (521, page(521, "Web server is down")),
            (521, "error code: 521".to_owned()),
            (523, page(523, "Origin is unreachable")),
            (525, page(525, "SSL handshake failed")),
            (526, "error code: 526".to_owned()),
            (530, "error code: 1016".to_owned()),
        ] {
            for answer in classified(status, &body) {
                assert_eq!(answer, format!("not sent unavailable http_{status}"), "{body}");
            }
        }
    }

    #[test]
    fn any_other_reply_of_a_gateway_leaves_the_outcome_open() {
        for (status, body) in [
            (503, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"),
            (
                503,
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
            ),
            (502, "no healthy upstream"),
            (520, "error code: 520"),
            (522, "error code: 522"),
            (524, "error code: 524"),
            (521, ""),
            (503, r#"{"message":"no healthy upstream","id":"wamid.A"}"#),
        ] {
            for answer in classified(status, body) {
                assert_eq!(answer, format!("unknown unclear http_{status}"), "{body}");
            }
        }
    }
}
