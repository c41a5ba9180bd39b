//! The handshake by which Meta verifies a webhook.

use url::form_urlencoded;

use crate::account::MetaAccount;
use crate::random;

/// The result of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The webhook returned the challenge and nothing else.
    Verified,
    /// The webhook answered 200 with another body.
    WrongChallenge,
    /// The webhook answered with this HTTP status.
    Refused(u16),
    /// The connection failed, or no webhook is set.
    Unreachable,
}

/// Asks the webhook to return a random challenge. The dots in the names are literal.
pub(crate) async fn shake_hands(client: &reqwest::Client, account: &MetaAccount, webhook: &str) -> Handshake {
    let challenge = random::decimal::<10>();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", &account.verify_token)
        .finish();
    let Ok(response) = client.get(format!("{webhook}?{query}")).send().await else {
        return Handshake::Unreachable;
    };
    let status = response.status().as_u16();
    match (status, response.text().await) {
        (200, Ok(text)) if text == challenge => Handshake::Verified,
        (200, _) => Handshake::WrongChallenge,
        (status, _) => Handshake::Refused(status),
    }
}
