//! Finds the result of a provider's own call in its reply: an HTTP status or a cURL error number.

use crate::providers::lenient::{self, Object};

/// cURL's error numbers for calls that were never sent: no proxy, address, connection or TLS.
pub(super) const CURL_NEVER_LEFT: &[u16] = &[5, 6, 7, 35, 51, 58, 60, 77];

/// cURL's error number of at most two digits, as in `curl error 52` and `curl 52`.
pub(super) fn curl_error(flat: &str) -> Option<u16> {
    let mut after = flat.split(" curl ").skip(1).flat_map(|after| after.split_whitespace().take(2));
    after.find_map(|word| word.parse().ok().filter(|number| *number < 100))
}

/// Whether an upstream's status is more specific than a refusal.
fn is_specific(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 499 | 500..=599)
}

/// The HTTP status in a text, as in `request failed with status code 502`, `http 1 1 503` or `520 web server
/// is down`. After just *error* or *code*, only a 5xx counts: lower numbers may be WhatsApp's codes.
pub(super) fn upstream_in(flat: &str) -> Option<u16> {
    const HTTP: &[&str] =
        &["http", "https", "status", "statuscode", "responded", "returned", "answered", "upstream"];
    const PERHAPS: &[&str] = &["error", "code", "response"];
    let words: Vec<&str> = flat.split_whitespace().collect();
    words.iter().enumerate().find_map(|(index, word)| {
        let status = (word.len() == 3).then(|| word.parse().ok()).flatten().filter(|it| is_specific(*it))?;
        let before = words.get(index.saturating_sub(3)..index).unwrap_or_default();
        let is_http = before.iter().any(|word| HTTP.contains(word));
        let may_be = status >= 500 && before.last().is_none_or(|word| PERHAPS.contains(word));
        (is_http || may_be).then_some(status)
    })
}

/// The HTTP status in a member of the body or of an error.
pub(super) fn upstream_in_members(body: &Object) -> Option<u16> {
    const NAMES: &[&str] = &[
        "status",
        "statusCode",
        "status_code",
        "httpStatus",
        "http_status",
        "httpCode",
        "http_code",
        "code",
    ];
    let errors = lenient::error_objects(body);
    std::iter::once(body).chain(errors).find_map(|object| {
        let codes = NAMES.iter().filter_map(|name| lenient::code(object.get(*name)));
        codes.filter_map(|code| u16::try_from(code).ok()).find(|status| is_specific(*status))
    })
}
