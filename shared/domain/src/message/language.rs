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
    /// readers read as well. Who writes Chinese in one script is never given the other. Of several languages each is looked for
    /// before what its readers read as well.
    pub fn find<'a>(available: &'a [Self], wanted: &str) -> Option<&'a Self> {
        let wanted = Tag::parse_all(wanted);
        let known: Vec<(Tag, &Self)> =
            available.iter().filter_map(|known| Some((Tag::parse(&known.0)?, known))).collect();
        let nearest = |wanted: &Tag, language: &str, script: Option<&str>| {
            let like = |(tag, _): &&(Tag, &'a Self)| tag.language == language && tag.is_read_in(script);
            known
                .iter()
                .filter(like)
                .min_by_key(|(tag, _)| tag.distance(script, wanted))
                .map(|(_, known)| *known)
        };
        let itself = |wanted: &Tag| nearest(wanted, &wanted.language, wanted.script());
        let read_too = |wanted: &Tag| {
            let near = READ_TOO.iter().filter(|(language, _)| *language == wanted.language);
            near.flat_map(|(_, others)| *others).find_map(|other| nearest(wanted, other, None))
        };
        wanted.iter().find_map(itself).or_else(|| wanted.iter().find_map(read_too))
    }
}

/// Codes that were replaced, and parts of languages that are known by the whole's.
/// <https://www.iana.org/assignments/language-subtag-registry>
const REPLACED: [(&str, &str); 26] = [
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("no", "nb"),
    ("mo", "ro"),
    ("tl", "fil"),
    ("cmn", "zh"),
    ("yue", "zh"),
    ("nan", "zh"),
    ("hak", "zh"),
    ("sh", "sr"),
    ("prs", "fa"),
    ("pes", "fa"),
    ("zsm", "ms"),
    ("arb", "ar"),
    ("ekk", "et"),
    ("lvs", "lv"),
    ("swh", "sw"),
    ("uzn", "uz"),
    ("azj", "az"),
    ("npi", "ne"),
    ("khk", "mn"),
    ("als", "sq"),
    ("ydd", "yi"),
    ("hbs", "sr"),
];

/// The three letters (ISO 639-2, of books and of terms) of all 184 languages that have two as well.
/// <https://www.loc.gov/standards/iso639-2/php/code_list.php>
const THREE_LETTERS: &str = "aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm \
    baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce chi:zh chu:cu \
    chv:cv cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz ell:el eng:en epo:eo est:et eus:eu \
    ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el \
    grn:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu \
    ile:ie ina:ia ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki \
    kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg \
    mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr \
    nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa per:fa pli:pi \
    pol:pl por:pt pus:ps que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se \
    smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt \
    tel:te tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz \
    ven:ve vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zul:zu";

