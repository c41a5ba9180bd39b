//! The resumable upload API, which turns a file into the handle that a template's header takes as its sample
//! (<https://developers.facebook.com/docs/graph-api/guides/upload>).
//!
//! Documented: both requests, `file_offset`, the scheme `OAuth`, the answers `{"id": "upload:…"}` and `{"h": "…"}`.
//! Seen in public code: that the id has a query of its own (`upload:…?sig=…`), which belongs to the second request.

use serde_json::Value;

use super::{Meta, PROVIDER, accepted};
use crate::providers::CallError;
use crate::providers::http::Reply;

/// The header that says from which byte on the file is sent.
const FROM_ITS_START: (&str, &str) = ("file_offset", "0");

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The file's name, without a folder.
    pub name: String,
    /// `image/jpeg`, `image/png`, `video/mp4` or `application/pdf`.
    pub content_type: &'static str,
    /// The file's contents.
    pub bytes: Vec<u8>,
}

impl Meta {
    /// Uploads a file for the app of the token, and returns its handle.
    pub async fn upload(&self, app: &str, file: Upload) -> Result<String, CallError> {
        let length = file.bytes.len().to_string();
        let query = [
            ("file_name", file.name.as_str()),
            ("file_length", length.as_str()),
            ("file_type", file.content_type),
        ];
        let reply = self.api.post_query(&[&self.version, app, "uploads"], &query).await?;
        let id = member(&reply, "id", "an upload's id")?;
        let (session, query) =
            id.split_once('?').map_or((id.as_str(), None), |(id, query)| (id, Some(query)));
        if !session.starts_with("upload:") {
            return Err(unreadable(&reply, "an upload's id"));
        }
        let path = [self.version.as_str(), session];
        let reply = self.uploads.post_file(&path, query, FROM_ITS_START, file.bytes).await?;
        member(&reply, "h", "the uploaded file's handle")
    }
}

fn member(reply: &Reply, name: &str, expected: &'static str) -> Result<String, CallError> {
    let body = accepted(reply)?;
    body.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| unreadable(reply, expected))
}

const fn unreadable(reply: &Reply, expected: &'static str) -> CallError {
    CallError::Unreadable { provider: PROVIDER, status: reply.status, expected }
}
