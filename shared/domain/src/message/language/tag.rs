//! Parses language tags in all common spellings and measures the distance between two of them.

use std::borrow::Cow;

use super::tables::{NAMES, NAMES_OF_REGIONS, NEAR, OF_COUNTRIES, REGIONS, REPLACED, THREE_LETTERS};
use crate::message::characters::is_invisible;

/// A language tag (BCP 47), as far as template languages distinguish it. Accepted spellings include
/// `zh-Hant-TW`, `zh_TW`, `zh_TW_#Hant` and `de_AT.UTF-8`.
pub(crate) struct Tag {
    pub(super) language: String,
    script: Option<String>,
    region: Option<String>,
}

/// The maximum number of languages read from a list.
const MAX_TAGS: usize = 20;
/// The maximum number of parts read from a tag or a name.
const MAX_PARTS: usize = 16;
/// Separators between the parts of a tag, and between the names of a language and its region.
const SEPARATORS: &[char] = &['-', '_', '+', '#', '/', '(', ')', '\u{ff08}', '\u{ff09}', ' '];

/// Characters around a tag in a list that is written as JSON or is quoted.
const AROUND: &[char] = &['"', '\'', '\u{201c}', '\u{201d}', '[', ']', '{', '}', '<', '>'];

/// The scripts in which templates of one language differ. Other four-letter words are parts of names (`Hong
/// Kong`).
const SCRIPTS: [&str; 6] = ["hant", "hans", "latn", "cyrl", "arab", "guru"];

