//! The links in templates' headers. The simulator doesn't fetch them; a link's own text says whether it works.

use super::error::{ErrorKind, WhatsAppError};
use crate::message::FilledTemplate;

/// WhatsApp's error about a link that can't be fetched: its host ends in `.invalid`, a domain that never exists
/// (RFC 2606), or its path contains `missing`.
pub(crate) fn broken_link(filled: &FilledTemplate) -> Option<WhatsAppError> {
    let link = url::Url::parse(filled.header.as_ref()?.link()?).ok()?;
    let is_broken =
        link.host_str().is_some_and(|host| host.ends_with(".invalid")) || link.path().contains("missing");
    is_broken.then(|| {
        ErrorKind::MEDIA_UPLOAD
            .about("Downloading media from weblink failed with http code 404, status message Not Found")
    })
}
