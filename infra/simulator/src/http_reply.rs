//! A provider's HTTP reply.

use axum::body::Bytes;
use axum::http::{HeaderName, header};
use serde_json::Value;

/// An HTTP reply. It may hold a token or a phone number, so it has no `Debug`.
#[derive(Clone)]
pub(super) struct HttpReply {
    pub status: u16,
    pub headers: Vec<(HeaderName, String)>,
    pub body: Bytes,
}

impl HttpReply {
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![(header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }

    /// JSON that is already serialised.
    pub fn json_text(status: u16, body: Vec<u8>) -> Self {
        Self { body: body.into(), ..Self::json(status, &Value::Null) }
    }

    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
        let body: String = body.into();
        Self { status, headers, body: body.into() }
    }

    pub fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// The first half of the body, which is invalid JSON.
    pub fn halved(self) -> Self {
        Self { body: self.body.slice(..self.body.len() / 2), ..self }
    }
}
