//! The sample files of templates, uploaded as <https://developers.facebook.com/docs/graph-api/guides/upload> says: a
//! session for a file of known length and type, and then the file. A session's id ends in a query of its own (`?sig=…`),
//! as in many users' recordings, so a client that encodes the id as one segment of a path fails.
//!
//! Inferred: the errors. Not simulated: files in several pieces.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::reply::MetaError;
use crate::random;
use crate::whatsapp::Field;

/// The start of a session's id.
pub(crate) const PREFIX: &str = "upload:";
/// The types that can be uploaded.
const FILE_TYPES: [&str; 5] = ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];

/// The open sessions and the uploaded files.
#[derive(Default)]
pub(crate) struct Uploads {
    sessions: HashMap<String, Session>,
    file_types: HashMap<String, &'static str>,
}

struct Session {
    signature: String,
    length: usize,
    file_type: &'static str,
}

impl Uploads {
    /// Opens a session; the answer names its id.
    pub fn open(&mut self, query: &HashMap<String, String>) -> Result<Value, MetaError> {
        let query: Map<String, Value> =
            query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        Field::required(&query, "file_name")?.text()?;
        let length = Field::required(&query, "file_length")?.number()?;
        let file_type = Field::required(&query, "file_type")?.one_of(&FILE_TYPES)?;
        let id =
            format!("{PREFIX}{}", STANDARD.encode(format!("1:attachment:{}", random::hexadecimal::<16>())));
        let signature = format!("AR{}", random::hexadecimal::<9>());
        let answer = json!({"id": format!("{id}?sig={signature}")});
        self.sessions.insert(id, Session { signature, length, file_type });
        Ok(answer)
    }

    /// Takes a session's file, whose handle the answer names.
    pub fn receive(
        &mut self,
        id: &str,
        signature: Option<&String>,
        offset: Option<&str>,
        file: &[u8],
    ) -> Result<Value, MetaError> {
        let session = self
            .sessions
            .get(id)
            .filter(|session| signature == Some(&session.signature))
            .ok_or_else(|| MetaError::NoSuchObject(id.to_owned()))?;
        if offset != Some("0") || file.len() != session.length {
            let message =
                "(#100) The file must be complete, from file_offset 0 to its file_length.".to_owned();
            return Err(MetaError::Parameter { message, details: None });
        }
        let handle = format!("4:{}:{}", STANDARD.encode(session.file_type), random::hexadecimal::<24>());
        self.file_types.insert(handle.clone(), session.file_type);
        self.sessions.remove(id);
        Ok(json!({"h": handle}))
    }

    /// The type of an uploaded file; none if it was never uploaded.
    pub fn file_type(&self, handle: &str) -> Option<&'static str> {
        self.file_types.get(handle).copied()
    }
}
