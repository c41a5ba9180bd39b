//! Language tags: read in every way in which they are written, and compared by how far they are from each other.

use super::tables::{NEAR, REGIONS, REPLACED, THREE_LETTERS};

/// A language tag (BCP 47), as far as templates differ by it, in the ways in which it is written: `zh-Hant-TW`, `zh_TW`,
/// `zh_TW_#Hant`, `de_AT.UTF-8`.
pub(crate) struct Tag {
    pub(super) language: String,
    script: Option<String>,
    region: Option<String>,
}

/// Of a list of languages, so many are read.
const MAX_TAGS: usize = 20;

impl Tag {
    /// Reads a tag; of a list, as browsers (`de-AT,de;q=0.9`) and systems (`de_AT:de`) send it, the one that is preferred.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::parse_all(code).into_iter().next()
    }

    /// Reads a list, the preferred tag first. What isn't accepted (`q=0`), and what is no tag, is left out.
    /// <https://www.rfc-editor.org/rfc/rfc9110#field.accept-language>
    pub(super) fn parse_all(list: &str) -> Vec<Self> {
        let weighed = list.split([',', ':']).take(MAX_TAGS).filter_map(|item| {
            let (code, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().strip_prefix(['q', 'Q']).map(str::trim_start);
            let weight = weight.and_then(|weight| weight.strip_prefix('=')?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            Self::parse_one(code).filter(|_| weight > 0.0).map(|tag| (weight, tag))
        });
        let mut weighed: Vec<(f32, Self)> = weighed.collect();
        weighed.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        weighed.into_iter().map(|(_, tag)| tag).collect()
    }

    fn parse_one(code: &str) -> Option<Self> {
        let code = code.trim().split(['.', '@']).next().unwrap_or_default();
        let mut parts = code.split(['-', '_']).map(|part| part.trim_start_matches('#').trim());
        let first = parts.next().unwrap_or_default().to_ascii_lowercase();
        if !(2..=8).contains(&first.len()) || !first.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let mut tag = Self { language: first, script: None, region: None };
        for part in parts {
            let is_letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
            match part.len() {
                // What stands behind a single letter is an extension.
                1 => break,
                2 if is_letters => tag.region = Some(region(part)),
                3 if part.bytes().all(|byte| byte.is_ascii_digit()) => tag.region = Some(part.to_owned()),
                // A Chinese language under its old form: `zh-yue`, `zh-cmn`.
                3 if is_letters && part.eq_ignore_ascii_case("yue") => "yue".clone_into(&mut tag.language),
                // Chinese by Windows' old names.
                3 if part.eq_ignore_ascii_case("cht") => tag.script = Some("hant".to_owned()),
                3 if part.eq_ignore_ascii_case("chs") => tag.script = Some("hans".to_owned()),
                3 if is_letters && REGIONS.iter().any(|(code, _)| part.eq_ignore_ascii_case(code)) => {
                    tag.region = Some(region(part));
                }
                4 if is_letters => tag.script = Some(part.to_ascii_lowercase()),
                _ => {}
            }
        }
        let two_letters = THREE_LETTERS.split(' ').filter_map(|pair| pair.split_once(':'));
        if let Some((_, two)) = two_letters.into_iter().find(|(three, _)| *three == tag.language) {
            two.clone_into(&mut tag.language);
        }
        if tag.language == "yue" && tag.script.is_none() && tag.region.is_none() {
            tag.region = Some("HK".to_owned());
        }
        if ["sh", "hbs"].contains(&tag.language.as_str()) {
            tag.script.get_or_insert_with(|| "latn".to_owned());
        }
        if let Some((_, language)) = REPLACED.iter().find(|(replaced, _)| *replaced == tag.language) {
            (*language).clone_into(&mut tag.language);
        }
        Some(tag)
    }

    /// The primary language, as it is called today.
    pub(crate) fn language(&self) -> &str {
        &self.language
    }

    /// The country or region, where one is given.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The script: as it is given, or the one in which the language is written there, where there are two.
    pub(super) fn script(&self) -> Option<&str> {
        if self.script.is_some() {
            return self.script.as_deref();
        }
        let region = self.region.as_deref().unwrap_or_default();
        match self.language.as_str() {
            "zh" if ["TW", "HK", "MO"].contains(&region) => Some("hant"),
            "zh" => Some("hans"),
            "pa" if region == "PK" => Some("arab"),
            "pa" => Some("guru"),
            "sr" => Some("cyrl"),
            "uz" | "az" => Some("latn"),
            _ => None,
        }
    }

    /// Whether who wants a script can read this one's: scripts of Chinese and Punjabi are read by different people, those of
    /// other languages mostly by the same.
    pub(super) fn is_read_in(&self, script: Option<&str>) -> bool {
        !["zh", "pa"].contains(&self.language.as_str())
            || script.is_none_or(|script| self.script() == Some(script))
    }

    /// How far it is from what is wanted: 0 is the same.
    pub(super) fn distance(&self, script: Option<&str>, wanted: &Self) -> (bool, u8) {
        let near = |region: &str| {
            let mut usages = NEAR.iter().filter(|(language, ..)| *language == self.language);
            usages
                .find(|(_, first, others)| *first == region || others.contains(&region))
                .map(|(_, first, _)| *first)
        };
        let region = match (self.region.as_deref(), wanted.region.as_deref()) {
            (own, wanted) if own == wanted => 0,
            (Some(own), Some(wanted)) if near(wanted).is_some_and(|first| first == own) => 1,
            (Some(own), Some(wanted)) if near(wanted).is_some() && near(wanted) == near(own) => 2,
            // Every usage of Spanish in `NEAR` is one of America.
            (Some(own), Some(wanted))
                if self.language == "es" && near(wanted).is_some() && near(own).is_some() =>
            {
                3
            }
            (None, Some(_)) => 4,
            _ => 5,
        };
        (script.is_some() && self.script() != script, region)
    }
}

/// A region's two letters.
fn region(code: &str) -> String {
    let code = code.to_ascii_uppercase();
    REGIONS.iter().find(|(other, _)| *other == code).map_or(code, |(_, letters)| (*letters).to_owned())
}