/// Regions by other codes than ISO 3166's two letters: those of which usages or scripts differ, by their three letters.
const REGIONS: [(&str, &str); 18] = [
    ("UK", "GB"),
    ("GBR", "GB"),
    ("USA", "US"),
    ("CAN", "CA"),
    ("AUS", "AU"),
    ("NZL", "NZ"),
    ("IRL", "IE"),
    ("IND", "IN"),
    ("BRA", "BR"),
    ("PRT", "PT"),
    ("ESP", "ES"),
    ("MEX", "MX"),
    ("ARG", "AR"),
    ("COL", "CO"),
    ("CHN", "CN"),
    ("TWN", "TW"),
    ("HKG", "HK"),
    ("MAC", "MO"),
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

/// Where a language is written as elsewhere: the regions behind the first one take its usage before any other. America's Spanish
/// is one before it is Spain's.
/// <https://github.com/unicode-org/cldr/blob/main/common/supplemental/supplementalData.xml>, `parentLocales`
const NEAR: [(&str, &str, &[&str]); 6] = [
    ("en", "GB", &["AU", "NZ", "IE", "IN", "ZA", "HK", "SG", "MT", "KE", "NG", "GH"]),
    ("en", "US", &["CA", "PH", "PR"]),
    ("pt", "PT", &["AO", "MZ", "CV", "GW", "ST", "TL", "MO", "CH", "LU"]),
    (
        "es",
        "419",
        &[
            "MX", "US", "GT", "HN", "SV", "NI", "CR", "PA", "CU", "DO", "PR", "BZ", "CO", "VE", "EC", "PE",
            "BO", "CL",
        ],
    ),
    ("es", "AR", &["UY", "PY"]),
    ("zh", "HK", &["MO"]),
];

/// A language tag (BCP 47), as far as templates differ by it, in the ways in which it is written: `zh-Hant-TW`, `zh_TW`,
/// `zh_TW_#Hant`, `de_AT.UTF-8`.
pub(crate) struct Tag {
    language: String,
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
    fn parse_all(list: &str) -> Vec<Self> {
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
            // Every usage of Spanish above is one of America.
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
    fn three_letters_are_two_for_every_language_that_has_both() {
        let pairs: Vec<(&str, &str)> =
            super::THREE_LETTERS.split_whitespace().map(|pair| pair.split_once(':').unwrap()).collect();
        assert!(pairs.iter().all(|(three, two)| three.len() == 3 && two.len() == 2));
        let languages: std::collections::BTreeSet<&str> = pairs.iter().map(|(_, two)| *two).collect();
        // Twenty languages have three letters of books besides those of terms.
        assert_eq!((languages.len(), pairs.len()), (184, 204));
        for (three, two) in pairs {
            assert_eq!(found(&["xx", two], three).as_deref(), Some(two));
        }
        for (wanted, expected) in [
            ("swe", "sv"),
            ("dan-DK", "da"),
            ("nor", "nb"),
            ("ces", "cs"),
            ("cze", "cs"),
            ("ell_GR", "el"),
            ("gre", "el"),
            ("rum", "ro"),
            ("tgl", "fil"),
            ("arb", "ar"),
            ("pes", "fa"),
        ] {
            let available = ["en", "sv", "da", "nb", "cs", "el", "ro", "fil", "ar", "fa"];
            assert_eq!(found(&available, wanted).as_deref(), Some(expected), "{wanted}");
        }
    }

    #[test]
    fn of_several_languages_each_is_looked_for_as_they_are_preferred() {
        for (available, wanted, expected) in [
            (&["en", "de"][..], "hu,de;q=0.9", Some("de")),
            (&["en", "de"], "hu, de-AT;q=0.9, en;q=0.8", Some("de")),
            (&["en", "de"], "en;q=0.5,de;q=0.9", Some("de")),
            (&["en", "de"], "de; q=0.5, en; Q = 0.7", Some("en")),
            (&["en", "de"], "de;q=0, en;q=0.1", Some("en")),
            (&["en", "de"], "hu:de", Some("de")),
            (&["en", "de"], "*;q=0.5, hu", None),
            (&["en", "de"], "?,de", Some("de")),
            // Catalan's readers read Spanish, but this one asks for German first.
            (&["es", "de"], "ca,de;q=0.9", Some("de")),
            (&["es", "it"], "ca,de;q=0.9", Some("es")),
            (&["en", "de"], "de;q=high", Some("de")),
            (&["en", "de"], "de;q=NaN,en", Some("en")),
        ] {
            assert_eq!(found(available, wanted).as_deref(), expected, "{wanted} of {available:?}");
        }
        let many = "hu,".repeat(19) + "de";
        assert_eq!(found(&["en", "de"], &many).as_deref(), Some("de"));
        assert_eq!(found(&["en", "de"], &format!("hu,{many}")), None);
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
            ("zh-TWN", "zh_TW"),
            ("zho-HKG", "zh_HK"),
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
            (&["es_ES", "es_MX"], "es-CO", "es_MX"),
            (&["es_ES", "es_AR", "es_MX"], "es-CL", "es_MX"),
            (&["es_ES", "es_MX", "es_419"], "es-PE", "es_419"),
            (&["es_ES", "es_AR"], "es-CL", "es_AR"),
            (&["es", "es_AR"], "es-CO", "es_AR"),
            (&["es_ES", "es_MX"], "es-AR", "es_MX"),
            (&["es_ES", "es_MX", "es_AR"], "es-UY", "es_AR"),
            (&["es_MX", "es_ES"], "es-ES", "es_ES"),
            (&["en_US", "en_GB"], "en-UK", "en_GB"),
            (&["en_US", "en_GB"], "eng-GBR", "en_GB"),
            (&["en_US", "en_UK"], "en-GB", "en_UK"),
            (&["pt_PT", "pt_BR"], "pt-BRA", "pt_BR"),
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
