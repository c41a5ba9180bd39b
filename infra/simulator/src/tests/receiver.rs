//! A webhook that records its calls.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

/// One call of the webhook.
#[derive(Clone)]
pub struct Call {
    pub path: String,
    pub headers: HeaderMap,
    pub raw: Vec<u8>,
    pub body: Value,
    pub at: Instant,
}

#[derive(Default)]
struct Kept {
    calls: Mutex<Vec<Call>>,
    answers: Mutex<VecDeque<u16>>,
}

/// A running webhook.
pub struct Receiver {
    kept: Arc<Kept>,
    pub base: String,
    pub verify_token: Arc<Mutex<String>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let kept = Arc::new(Kept::default());
        let verify_token = Arc::new(Mutex::new(String::new()));
        let router =
            Router::new().fallback(receive).with_state((Arc::clone(&kept), Arc::clone(&verify_token)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { kept, base, verify_token }
    }

    /// Answers the next calls with these statuses, later ones with 200.
    pub fn answer(&self, statuses: &[u16]) {
        self.kept.answers.lock().unwrap().extend(statuses);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.kept.calls.lock().unwrap().clone()
    }

    /// The status words of the calls, in the order of arrival, in any format.
    pub fn words(&self) -> Vec<String> {
        self.calls()
            .iter()
            .map(|call| {
                let body = &call.body;
                [
                    &body["status"],
                    &body["hooks"][0]["status"],
                    &body["ack"][0]["status"],
                    &body["entry"][0]["changes"][0]["value"]["statuses"][0]["status"],
                ]
                .into_iter()
                .find_map(Value::as_str)
                .unwrap_or_else(|| panic!("no status word in a call"))
                .to_owned()
            })
            .collect()
    }
}

async fn receive(
    State((kept, verify_token)): State<(Arc<Kept>, Arc<Mutex<String>>)>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    raw: Bytes,
) -> (StatusCode, String) {
    let query = query.unwrap_or_default();
    if method == Method::GET && query.starts_with("hub.") {
        return shake_hands(&query, &verify_token.lock().unwrap());
    }
    let call = Call {
        path: uri.path().to_owned(),
        headers,
        body: serde_json::from_slice(&raw).unwrap_or_default(),
        raw: raw.to_vec(),
        at: Instant::now(),
    };
    kept.calls.lock().unwrap().push(call);
    let status = kept.answers.lock().unwrap().pop_front().unwrap_or(200);
    (StatusCode::from_u16(status).unwrap(), String::new())
}

fn shake_hands(query: &str, verify_token: &str) -> (StatusCode, String) {
    let value = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    if value("hub.mode") == "subscribe" && value("hub.verify_token") == verify_token {
        (StatusCode::OK, value("hub.challenge"))
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}
