//! Languages as phones, browsers, Java, Windows and databases name them, and the template language that is sent.

use shared::provider::Provider;
use toml::Value;

use super::{NEXT_STEP, Request, accepted, approve, cancellations};
use crate::support::{Event, Opening, Shop, simulated};

/// The languages of an international shop's template; the first one is the default.
const MANY: [&str; 19] = [
    "en_US", "en_GB", "zh_CN", "zh_TW", "zh_HK", "nb", "he", "id", "fil", "pt_BR", "pt_PT", "es", "es_MX",
    "es_AR", "sr", "de", "fr", "uk", "el",
];

/// The language in an event, and the template language that is sent.
const WANTED: [(&str, &str); 80] = [
    // Chinese: by script, by region, by both, and by its other languages.
    ("zh-Hant-TW", "zh_TW"),
    ("zh_TW_#Hant", "zh_TW"),
    ("zh-Hant", "zh_TW"),
    ("zh_TW.Big5", "zh_TW"),
    ("zh-CHT", "zh_TW"),
    ("zho-Hant-TWN", "zh_TW"),
    ("cmn-Hant-TW", "zh_TW"),
    ("nan-TW", "zh_TW"),
    ("zh_Hant_HK", "zh_HK"),
    ("zh-HK", "zh_HK"),
    ("zh-Hant-MO", "zh_HK"),
    ("zh-yue", "zh_HK"),
    ("yue-Hant-HK", "zh_HK"),
    ("yue", "zh_HK"),
    ("zh", "zh_CN"),
    ("zh_CN_#Hans", "zh_CN"),
    ("zh-Hans-HK", "zh_CN"),
    ("zh-SG", "zh_CN"),
    ("zh_CN.GB2312", "zh_CN"),
    ("chi", "zh_CN"),
    ("Chinese, Traditional", "zh_TW"),
    // Replaced codes.
    ("iw", "he"),
    ("iw_IL", "he"),
    ("heb", "he"),
    ("he-IL", "he"),
    ("in", "id"),
    ("in_ID", "id"),
    ("ind", "id"),
    ("no", "nb"),
    ("no_NO", "nb"),
    ("no_NO_NY", "nb"),
    ("nn-NO", "nb"),
    ("nob", "nb"),
    ("nb_NO.UTF-8", "nb"),
    ("tl", "fil"),
    ("tl_PH", "fil"),
    ("fil-PH", "fil"),
    ("sh", "sr"),
    ("sr_Latn", "sr"),
    ("sr-Latn-RS", "sr"),
    ("sr_RS@latin", "sr"),
    ("sr-Cyrl-BA", "sr"),
    // Regions, near and far.
    ("pt_PT", "pt_PT"),
    ("pt-AO", "pt_PT"),
    ("por-PRT", "pt_PT"),
    ("pt", "pt_BR"),
    ("pt-br", "pt_BR"),
    ("es", "es"),
    ("es-ES", "es"),
    ("es-419", "es_MX"),
    ("es_CL", "es_MX"),
    ("es-UY", "es_AR"),
    ("es_LA", "es_MX"),
    ("spa", "es"),
    ("en-AU", "en_GB"),
    ("en_IN", "en_GB"),
    ("en-UK", "en_GB"),
    ("en-CA", "en_US"),
    ("eng", "en_US"),
    ("de-AT", "de"),
    ("de_CH@euro", "de"),
    ("deu", "de"),
    ("ger-DE", "de"),
    ("DE", "de"),
    ("gsw-CH", "de"),
    ("fr-CA", "fr"),
    ("fre", "fr"),
    ("uk-UA", "uk"),
    ("gre", "el"),
    // Lists.
    ("hu,de;q=0.9,en;q=0.8", "de"),
    ("ca;q=0.8, pt-PT;q=0.9", "pt_PT"),
    ("hu:fr:en", "fr"),
    ("[\"hu\",\"fr\"]", "fr"),
    // If no language is near, the template's first language: the customer at least learns that there is a message.
    ("ru", "en_US"),
    ("tlh", "en_US"),
    ("C.UTF-8", "en_US"),
    ("und", "en_US"),
    ("null", "en_US"),
    ("1033", "en_US"),
    ("", "en_US"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customers_language_is_recognised_in_every_notation() {
    let shop = open(&MANY).await;
    assert_sent(&shop, &WANTED).await;
}

/// A reader of one Chinese script never gets the other: the template's first language is sent instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_chinese_script_replaces_the_other() {
    let simplified = open(&["en_US", "zh_CN"]).await;
    let rows = [
        ("zh-Hant-TW", "en_US"),
        ("zh_TW", "en_US"),
        ("zh-HK", "en_US"),
        ("zh-yue", "en_US"),
        ("zh-Hant", "en_US"),
        ("zh", "zh_CN"),
        ("zh-Hans-TW", "zh_CN"),
    ];
    assert_sent(&simplified, &rows).await;
    let traditional = open(&["en_US", "zh_HK"]).await;
    let rows = [("zh-Hans", "en_US"), ("zh", "en_US"), ("zh_TW", "zh_HK"), ("zh-Hant", "zh_HK")];
    assert_sent(&traditional, &rows).await;
}

/// The template's codes may be the old ones, or name a script.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_may_have_an_old_code() {
    let shop = open(&["en", "iw", "no", "in", "tl", "sr_Latn"]).await;
    let rows =
        [("he-IL", "iw"), ("nb-NO", "no"), ("id_ID", "in"), ("fil", "tl"), ("sr", "sr_Latn"), ("nn", "no")];
    assert_sent(&shop, &rows).await;
}

/// A shop with Meta alone, whose template for cancelled orders has these languages.
async fn open(languages: &[&'static str]) -> Shop {
    let listed: Vec<&str> = languages.to_vec();
    let shop = Opening::default()
        .preferring(Provider::Meta)
        .catalogue(move |catalogue| {
            cancellations(catalogue)["templates"]["meta"]["languages"] = Value::from(listed);
        })
        .open()
        .await;
    approve(&shop, "order_cancelled", 4, languages);
    shop
}

async fn assert_sent(shop: &Shop, rows: &[(&str, &str)]) {
    for (number, (wanted, _)) in rows.iter().enumerate() {
        shop.publish(&Event::sample("order-cancelled").order(&format!("L{number}")).language(wanted)).await;
    }
    for (number, (wanted, language)) in rows.iter().enumerate() {
        let order = format!("L{number}");
        let said = ["Alexey", &order, "Wireless headphones", NEXT_STEP];
        let expected = Request::cancelled(simulated(Provider::Meta), "12025550100", language, said);
        assert_eq!(accepted(shop, &order).await, expected, "{wanted}");
    }
}
