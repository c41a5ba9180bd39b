//! Tests which of a template's languages a customer gets.

use super::Language;
use super::tables::THREE_LETTERS;

fn found(available: &[&str], wanted: &str) -> Option<String> {
    let available: Vec<Language> = available.iter().copied().map(Language::new).collect();
    Language::find(&available, wanted).map(Language::to_string)
}

#[test]
fn the_most_suitable_language_is_found() {
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
        ("b+", None),
        ("\u{4e2d}", None),
    ] {
        assert_eq!(found(&["en_US", "es", "pt_BR"], wanted).as_deref(), expected, "{wanted}");
    }
}

#[test]
fn a_replaced_code_matches_its_new_code_on_either_side() {
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
fn three_letters_match_two_for_every_language_with_both_codes() {
    let pairs: Vec<(&str, &str)> =
        THREE_LETTERS.split_whitespace().map(|pair| pair.split_once(':').unwrap()).collect();
    assert!(pairs.iter().all(|(three, two)| three.len() == 3 && two.len() == 2));
    let languages: std::collections::BTreeSet<&str> = pairs.iter().map(|(_, two)| *two).collect();
    // Twenty languages have a bibliographic code besides the terminological one.
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
fn several_languages_are_tried_in_order_of_preference() {
    for (available, wanted, expected) in [
        (&["en", "de"][..], "hu,de;q=0.9", Some("de")),
        (&["en", "de"], "hu, de-AT;q=0.9, en;q=0.8", Some("de")),
        (&["en", "de"], "en;q=0.5,de;q=0.9", Some("de")),
        (&["en", "de"], "de; q=0.5, en; Q = 0.7", Some("en")),
        (&["en", "de"], "de;q=0, en;q=0.1", Some("en")),
        (&["en", "de"], "hu:de", Some("de")),
        (&["en", "de"], "*;q=0.5, hu", None),
        (&["en", "de"], "?,de", Some("de")),
        // Readers of Catalan also read Spanish, but this customer asked for German first.
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
fn chinese_is_sent_only_in_the_wanted_script() {
    let available = ["en_US", "zh_CN", "zh_TW", "zh_HK"];
    for (wanted, expected) in [
        ("zh-Hant-TW", "zh_TW"),
        ("zh-TW", "zh_TW"),
        ("zh_TW_#Hant", "zh_TW"),
        ("zh-Hant", "zh_TW"),
        ("zh-CHT", "zh_TW"),
        ("zh-CHS", "zh_CN"),
        ("zh-rTW", "zh_TW"),
        ("zh_rHK", "zh_HK"),
        ("zh-rtw", "zh_TW"),
        ("ZH-T", "zh_TW"),
        ("ZH-S", "zh_CN"),
        ("zh-t-en", "zh_CN"),
        ("zh-Traditional", "zh_TW"),
        ("zh_TRAD", "zh_TW"),
        ("zh-Simplified", "zh_CN"),
        ("b+zh+Hant+TW", "zh_TW"),
        ("zh TW", "zh_TW"),
        ("zh Hant", "zh_TW"),
        ("zh Hong Kong", "zh_HK"),
        ("ZH HK", "zh_HK"),
        ("Chinese", "zh_CN"),
        ("Chinese (Traditional)", "zh_TW"),
        ("Chinese (Traditional, Taiwan)", "zh_TW"),
        ("Chinese, Traditional", "zh_TW"),
        ("Chinese, Simplified", "zh_CN"),
        ("\u{7e41}\u{9ad4}", "zh_TW"),
        ("Traditional Chinese", "zh_TW"),
        ("Simplified Chinese", "zh_CN"),
        ("Chinese (Hong Kong)", "zh_HK"),
        ("Chinese_Taiwan.950", "zh_TW"),
        ("Cantonese", "zh_HK"),
        ("\u{6b63}\u{9ad4}\u{4e2d}\u{6587}", "zh_TW"),
        ("\u{4e2d}\u{6587}\u{ff08}\u{81fa}\u{7063}\u{ff09}", "zh_TW"),
        ("\u{4e2d}\u{6587}(\u{53f0}\u{6e7e})", "zh_TW"),
        ("\u{7e41}\u{9ad4}\u{4e2d}\u{6587}", "zh_TW"),
        ("\u{4e2d}\u{6587}\u{ff08}\u{7e41}\u{9ad4}\u{ff09}", "zh_TW"),
        ("\u{4e2d}\u{6587}", "zh_CN"),
        ("cn", "zh_CN"),
        ("nan-TW", "zh_TW"),
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
fn names_of_languages_and_other_spellings_are_parsed() {
    let available = [
        "en_US", "en_GB", "es", "es_MX", "de", "pt_BR", "pt_PT", "ja", "cs", "da", "uk", "el", "vi", "id",
        "th",
    ];
    for (wanted, expected) in [
        ("English", "en_US"),
        ("english (UK)", "en_GB"),
        ("English_United States.1252", "en_US"),
        ("English (United Kingdom)", "en_GB"),
        ("espa\u{f1}ol", "es"),
        ("ESPA\u{d1}OL", "es"),
        ("Espa\u{f1}ol de M\u{e9}xico", "es_MX"),
        ("Deutsch", "de"),
        ("German (Austria)", "de"),
        ("Portuguese (Brazil)", "pt_BR"),
        ("Brazilian Portuguese", "pt_BR"),
        ("Portuguese (Portugal)", "pt_PT"),
        ("Bahasa Indonesia", "id"),
        ("Thai", "th"),
        ("ti\u{1ebf}ng Vi\u{1ec7}t", "vi"),
        ("jp", "ja"),
        ("cz", "cs"),
        ("dk", "da"),
        ("ua", "uk"),
        ("gr", "el"),
        ("vn", "vi"),
        ("gb", "en_GB"),
        ("us", "en_US"),
        ("mx", "es_MX"),
        ("\u{200e}de", "de"),
        ("\u{feff}de", "de"),
        ("d\u{200b}e", "de"),
        ("de en", "de"),
        ("hu de-AT", "de"),
        ("hu|de", "de"),
        ("de AT", "de"),
        ("pt BR", "pt_BR"),
        ("pt-rBR", "pt_BR"),
    ] {
        assert_eq!(found(&available, wanted).as_deref(), Some(expected), "{wanted}");
    }
    // A customer with `br` may mean Brazil, so Breton does not fall back to French.
    assert_eq!(found(&["en", "fr"], "br"), None);
    assert_eq!(found(&["es", "es_MX"], "es-rou").as_deref(), Some("es"));
    for (name, code) in super::tables::NAMES.split(' ').map(|pair| pair.split_once(':').unwrap()) {
        let wanted = found(&["xx", code], name);
        assert_eq!(wanted.as_deref(), Some(code), "{name}");
    }
}

#[test]
fn a_region_gets_the_usage_most_similar_to_its_own() {
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
        (&["es_ES", "es_MX"], "es_LA", "es_MX"),
        (&["es", "es_MX"], "es-LA", "es_MX"),
        (&["es", "es_MX"], "es_XL", "es_MX"),
        (&["en", "de"], "[\"hu\",\"de\"]", "de"),
        (&["en", "de"], "'de-AT'", "de"),
        (&["en", "de"], "{de}", "de"),
        (&["es_ES", "es_MX"], "Spanish (Latin America)", "es_MX"),
        (&["es_ES", "es_MX"], "Latin American Spanish", "es_MX"),
        (&["es_ES", "es_MX"], "espa\u{f1}ol (Latinoam\u{e9}rica)", "es_MX"),
        (&["sr"], "Serbian (Latin)", "sr"),
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
