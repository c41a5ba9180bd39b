//! The header above the body: a text, a file, or a place on the map.

use domain::catalogue::Section;
use domain::fault::Fault;
use serde::Serialize;
use toml::Table;
use url::Url;

use super::variables::{self, Variables};
use super::{body, keys};

/// The longest text, and the number of its variables ("Supports 1 parameter", "Maximum 60 characters"):
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components#text-header>.
const MAX_CHARS: usize = 60;
const MAX_VARIABLES: usize = 1;

/// A template's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Header {
    /// One line of text with at most one variable.
    Text {
        /// The line.
        text: String,
        /// An example of the variable; there is one exactly if there is a variable.
        #[serde(skip_serializing_if = "Option::is_none")]
        sample: Option<String>,
    },
    /// A file that each message names anew.
    Media {
        /// The kind of the file.
        media: Media,
        /// A link that begins with `https://`, or a path relative to the folder of the definitions. Meta's reviewers see the
        /// file; no customer does.
        sample: String,
    },
    /// A place on the map, which each message names anew. It has no sample.
    Location,
}

/// The kinds of files in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A document, such as an invoice.
    Document,
}

impl Media {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Image, Self::Video, Self::Document];

    /// The kind's key in the files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
        }
    }
}

impl Header {
    /// The name in the files: `text`, `image`, `video`, `document` or `location`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { media, .. } => media.name(),
            Self::Location => "location",
        }
    }

    /// The variables of its text; none if it is another header.
    pub fn variables(&self) -> Variables {
        match self {
            Self::Text { text, .. } => Variables::find(text),
            Self::Media { .. } | Self::Location => Variables::Positional(0),
        }
    }

    /// Whether each message brings a value for it.
    pub fn needs_value(&self) -> bool {
        match self {
            Self::Text { sample, .. } => sample.is_some(),
            Self::Media { .. } | Self::Location => true,
        }
    }
}

/// Reads the table `header` of the text at `place`.
pub(super) fn read(place: &str, table: &Table, faults: &mut Vec<Fault>) -> Option<Header> {
    let mut section = Section::new(format!("{place} header"), table, faults).with_examples(&keys::HEADER);
    let text = section.optional_text("text");
    let sample = section.optional_text("sample");
    let media = Media::ALL.map(|media| (media, section.optional_text(media.name())));
    let location = section.optional_bool("location");
    if let Some(text) = &text {
        check_text(&mut section, text, sample.as_deref());
    } else if sample.is_some() {
        section.fault("sample", "belongs to a text; the link of a picture, video or document is its sample");
    }
    for (media, sample) in &media {
        if let Some(sample) = sample {
            check_media(&mut section, media.name(), sample);
        }
    }
    if location == Some(false) {
        section.fault("location", "is false; leave the header out");
    }
    section.finish();
    let keys = ["text", "image", "video", "document", "location"];
    let given: Vec<&str> = keys.into_iter().filter(|key| table.contains_key(*key)).collect();
    if given.len() != 1 {
        let has = if given.is_empty() { "none of these".to_owned() } else { given.join(" and ") };
        let problem = format!("is one of {}, and this one has {has}", keys.join(", "));
        faults.push(Fault::new(format!("{place} header"), problem));
    }
    let media = media.into_iter().find_map(|(media, sample)| Some(Header::Media { media, sample: sample? }));
    let text = text.map(|text| Header::Text { text, sample });
    text.or(media).or((location == Some(true)).then_some(Header::Location))
}

fn check_text(section: &mut Section<'_, '_>, text: &str, sample: Option<&str>) {
    variables::check(section, "text", text);
    let variables = Variables::find(text);
    if variables.len() > MAX_VARIABLES {
        section.fault("text", format!("has {variables}, and a header has one variable at most"));
    }
    if text.chars().count() > MAX_CHARS {
        section.fault("text", format!("is longer than {MAX_CHARS} characters"));
    }
    if body::breaks_a_line(text) {
        section.fault("text", "holds a line break or a tab; it is one line");
    }
    match sample {
        None if !variables.is_empty() => {
            section.fault("sample", format!("is missing: Meta's reviewers see an example of {variables}"));
        }
        Some(_) if variables.is_empty() => section.fault("sample", "belongs to no variable of the text"),
        Some(sample) => {
            if body::breaks_a_line(sample) {
                section.fault("sample", "holds a line break or a tab, which WhatsApp refuses in a variable");
            }
            if variables::fill(text, |_| Some(sample)).chars().count() > MAX_CHARS {
                section.fault("sample", format!("fills the text to more than {MAX_CHARS} characters"));
            }
        }
        None => {}
    }
}

fn check_media(section: &mut Section<'_, '_>, key: &str, sample: &str) {
    let is_local = !sample.contains("://") && !sample.starts_with('/');
    let is_link = Url::parse(sample).is_ok_and(|url| url.scheme() == "https" && url.has_host());
    if !is_link && !is_local {
        section.fault(
            key,
            "is neither a link that begins with https:// nor a path relative to this folder: it is a sample for Meta's \
             reviewers",
        );
    }
    if sample.contains("{{") {
        section.fault(key, "has a variable; it is a sample, and each message brings a link of its own");
    }
}
