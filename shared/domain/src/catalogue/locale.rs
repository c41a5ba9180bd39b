//! Finds the locale of the recipient's language in Unicode's CLDR.

use icu_datetime::provider::Baked;
use icu_datetime::provider::names::DatetimeNamesMonthGregorianV1;
use icu_locale_core::Locale;
use icu_provider::prelude::*;

use crate::message::Tag;

/// ICU4X's attribute for full month names, which every language in CLDR has (3 is abbreviated, 4 narrow, 5 wide).
const MONTHS: &DataMarkerAttributes = DataMarkerAttributes::from_str_or_panic("5");

/// The locale of a language tag in any spelling, with the digits 0 to 9. `None` for a language that is not in CLDR: a formatter
/// would use CLDR's root locale, which suits no language (`2026 M11 27`).
pub(super) fn find_locale(language: Option<&str>) -> Option<Locale> {
    let tag = Tag::parse(language?)?;
    let parts = [Some(tag.language()), tag.script(), tag.region(), Some("u-nu-latn")];
    let locale = Locale::try_from_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("-")).ok()?;
    let wanted = DataLocale::from(&locale);
    let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(MONTHS, &wanted);
    let months: DataResponse<DatetimeNamesMonthGregorianV1> =
        Baked.load(DataRequest { id, ..DataRequest::default() }).ok()?;
    (!months.metadata.locale.unwrap_or(wanted).is_unknown()).then_some(locale)
}

/// The languages that a template may have.
/// <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/supported-languages>
#[cfg(test)]
pub(super) const TEMPLATE_LANGUAGES: &str = "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en en_GB \
    en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH fr_CI \
    fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT \
    pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr uk ur \
    uz vi zu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_language_has_a_locale() {
        for language in TEMPLATE_LANGUAGES.split_whitespace() {
            assert!(find_locale(Some(language)).is_some(), "{language}");
        }
    }

    #[test]
    fn an_invalid_language_or_one_without_data_has_no_locale() {
        for language in ["tlh", "und", "und-US", "auto", "qqq", "x", "?", ""] {
            assert_eq!(find_locale(Some(language)), None, "{language}");
        }
        assert_eq!(find_locale(None), None);
    }
}
