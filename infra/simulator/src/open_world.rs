//! Providers that deviate from their documents, in formats that public bug reports, SDKs and recordings show. The
//! content stays correct; only the format differs.
//!
//! The choice for a message depends on the seed and the message alone, so that a seed is the same world in every run.

mod callbacks;
mod refusals;
mod replies;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::http::header;
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::http_reply::HttpReply;
use super::message::Message;

/// A placeholder for half of a surrogate pair, which a Rust string can't contain.
const HALF: char = '\u{e000}';
/// A placeholder for a byte that is invalid in UTF-8.
const NO_UTF_8: char = '\u{e001}';

/// The extent of the deviations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strangeness {
    /// Determines the random choices.
    pub seed: u64,
    /// Whether many messages are refused at first, for temporary reasons.
    pub refuses: bool,
}

/// The state of the random choices.
pub(super) struct OpenWorld {
    strangeness: Strangeness,
    /// The number of tries of each message, by its hash.
    tries: Mutex<HashMap<u64, u32>>,
}

impl OpenWorld {
    pub fn new(strangeness: Strangeness) -> Self {
        Self { strangeness, tries: Mutex::default() }
    }

    /// The random generator for a message and a purpose.
    fn draw(&self, message: &Message, purpose: &str) -> StdRng {
        StdRng::seed_from_u64(self.hash(message, purpose))
    }

    /// A retry may carry another key, and still counts as the same message.
    fn hash(&self, message: &Message, purpose: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.strangeness.seed, purpose, message.provider, &message.recipient, &message.template)
            .hash(&mut hasher);
        hasher.finish()
    }

    /// Counts the tries of a message, from 1.
    fn next_try(&self, message: &Message) -> u32 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tries.entry(self.hash(message, "try")).or_default();
        *count += 1;
        *count
    }
}

/// JSON in one of its variants on the wire: with a byte-order mark, with a superfluous comma, or unchanged; and with
/// its placeholders replaced by broken text.
fn written(rng: &mut StdRng, json: &str) -> Vec<u8> {
    let json = match (rng.random_range(0..4), json.trim_end().strip_suffix('}')) {
        (0, _) => format!("\u{feff}{json}"),
        (1, Some(open)) => format!("{open},}}"),
        _ => json.to_owned(),
    };
    let mut bytes = Vec::with_capacity(json.len());
    for character in json.chars() {
        match character {
            HALF => bytes.extend(b"\\ud83d"),
            NO_UTF_8 => bytes.push(0xff),
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// A reply in one of these formats, sometimes compressed: a gateway in front of a provider does so without being asked.
fn reply(rng: &mut StdRng, status: u16, json: &str) -> HttpReply {
    let body = written(rng, json);
    let plain = HttpReply::json_text(status, body.clone());
    if !rng.random_bool(0.2) {
        return plain;
    }
    match zipped(&body) {
        Ok(body) if rng.random_bool(0.5) => {
            HttpReply::json_text(status, body).with_header(header::CONTENT_ENCODING, "gzip")
        }
        Ok(body) => HttpReply::json_text(status, body),
        Err(_) => plain,
    }
}

fn zipped(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish()
}
