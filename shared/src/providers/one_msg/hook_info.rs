//! Polls with `GET {base}/{channel}/hookInfo?messageId=<id>` (seeds 000, 001 and 002), which returns all
//! reports about a message.
//!
//! The vendor's newer documents do not mention it, so a channel may lack it: status 404 shows nothing about the
//! message.

use jiff::Timestamp;
use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use url::Url;

use super::callback;
use crate::message::MessageId;
use crate::protocol::{Reason, ReasonClass};
use crate::providers::api::PollResult;
use crate::providers::base_urls::endpoint;
use crate::providers::http::{Reply, Request};
use crate::providers::http_status;
use crate::secrets::OneMsgCredentials;

/// Builds the request. Its URL contains the message id, which is personal data and must not be logged.
pub(in crate::providers) fn request(
    credentials: &OneMsgCredentials,
    base: &Url,
    message: &MessageId,
) -> Result<Request, Reason> {
    let mut url = endpoint(base, &[&credentials.channel, "hookInfo"])?;
    url.query_pairs_mut().append_pair("messageId", message.as_str());
    Request::get(url)
        .with_secret_header(AUTHORIZATION, &format!("Bearer {}", credentials.token.expose_secret()))
}

/// Classifies the reply. Its `hooks` may be empty or in any order; each of them counts.
pub(in crate::providers) fn classify(
    message: &MessageId,
    reply: &Reply,
    received_at: Timestamp,
) -> PollResult {
    let reason = |class, text: &str| Reason::new(class, http_status::code(reply.status), text);
    match reply.status {
        200..=299 => match callback::parse_about(message, &reply.body, received_at) {
            Ok(callback) => PollResult::Reported(callback),
            Err(unparsable) => {
                PollResult::Nothing(Reason::new(ReasonClass::Unclear, "unreadable", unparsable.to_string()))
            }
        },
        401 => PollResult::Blocked(reason(ReasonClass::Credentials, "1MSG refuses the credentials")),
        402 | 403 => PollResult::Blocked(reason(ReasonClass::Account, "1MSG refuses the account")),
        429 => PollResult::Blocked(reason(ReasonClass::Throttled, "too many polls at once")),
        400 | 404 => PollResult::Nothing(reason(ReasonClass::Unclear, "1MSG doesn't know the message")),
        _ => PollResult::Nothing(reason(ReasonClass::Unavailable, "1MSG does not answer the poll")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::delivery::FactKind;
    use crate::providers::BaseUrls;
    use crate::providers::samples::on_the_wire;

    const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn id(id: &str) -> MessageId {
        MessageId::parse(id).unwrap()
    }

    fn poll_result(status: u16, body: &str) -> PollResult {
        let reply = Reply { status, retry_after: None, error_type: None, body: body.as_bytes().to_vec() };
        classify(&id("wamid.A="), &reply, RECEIVED_AT)
    }

    fn known(body: &Value) -> Vec<(String, FactKind, i64)> {
        let PollResult::Reported(callback) = poll_result(200, &body.to_string()) else { panic!("{body}") };
        callback
            .facts
            .iter()
            .map(|fact| (fact.message_id.as_str().to_owned(), fact.kind, fact.at.as_second()))
            .collect()
    }

    #[test]
    fn the_request_is_as_documented_with_the_id_encoded() {
        let credentials =
            OneMsgCredentials { channel: "VID182868781".to_owned(), token: "eyJ.test.token".into() };
        let request = request(&credentials, &BaseUrls::default().onemsg, &id("wamid.A+b/c==")).unwrap();
        assert_eq!(
            request.url.as_str(),
            "https://api.1msg.io/VID182868781/hookInfo?messageId=wamid.A%2Bb%2Fc%3D%3D"
        );
        assert!(on_the_wire(&request).contains("authorization: Bearer eyJ.test.token (sensitive)"));
        assert!(!format!("{request:?}").contains("wamid"));
    }

    #[test]
    fn every_fact_counts_in_any_order_and_with_any_time_format() {
        let body = json!({"hooks": [
            {"id": "wamid.A=", "type": "message", "status": "delivered", "timestamp": 1_795_165_100, "pricing": {}},
            {"id": "wamid.A=", "type": "message", "status": "sent", "timestamp": "1795165099"},
            {"status": "read"},
            {"id": "wamid.B=", "status": "failed", "errors": [{"code": 131_049}]},
        ]});
        let of_this = |kind, at| ("wamid.A=".to_owned(), kind, at);
        assert_eq!(
            known(&body),
            [
                of_this(FactKind::Delivered, 1_795_165_100),
                of_this(FactKind::Sent, 1_795_165_099),
                of_this(FactKind::Read, RECEIVED_AT.as_second()),
                ("wamid.B=".to_owned(), FactKind::Failed, RECEIVED_AT.as_second()),
            ]
        );
        assert_eq!(known(&json!({"hooks": []})), []);
        assert_eq!(known(&json!({})), []);
        assert_eq!(known(&json!(null)), []);
    }

    #[test]
    fn an_unclear_reply_is_never_a_failure() {
        for (status, body, code) in [
            (404, r#"{"error":"Not found"}"#, "http_404"),
            (400, r#"{"message":"unknown message"}"#, "http_400"),
            (200, "", "unreadable"),
            (200, "<html>", "unreadable"),
            (500, r#"{"hooks":[{"status":"failed"}]}"#, "http_500"),
            (302, "", "http_302"),
        ] {
            assert!(
                matches!(poll_result(status, body), PollResult::Nothing(reason) if reason.code == code),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_refusal_blocks_polling_and_does_not_quote_the_body() {
        for (status, class) in
            [(401, ReasonClass::Credentials), (403, ReasonClass::Account), (429, ReasonClass::Throttled)]
        {
            let PollResult::Blocked(reason) = poll_result(status, r#"{"error":"Wrong token \"t0ken\""}"#)
            else {
                panic!("{status}")
            };
            assert_eq!((reason.class, reason.text.contains("t0ken")), (class, false));
        }
    }
}
