//! The recipient's language, as Unicode's CLDR has data for it.

use icu_datetime::provider::Baked;
use icu_datetime::provider::names::DatetimeNamesMonthGregorianV1;
use icu_locale_core::Locale;
use icu_provider::prelude::*;

use crate::message::Tag;

/// Months, written out: every language that CLDR knows has names for them. ICU4X counts 3 abbreviated, 4 narrow, 5 wide.
const MONTHS: &DataMarkerAttributes = DataMarkerAttributes::from_str_or_panic("5");

/// The locale of a language in any of the ways in which it is written, with the digits 0 to 9. `None` for a language that CLDR doesn't
/// know: a formatter would take CLDR's root for it, which is how no language writes (`2026 M11 27`).
pub(super) fn locale(language: Option<&str>) -> Option<Locale> {
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
pub(super) const OF_TEMPLATES: &str = "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en en_GB \
    en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH fr_CI \
    fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT \
    pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr uk ur \
    uz vi zu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_a_template_is_known() {
        for language in OF_TEMPLATES.split_whitespace() {
            assert!(locale(Some(language)).is_some(), "{language}");
        }
    }

    #[test]
    fn what_is_no_language_or_one_without_data_is_not_known() {
        for language in ["tlh", "und", "und-US", "auto", "qqq", "x", "?", ""] {
            assert_eq!(locale(Some(language)), None, "{language}");
        }
        assert_eq!(locale(None), None);
    }
}