/// The value for a key in a table of `key:value` pairs.
fn mapped(table: &'static str, key: &str) -> Option<&'static str> {
    let mut pairs = table.split(' ').filter_map(|pair| pair.split_once(':'));
    pairs.find(|(known, _)| *known == key).map(|(_, value)| value)
}

impl Tag {
    /// Parses a tag. Browsers (`de-AT,de;q=0.9`) and systems (`de_AT:de`) send lists: then it returns the
    /// preferred tag.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::parse_all(code).into_iter().next()
    }

    /// Parses a list, the preferred tag first. Tags that are not accepted (`q=0`) and invalid ones are
    /// dropped. <https://www.rfc-editor.org/rfc/rfc9110#field.accept-language>
    pub(super) fn parse_all(list: &str) -> Vec<Self> {
        let list: String = list.chars().filter(|c| !is_invisible(*c)).collect();
        // The second item of `Chinese, Traditional` is not a language.
        let mut items: Vec<Cow<'_, str>> = Vec::new();
        for item in list.split([',', ':', '|']).take(MAX_TAGS) {
            match items.last_mut() {
                Some(last) if script_of_chinese(&item.trim().to_lowercase(), false).is_some() => {
                    *last = format!("{last} {item}").into();
                }
                _ => items.push(item.into()),
            }
        }
        let weighed = items.iter().flat_map(|item| {
            let (code, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().strip_prefix(['q', 'Q']).map(str::trim_start);
            let weight = weight.and_then(|weight| weight.strip_prefix('=')?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            let tags = if weight > 0.0 { Self::parse_words(code) } else { Vec::new() };
            tags.into_iter().map(move |tag| (weight, tag))
        });
        let mut weighed: Vec<(f32, Self)> = weighed.collect();
        weighed.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        weighed.into_iter().map(|(_, tag)| tag).take(MAX_TAGS).collect()
    }

    /// Parses a tag, a name, or several tags separated by white space. `zh TW` and `de AT` are one tag each.
    fn parse_words(code: &str) -> Vec<Self> {
        let words: Vec<&str> = code.split_whitespace().take(MAX_TAGS).collect();
        let is_lower = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        let first = words.first().copied().unwrap_or_default();
        let is_tag =
            |word: &&str| word.contains(['-', '_']) || (word.len() == 2 && is_lower(word) == is_lower(first));
        if !first.eq_ignore_ascii_case("zh") && words.iter().all(is_tag) {
            words.into_iter().filter_map(Self::parse_one).collect()
        } else {
            Self::parse_one(&words.join(" ")).into_iter().collect()
        }
    }

    fn parse_one(code: &str) -> Option<Self> {
        let code = code.trim_matches(AROUND).split(['.', '@']).next().unwrap_or_default().to_lowercase();
        let mut parts: Vec<&str> =
            code.split(SEPARATORS).filter(|part| !part.is_empty()).take(MAX_PARTS).collect();
        // Android's prefix for a BCP 47 tag: `b+zh+Hant`.
        if parts.first() == Some(&"b") {
            parts.remove(0);
        }
        let named = |part: &&str| mapped(NAMES, part);
        let name =
            if code.contains(' ') { parts.iter().find_map(named) } else { parts.first().and_then(named) };
        let mut tag = if let Some(name) = name {
            // No code in the table of names is itself a name, so this recursion ends.
            Self::parse_one(name)?
        } else {
            let first = (!parts.is_empty()).then(|| parts.remove(0))?;
            if !(2..=8).contains(&first.len()) || !first.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return None;
            }
            let language = mapped(THREE_LETTERS, first).unwrap_or(first);
            Self {
                language: mapped(OF_COUNTRIES, language).unwrap_or(language).to_owned(),
                script: None,
                region: ["gb", "us", "mx"].contains(&first).then(|| first.to_ascii_uppercase()),
            }
        };
        let count = parts.len();
        for (place, part) in parts.into_iter().enumerate() {
            let is_letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
            let is_last = place + 1 == count;
            if let Some(script) =
                script_of_chinese(part, is_last).filter(|_| ["zh", "cmn"].contains(&tag.language.as_str()))
            {
                tag.script = Some(script.to_owned());
                continue;
            }
            if let Some(region) = mapped(NAMES_OF_REGIONS, part) {
                tag.region = Some(region.to_owned());
                continue;
            }
            match part.len() {
                // A single letter starts an extension.
                1 => break,
                2 if is_letters => tag.region = Some(region(part)),
                3 if part.bytes().all(|byte| byte.is_ascii_digit()) => tag.region = Some(part.to_owned()),
                // An old form for a Chinese language: `zh-yue`, `zh-cmn`.
                3 if part == "yue" => "yue".clone_into(&mut tag.language),
                3 if is_letters && REGIONS.iter().any(|(code, _)| part.eq_ignore_ascii_case(code)) => {
                    tag.region = Some(region(part));
                }
                // Android's form `zh-rTW`. Three-letter country codes that look like it were handled above or
                // are excluded here.
                3 if is_letters && part.starts_with('r') => {
                    tag.region = part.get(1..).filter(|_| !LIKE_ANDROIDS_REGIONS.contains(&part)).map(region);
                }
                4 if SCRIPTS.contains(&part) => tag.script = Some(part.to_owned()),
                _ => {}
            }
        }
        if tag.language == "yue" && tag.script.is_none() && tag.region.is_none() {
            tag.region = Some("HK".to_owned());
        }
        // Facebook's code for the Spanish of Latin America, and that of older software.
        if tag.language == "es" && matches!(tag.region.as_deref(), Some("LA" | "XL")) {
            tag.region = Some("419".to_owned());
        }
        if ["sh", "hbs"].contains(&tag.language.as_str()) {
            tag.script.get_or_insert_with(|| "latn".to_owned());
        }
        if let Some(language) = mapped(REPLACED, &tag.language) {
            language.clone_into(&mut tag.language);
        }
        Some(tag)
    }

    /// The primary language subtag, with replaced codes updated.
    pub(crate) fn language(&self) -> &str {
        &self.language
    }

    /// The region subtag: ISO 3166's two letters or UN M.49's three digits.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The script, given explicitly or implied by language and region; `None` for languages with only one script.
    pub(crate) fn script(&self) -> Option<&str> {
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

    /// Whether a reader of `script` can read this tag's script. Readers of Chinese and Punjabi differ by
    /// script; in other languages most people read both.
    pub(super) fn is_read_in(&self, script: Option<&str>) -> bool {
        !["zh", "pa"].contains(&self.language.as_str())
            || script.is_none_or(|script| self.script() == Some(script))
    }

    /// The distance from the wanted tag: `(false, 0)` is the same.
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
            // All groups of Spanish in `NEAR` are in the Americas.
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

/// Three-letter region codes (ISO 3166) that look like Android's `r` with two letters.
const LIKE_ANDROIDS_REGIONS: [&str; 4] = ["reu", "rou", "rus", "rwa"];

/// The script that a word after a Chinese language indicates, in Chinese and in the terms of Windows and
/// others: `zh-CHT`, `ZH-T`, `Chinese (Traditional)`.
fn script_of_chinese(word: &str, is_last: bool) -> Option<&'static str> {
    let is_any = |words: &[&str]| words.iter().any(|start| word.starts_with(start));
    if word == "cht" || is_any(&["trad", "\u{7e41}"]) || (is_last && word == "t") {
        Some("hant")
    } else if word == "chs" || is_any(&["simp", "\u{7b80}", "\u{7c21}"]) || (is_last && word == "s") {
        Some("hans")
    } else {
        None
    }
}

/// The two-letter code of a region.
fn region(code: &str) -> String {
    let code = code.to_ascii_uppercase();
    REGIONS.iter().find(|(other, _)| *other == code).map_or(code, |(_, letters)| (*letters).to_owned())
}
