//! Template language codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A template's language and locale as the provider knows it: `en`, `en_US`, `es`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// A language code, kept as it is written: providers compare it letter by letter.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code, as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The template's language that a customer who asked for `wanted` reads best, if any is near: the same language in the same
    /// script and region, else in a region whose usage is near, in no region, or in another one; else a language that its
    /// readers read as well. Who writes Chinese in one script is never given the other.
    pub fn find<'a>(available: &'a [Self], wanted: &str) -> Option<&'a Self> {
        let wanted = Tag::parse(wanted)?;
        let known: Vec<(Tag, &Self)> =
            available.iter().filter_map(|known| Some((Tag::parse(&known.0)?, known))).collect();
        let nearest = |language: &str, script: Option<&str>| {
            let like = |(tag, _): &&(Tag, &'a Self)| tag.language == language && tag.is_read_in(script);
            known
                .iter()
                .filter(like)
                .min_by_key(|(tag, _)| tag.distance(script, &wanted))
                .map(|(_, known)| *known)
        };
        nearest(&wanted.language, wanted.script()).or_else(|| {
            let near = READ_TOO.iter().filter(|(language, _)| *language == wanted.language);
            near.flat_map(|(_, others)| *others).find_map(|other| nearest(other, None))
        })
    }
}

/// Codes that were replaced, parts of languages that are known by the whole's, and the three letters (ISO 639-2) of languages that
/// have two. <https://www.iana.org/assignments/language-subtag-registry>
const REPLACED: [(&str, &str); 32] = [
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("no", "nb"),
    ("mo", "ro"),
    ("tl", "fil"),
    ("cmn", "zh"),
    ("yue", "zh"),
    ("sh", "sr"),
    ("prs", "fa"),
    ("zsm", "ms"),
    ("eng", "en"),
    ("deu", "de"),
    ("ger", "de"),
    ("spa", "es"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("ita", "it"),
    ("por", "pt"),
    ("nld", "nl"),
    ("dut", "nl"),
    ("rus", "ru"),
    ("zho", "zh"),
    ("chi", "zh"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("ara", "ar"),
    ("heb", "he"),
    ("ind", "id"),
    ("tur", "tr"),
    ("pol", "pl"),
];

/// Languages in which a reader of the first is at home: the nearest of Unicode's
/// <https://github.com/unicode-org/cldr/blob/main/common/supplemental/languageInfo.xml>.
const READ_TOO: [(&str, &[&str]); 17] = [
    ("nn", &["nb", "da"]),
    ("nb", &["nn", "da"]),
    ("da", &["nb"]),
    ("gsw", &["de"]),
    ("lb", &["de"]),
    ("bs", &["hr"]),
    ("hr", &["bs"]),
    ("ca", &["es"]),
    ("gl", &["es"]),
    ("eu", &["es"]),
    ("af", &["nl"]),
    ("fy", &["nl"]),
    ("ms", &["id"]),
    ("id", &["ms"]),
    ("cs", &["sk"]),
    ("sk", &["cs"]),
    ("br", &["fr"]),
];

/// Where a language is written as elsewhere: the regions behind the first one take its usage before any other.
const NEAR: [(&str, &str, &[&str]); 6] = [
    ("en", "GB", &["AU", "NZ", "IE", "IN", "ZA", "HK", "SG", "MT", "KE", "NG", "GH"]),
    ("en", "US", &["CA", "PH", "PR"]),
    ("pt", "PT", &["AO", "MZ", "CV", "GW", "ST", "TL", "MO", "CH", "LU"]),
    ("es", "MX", &["419", "US", "GT", "HN", "SV", "NI", "CR", "PA", "CU", "DO", "PR"]),
    ("es", "AR", &["UY", "PY"]),
    ("zh", "HK", &["MO"]),
];

/// A language tag (BCP 47), as far as templates differ by it, in the ways in which it is written: `zh-Hant-TW`, `zh_TW`,
/// `zh_TW_#Hant`, `de_AT.UTF-8`, `de-AT,de;q=0.9`.
pub(crate) struct Tag {
    language: String,
    script: Option<String>,
    region: Option<String>,
}

impl Tag {
    pub(crate) fn parse(code: &str) -> Option<Self> {
        let code = code.trim().split([',', ';', '.', '@']).next().unwrap_or_default();
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
                2 if is_letters => tag.region = Some(part.to_ascii_uppercase()),
                3 if part.bytes().all(|byte| byte.is_ascii_digit()) => tag.region = Some(part.to_owned()),
                // A Chinese language under its old form: `zh-yue`, `zh-cmn`.
                3 if is_letters && part.eq_ignore_ascii_case("yue") => "yue".clone_into(&mut tag.language),
                // Chinese by Windows' old names.
                3 if part.eq_ignore_ascii_case("cht") => tag.script = Some("hant".to_owned()),
                3 if part.eq_ignore_ascii_case("chs") => tag.script = Some("hans".to_owned()),
                4 if is_letters => tag.script = Some(part.to_ascii_lowercase()),
                _ => {}
            }
        }
        if tag.language == "yue" && tag.script.is_none() && tag.region.is_none() {
            tag.region = Some("HK".to_owned());
        }
        if tag.language == "sh" {
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
    fn script(&self) -> Option<&str> {
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
    fn is_read_in(&self, script: Option<&str>) -> bool {
        !["zh", "pa"].contains(&self.language.as_str())
            || script.is_none_or(|script| self.script() == Some(script))
    }

    /// How far it is from what is wanted: 0 is the same.
    fn distance(&self, script: Option<&str>, wanted: &Self) -> (bool, u8) {
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
            (None, Some(_)) => 3,
            _ => 4,
        };
        (script.is_some() && self.script() != script, region)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    fn found(available: &[&str], wanted: &str) -> Option<String> {
        let available: Vec<Language> = available.iter().copied().map(Language::new).collect();
        Language::find(&available, wanted).map(Language::to_string)
    }

    #[test]
    fn the_nearest_language_is_found() {
        for (wanted, expected) in [
            ("en_US", Some("en_US")),
            ("EN-us", Some("en_US")),
            ("en", Some("en_US")),
            ("es-MX", Some("es")),
            ("es-419", Some("es")),
            ("pt", Some("pt_BR")),
            ("pt_BR.UTF-8", Some("pt_BR")),
            ("pt-BR,pt;q=0.9,en;q=0.8", Some("pt_BR")),
            ("en-US-u-hc-h12", Some("en_US")),
            ("de", None),
            ("", None),
            ("e", None),
            ("12", None),
            ("\u{4e2d}\u{6587}", None),
        ] {
            assert_eq!(found(&["en_US", "es", "pt_BR"], wanted).as_deref(), expected, "{wanted}");
        }
    }

    #[test]
    fn old_codes_are_those_that_replaced_them_on_either_side() {
        let available = ["en_US", "zh_CN", "zh_TW", "nb", "he", "id"];
        for (wanted, expected) in [
            ("iw", "he"),
            ("iw_IL", "he"),
            ("in", "id"),
            ("in-ID", "id"),
            ("no", "nb"),
            ("no_NO", "nb"),
            ("heb", "he"),
            ("nn-NO", "nb"),
        ] {
            assert_eq!(found(&available, wanted).as_deref(), Some(expected), "{wanted}");
        }
        for (old, wanted) in
            [("iw", "he-IL"), ("no", "nb_NO"), ("in", "id"), ("tl", "fil-PH"), ("fil", "tl"), ("ji", "yi")]
        {
            assert_eq!(found(&["en", old], wanted).as_deref(), Some(old), "{wanted}");
        }
    }

    #[test]
    fn chinese_keeps_its_script() {
        let available = ["en_US", "zh_CN", "zh_TW", "zh_HK"];
        for (wanted, expected) in [
            ("zh-Hant-TW", "zh_TW"),
            ("zh-TW", "zh_TW"),
            ("zh_TW_#Hant", "zh_TW"),
            ("zh-Hant", "zh_TW"),
            ("zh-CHT", "zh_TW"),
            ("zh-CHS", "zh_CN"),
            ("zho-Hant", "zh_TW"),
            ("chi", "zh_CN"),
            ("zh-Hant-US", "zh_TW"),
            ("zh-Hant-HK", "zh_HK"),
            ("zh-MO", "zh_HK"),
            ("zh-yue", "zh_HK"),
            ("yue-Hant-HK", "zh_HK"),
            ("zh", "zh_CN"),
            ("zh-Hans", "zh_CN"),
            ("zh-Hans-HK", "zh_CN"),
            ("zh-SG", "zh_CN"),
            ("cmn-Hans-CN", "zh_CN"),
        ] {
            assert_eq!(found(&available, wanted).as_deref(), Some(expected), "{wanted}");
        }
        assert_eq!(found(&["en", "zh_TW"], "zh-HK").as_deref(), Some("zh_TW"));
        assert_eq!(found(&["en", "zh_CN"], "zh-Hant-TW"), None);
        assert_eq!(found(&["en", "zh_TW"], "zh-CN"), None);
    }

    #[test]
    fn a_region_takes_the_usage_that_is_near() {
        for (available, wanted, expected) in [
            (&["en_US", "en_GB"][..], "en-AU", "en_GB"),
            (&["en_GB", "en_US"], "en-CA", "en_US"),
            (&["en_US", "en_GB", "en"], "en-NZ", "en_GB"),
            (&["en_US", "en"], "en-FR", "en"),
            (&["pt_BR", "pt_PT"], "pt-AO", "pt_PT"),
            (&["es_ES", "es_MX", "es_AR"], "es-419", "es_MX"),
            (&["es_ES", "es_AR"], "es-UY", "es_AR"),
            (&["es_ES", "es_MX"], "es", "es_ES"),
            (&["en", "hr"], "bs-Latn-BA", "hr"),
            (&["en", "de"], "gsw-CH", "de"),
            (&["en", "es"], "ca-ES", "es"),
            (&["sr_Latn", "sr"], "sr-RS", "sr"),
            (&["sr", "sr_Latn"], "sr-Latn-RS", "sr_Latn"),
            (&["sr", "sr_Latn"], "sh", "sr_Latn"),
        ] {
            assert_eq!(found(available, wanted).as_deref(), Some(expected), "{wanted} of {available:?}");
        }
    }
}
