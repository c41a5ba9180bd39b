//! Data about the world's languages, scripts and regions, as far as template languages distinguish them, from
//! the official registries.

/// Replaced codes, and individual languages that are known by the code of their macrolanguage.
/// <https://www.iana.org/assignments/language-subtag-registry>
pub(super) const REPLACED: &str = "iw:he in:id ji:yi jw:jv no:nb mo:ro tl:fil cmn:zh yue:zh nan:zh hak:zh sh:sr prs:fa pes:fa zsm:ms arb:ar ekk:et \
    lvs:lv swh:sw uzn:uz azj:az npi:ne khk:mn als:sq ydd:yi hbs:sr";

/// Country codes that are not language codes but are written in their place, with the language that is meant.
pub(super) const OF_COUNTRIES: &str = "jp:ja cn:zh cz:cs dk:da ua:uk gr:el vn:vi gb:en us:en mx:es";

/// The names of WhatsApp's languages, in English and in the language itself, with their codes.
/// <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/supported-languages>
pub(super) const NAMES: &str = "afrikaans:af albanian:sq shqip:sq arabic:ar العربية:ar azerbaijani:az azərbaycan:az azərbaycanca:az bengali:bn \
    bangla:bn বাংলা:bn bulgarian:bg български:bg catalan:ca català:ca chinese:zh mandarin:zh 中文:zh 简体中文:zh-hans \
    繁體中文:zh-hant 繁体中文:zh-hant 正體中文:zh-hant 正体中文:zh-hant 繁體:zh-hant 繁体:zh-hant 簡體:zh-hans 简体:zh-hans cantonese:zh-hk 粵語:zh-hk 廣東話:zh-hk croatian:hr hrvatski:hr czech:cs čeština:cs český:cs \
    danish:da dansk:da dutch:nl nederlands:nl flemish:nl vlaams:nl english:en estonian:et eesti:et filipino:fil \
    tagalog:fil finnish:fi suomi:fi french:fr français:fr francais:fr georgian:ka ქართული:ka german:de deutsch:de \
    greek:el ελληνικά:el gujarati:gu ગુજરાતી:gu hausa:ha hebrew:he עברית:he hindi:hi हिन्दी:hi हिंदी:hi hungarian:hu \
    magyar:hu indonesian:id indonesia:id irish:ga gaeilge:ga italian:it italiano:it japanese:ja 日本語:ja kannada:kn \
    ಕನ್ನಡ:kn kazakh:kk қазақ:kk қазақша:kk kinyarwanda:rw korean:ko 한국어:ko kyrgyz:ky кыргызча:ky lao:lo ລາວ:lo \
    latvian:lv latviešu:lv lithuanian:lt lietuvių:lt macedonian:mk македонски:mk malay:ms melayu:ms malayalam:ml \
    മലയാളം:ml marathi:mr मराठी:mr norwegian:nb norsk:nb persian:fa farsi:fa فارسی:fa polish:pl polski:pl \
    portuguese:pt português:pt portugues:pt punjabi:pa ਪੰਜਾਬੀ:pa romanian:ro română:ro russian:ru русский:ru \
    serbian:sr српски:sr srpski:sr slovak:sk slovenčina:sk slovenian:sl slovenščina:sl spanish:es español:es \
    espanol:es castellano:es swahili:sw kiswahili:sw swedish:sv svenska:sv tamil:ta தமிழ்:ta telugu:te తెలుగు:te \
    thai:th ไทย:th turkish:tr türkçe:tr turkce:tr ukrainian:uk українська:uk urdu:ur اردو:ur uzbek:uz oʻzbek:uz \
    o'zbek:uz vietnamese:vi việt:vi zulu:zu isizulu:zu \
    belarusian:be беларуская:be dari:fa-af دری:fa-af pashto:ps پښتو:ps sinhala:si සිංහල:si";

/// Words that indicate a variant of a language, with its region.
pub(super) const NAMES_OF_REGIONS: &str = "states:US american:US kingdom:GB britain:GB british:GB brazil:BR brasil:BR brazilian:BR portugal:PT \
    mexico:MX méxico:MX mexican:MX spain:ES españa:ES argentina:AR latinoamérica:419 latin:419 taiwan:TW hong:HK \
    macau:MO 台灣:TW 臺灣:TW 台湾:TW 香港:HK canada:CA australia:AU";

/// The three-letter codes (ISO 639-2, bibliographic and terminological) of all 184 languages that also have
/// two letters. <https://www.loc.gov/standards/iso639-2/php/code_list.php>
pub(super) const THREE_LETTERS: &str = "aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm \
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

/// Other codes for regions than ISO 3166's two letters: the three-letter codes of regions that differ in
/// usage or script.
pub(super) const REGIONS: [(&str, &str); 18] = [
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

/// Languages that readers of the first one usually also read: the closest matches in Unicode's
/// <https://github.com/unicode-org/cldr/blob/main/common/supplemental/languageInfo.xml>.
pub(super) const READ_TOO: [(&str, &[&str]); 16] = [
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
];

/// Groups of regions with similar usage: for each language a leading region and the regions that prefer its
/// usage to any other. Regions of Latin American Spanish prefer each other to Spain.
/// <https://github.com/unicode-org/cldr/blob/main/common/supplemental/supplementalData.xml>, `parentLocales`
pub(super) const NEAR: [(&str, &str, &[&str]); 6] = [
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
