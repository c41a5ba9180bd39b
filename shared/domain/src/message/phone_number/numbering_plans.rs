//! Loads the world's numbering plans, each when the first number with its country code is parsed.
//!
//! Plans and parser come from the `phonenumber` crate. The crate's own database parses the patterns of every
//! country at its first use, which would be nearly all the work of a function's first invocation:
//! `docs/decisions/one-numbering-plan-at-a-time.md`. A test compares the two.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use phonenumber::country::{Id, Source};
use phonenumber::metadata::Database;
use phonenumber::{is_valid_with, parse_with};

use super::InvalidPhoneNumber;
use crate::message::characters::is_invisible;

/// Country codes and their plans, as written by `build.rs`. If several countries share a code, its main
/// country's plan comes first and then one plan for all of them.
static PLANS: LazyLock<BTreeMap<u16, Vec<&[u8]>>> = LazyLock::new(|| {
    // `build.rs` wrote this data in the same format, and every test of a phone number parses it.
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/numbering-plans.bin"))).unwrap_or_default()
});

/// Data that needs no plan, as written by `build.rs`. First, by country code: the possible lengths of
/// national numbers as bits, and whether they have the trunk prefix 0. Second, by country: its code, its
/// international prefix, and the two-digit continuations of `00` that make a longer international prefix, as
/// bits.
type Shapes<'a> = (BTreeMap<u16, (u32, bool)>, BTreeMap<&'a str, (u16, &'a str, u128)>);
static SHAPES: LazyLock<Shapes<'static>> = LazyLock::new(|| {
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/numbering-shapes.bin")))
        .unwrap_or_default()
});

/// Loaded plans, by country code and position in [`PLANS`].
type Plans = BTreeMap<(u16, usize), Arc<Database>>;

/// The plans loaded so far.
static LOADED: LazyLock<Mutex<Plans>> = LazyLock::new(Mutex::default);

/// ITU-T E.164: a country code has one to three digits, and none is the beginning of another.
const MAX_CODE_DIGITS: usize = 3;

/// Mexico's country code, and the number of digits in its national numbers.
const MEXICO: u16 = 52;
const MEXICOS_DIGITS: usize = 10;

/// The number of digits in an international number: the smallest countries have four after their code, and
/// E.164 allows at most 15.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Prefixes for calls within a country, other than the common 0, that databases keep after the country code.
/// Mexico's were in use until 2019.
const TRUNK_PREFIXES: [(u16, &str); 5] =
    [(1, "1"), (7, "8"), (MEXICO, "01"), (MEXICO, "044"), (MEXICO, "045")];

/// The three-letter code of each country in the numbering plans with its two-letter code (ISO 3166, and `XKX`
/// for Kosovo). <https://www.iso.org/obp/ui/#search>
const THREE_LETTERS: &str = "ABW:AW AFG:AF AGO:AO AIA:AI ALA:AX ALB:AL AND:AD ARE:AE ARG:AR ARM:AM ASM:AS ATG:AG AUS:AU AUT:AT AZE:AZ BDI:BI \
    BEL:BE BEN:BJ BES:BQ BFA:BF BGD:BD BGR:BG BHR:BH BHS:BS BIH:BA BLM:BL BLR:BY BLZ:BZ BMU:BM BOL:BO BRA:BR BRB:BB \
    BRN:BN BTN:BT BWA:BW CAF:CF CAN:CA CCK:CC CHE:CH CHL:CL CHN:CN CIV:CI CMR:CM COD:CD COG:CG COK:CK COL:CO COM:KM \
    CPV:CV CRI:CR CUB:CU CUW:CW CXR:CX CYM:KY CYP:CY CZE:CZ DEU:DE DJI:DJ DMA:DM DNK:DK DOM:DO DZA:DZ ECU:EC EGY:EG \
    ERI:ER ESH:EH ESP:ES EST:EE ETH:ET FIN:FI FJI:FJ FLK:FK FRA:FR FRO:FO FSM:FM GAB:GA GBR:GB GEO:GE GGY:GG GHA:GH \
    GIB:GI GIN:GN GLP:GP GMB:GM GNB:GW GNQ:GQ GRC:GR GRD:GD GRL:GL GTM:GT GUF:GF GUM:GU GUY:GY HKG:HK HND:HN HRV:HR \
    HTI:HT HUN:HU IDN:ID IMN:IM IND:IN IOT:IO IRL:IE IRN:IR IRQ:IQ ISL:IS ISR:IL ITA:IT JAM:JM JEY:JE JOR:JO JPN:JP \
    KAZ:KZ KEN:KE KGZ:KG KHM:KH KIR:KI KNA:KN KOR:KR KWT:KW LAO:LA LBN:LB LBR:LR LBY:LY LCA:LC LIE:LI LKA:LK LSO:LS \
    LTU:LT LUX:LU LVA:LV MAC:MO MAF:MF MAR:MA MCO:MC MDA:MD MDG:MG MDV:MV MEX:MX MHL:MH MKD:MK MLI:ML MLT:MT MMR:MM \
    MNE:ME MNG:MN MNP:MP MOZ:MZ MRT:MR MSR:MS MTQ:MQ MUS:MU MWI:MW MYS:MY MYT:YT NAM:NA NCL:NC NER:NE NFK:NF NGA:NG \
    NIC:NI NIU:NU NLD:NL NOR:NO NPL:NP NRU:NR NZL:NZ OMN:OM PAK:PK PAN:PA PER:PE PHL:PH PLW:PW PNG:PG POL:PL PRI:PR \
    PRK:KP PRT:PT PRY:PY PSE:PS PYF:PF QAT:QA REU:RE ROU:RO RUS:RU RWA:RW SAU:SA SDN:SD SEN:SN SGP:SG SHN:SH SJM:SJ \
    SLB:SB SLE:SL SLV:SV SMR:SM SOM:SO SPM:PM SRB:RS SSD:SS STP:ST SUR:SR SVK:SK SVN:SI SWE:SE SWZ:SZ SXM:SX SYC:SC \
    SYR:SY TCA:TC TCD:TD TGO:TG THA:TH TJK:TJ TKL:TK TKM:TM TLS:TL TON:TO TTO:TT TUN:TN TUR:TR TUV:TV TWN:TW TZA:TZ \
    UGA:UG UKR:UA URY:UY USA:US UZB:UZ VAT:VA VCT:VC VEN:VE VGB:VG VIR:VI VNM:VN VUT:VU WLF:WF WSM:WS XKX:XK YEM:YE \
    ZAF:ZA ZMB:ZM ZWE:ZW";

/// A country of the numbering plans, by its two-letter code (ISO 3166).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(&'static str);

impl Country {
    /// Parses a two- or three-letter code in any case. Also accepts `UK` for Great Britain, which many shops
    /// write, and `EL` for Greece, the European Union's code.
    pub fn parse(letters: &str) -> Option<Self> {
        let letters =
            letters.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_ascii_uppercase();
        let letters = match letters.as_str() {
            "UK" => "GB",
            "EL" => "GR",
            three if three.len() == 3 => {
                let mut pairs = THREE_LETTERS.split(' ').filter_map(|pair| pair.split_once(':'));
                pairs.find(|(known, _)| *known == three)?.1
            }
            two => two,
        };
        SHAPES.1.get_key_value(letters).map(|(letters, _)| Self(letters))
    }
}

/// A number in E.164 form, and whether its plan contains it as read. A number that is not known as read may
/// still be valid in its canonical form.
pub(super) struct Reading {
    pub(super) e164: String,
    pub(super) is_known: bool,
}

/// The E.164 form of an international number given as digits. If the plan contains the number, this is the
/// plan's form, which may drop a trunk prefix. Otherwise these are the digits themselves, if their length is
/// possible for the country code.
pub(super) fn international(digits: &str) -> Option<Reading> {
    let known = known_e164(digits).or_else(|| without_trunk_prefix(digits));
    let known = known.map(|e164| Reading { e164, is_known: true });
    known.or_else(|| possible_e164(digits).map(|e164| Reading { e164, is_known: false }))
}

/// The E.164 form of a number with a trunk prefix after its country code, if the plan contains it without the
/// prefix: `+34 (0)612 …`, although Spain has no trunk prefix.
fn without_trunk_prefix(digits: &str) -> Option<String> {
    let (code, _) = find_plans(digits)?;
    let national = digits.strip_prefix(&code.to_string())?;
    let prefixes = TRUNK_PREFIXES.iter().filter(|(known, _)| *known == code).map(|(_, prefix)| *prefix);
    let mut without = prefixes.chain(["0"]).filter_map(|prefix| national.strip_prefix(prefix));
    without.find_map(|national| known_e164(&format!("{code}{national}")))
}

/// Whether the number's plan contains it exactly as written.
pub(super) fn is_valid(number: &str) -> bool {
    number.strip_prefix('+').and_then(known_e164).is_some_and(|e164| e164 == number)
}

/// A number of possible length under an existing country code, as written except for a trunk prefix.
fn possible_e164(digits: &str) -> Option<String> {
    let (code, _) = find_plans(digits)?;
    let (_, has_trunk_zero) = SHAPES.0.get(&code)?;
    let national = digits.strip_prefix(&code.to_string())?;
    // WhatsApp uses a 1 in Mexico's mobile numbers that the plan no longer has.
    if code == MEXICO && national.len() == MEXICOS_DIGITS + 1 && national.starts_with('1') {
        return Some(format!("+{digits}"));
    }
    let without_trunk = national.strip_prefix('0').filter(|rest| *has_trunk_zero && !rest.starts_with('0'));
    [without_trunk, Some(national)].into_iter().flatten().find_map(|national| with_code(code, national))
}

fn with_code(code: u16, national: &str) -> Option<String> {
    let (lengths, _) = SHAPES.0.get(&code)?;
    let length = u32::try_from(national.len()).ok()?;
    let is_possible = lengths.checked_shr(length).is_some_and(|lengths| lengths & 1 == 1);
    let e164 = format!("+{code}{national}");
    (is_possible && DIGITS.contains(&(e164.len() - 1))).then_some(e164)
}

/// The E.164 form of a number as written within its country: with or without the trunk prefix, with the
/// international prefix, or with the country's own code but no `+`. A number that the plan contains takes
/// precedence over one that is only possible. Fails if two different numbers remain.
pub(super) fn national(digits: &str, country: Country) -> Result<Reading, InvalidPhoneNumber> {
    let (code, prefix, _) = *SHAPES.1.get(country.0).ok_or(InvalidPhoneNumber::NotANumber)?;
    // Only Mexico's prefixes are removed. In a country without a trunk prefix, a leading 0 may mean a number
    // of another country (`06 12 34 56 78` is French, and without the 0 would be Spanish).
    let prefixes = TRUNK_PREFIXES.iter().filter(|(known, _)| (code, *known) == (MEXICO, MEXICO));
    let mut without = prefixes.filter_map(|(_, prefix)| digits.strip_prefix(prefix));
    let digits = without.find(|rest| rest.len() == MEXICOS_DIGITS).unwrap_or(digits);
    // WhatsApp's 1 without Mexico's country code. If the number is also valid in the United States, it is
    // ambiguous.
    let is_mexican =
        |rest: &&str| code == MEXICO && rest.len() == MEXICOS_DIGITS && !is_valid(&format!("+{digits}"));
    let digits = digits.strip_prefix('1').filter(is_mexican).unwrap_or(digits);
    let abroad = digits.strip_prefix(prefix).filter(|rest| !prefix.is_empty() && !rest.starts_with('0'));
    if let Some(rest) = abroad {
        return international(rest).ok_or(InvalidPhoneNumber::NotANumber);
    }
    let own = digits.strip_prefix(&code.to_string()).filter(|rest| !rest.is_empty());
    let readings =
        [parse_national(digits, code, country), own.and_then(|_| international(digits)).map(|own| own.e164)];
    let mut readings: Vec<String> = readings.into_iter().flatten().collect();
    let is_known = readings.iter().any(|number| is_valid(number));
    if is_known {
        readings.retain(|number| is_valid(number));
    }
    readings.dedup();
    match readings.as_slice() {
        [number] => Ok(Reading { e164: number.clone(), is_known }),
        [] => Err(InvalidPhoneNumber::NotANumber),
        _ => Err(InvalidPhoneNumber::Ambiguous),
    }
}

/// The prefix for international calls from a country; empty if it is unknown.
pub(super) fn international_prefix(country: Country) -> &'static str {
    SHAPES.1.get(country.0).map_or("", |(_, prefix, _)| *prefix)
}

/// Whether `00` and the next two digits may begin a longer international prefix of the country, as with
/// carriers in Taiwan (`002`) and Brazil (`0021`). The digits after `00` are then not a country code.
pub(super) fn has_longer_international_prefix(digits: &str, country: Country) -> bool {
    let next_digits = digits.strip_prefix("00").and_then(|rest| rest.get(..2)?.parse().ok());
    let prefixes = SHAPES.1.get(country.0).map_or(0, |(.., prefixes)| *prefixes);
    next_digits.and_then(|next: u32| prefixes.checked_shr(next)).is_some_and(|prefixes| prefixes & 1 == 1)
}

/// Parses a national number by its country's plan and returns its E.164 form.
fn parse_national(digits: &str, code: u16, country: Country) -> Option<String> {
    let plans = PLANS.get(&code)?;
    let place = plans.len().checked_sub(1)?;
    let plan = load((code, place), plans.get(place)?)?;
    let number = parse_with(&plan, Some(country.0.parse::<Id>().ok()?), digits).ok()?;
    let is_national = number.country().source() == Source::Default;
    with_code(code, &number.national().to_string()).filter(|_| is_national)
}

/// The E.164 form of an international number, if the plan of its country code contains it.
fn known_e164(digits: &str) -> Option<String> {
    let (code, plans) = find_plans(digits)?;
    let whole = plans.len().saturating_sub(1);
    plans.iter().enumerate().find_map(|(place, plan)| {
        let plan = load((code, place), plan)?;
        let number = parse_with(&plan, None, format!("+{digits}")).ok()?;
        // The crate's own formatter would link its whole database into the binary.
        let e164 = format!("+{}{}", number.country().code(), number.national());
        // For countries that share a code, the crate never removes a trunk prefix; for a single country it
        // does.
        // Some plans complete a local number with its area code, which is a guess: `+1 758 0000` is not in Saint
        // Lucia.
        let as_written = (place == whole && e164.len() <= "+".len() + digits.len())
            || e164.strip_prefix('+') == Some(digits);
        (as_written && is_valid_with(&plan, &number)).then_some(e164)
    })
}

/// The number's country code and its plans; `None` if there is no such code.
fn find_plans(digits: &str) -> Option<(u16, &'static [&'static [u8]])> {
    let mut codes = (1..=MAX_CODE_DIGITS).filter_map(|length| digits.get(..length)?.parse::<u16>().ok());
    codes.find_map(|code| Some((code, PLANS.get(&code)?.as_slice())))
}

fn load(which: (u16, usize), plan: &[u8]) -> Option<Arc<Database>> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(&which) {
        return Some(Arc::clone(known));
    }
    let plan = Arc::new(Database::from(postcard::from_bytes(plan).ok()?).ok()?);
    loaded.insert(which, Arc::clone(&plan));
    Some(plan)
}

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;
    use phonenumber::{Mode, is_valid, parse};
    use proptest::prelude::*;

    use super::*;

    /// The E.164 form of a valid number according to the crate's own database, unless it has added an area code.
    fn by_the_crate(digits: &str) -> Option<String> {
        let parsed = parse(None, format!("+{digits}")).ok()?;
        let e164 = is_valid(&parsed).then(|| parsed.format().mode(Mode::E164).to_string())?;
        (e164.len() <= "+".len() + digits.len()).then_some(e164)
    }

    #[test]
    fn no_area_code_is_added() {
        for digits in ["17580000", "378886377"] {
            assert!(by_the_crate(digits).is_none(), "{digits}");
            let read = international(digits).map(|read| (read.e164, read.is_known));
            assert!(
                read.is_none_or(|(e164, is_known)| !is_known && e164 == format!("+{digits}")),
                "{digits}"
            );
        }
    }

    #[test]
    fn every_country_code_has_its_plan_and_no_other_code_has_one() {
        for code in 1..=999_u16 {
            let countries = |database: &Database| database.by_code(&code).map(|countries| countries.len());
            let whole = find_plans(&format!("{code}x")).and_then(|(_, plans)| {
                let place = plans.len() - 1;
                load((code, place), plans[place])
            });
            assert_eq!(whole.and_then(|plan| countries(&plan)), countries(&DATABASE), "{code}");
        }
    }

    #[test]
    fn every_country_has_its_own_three_letter_code() {
        let mut found: Vec<&str> =
            THREE_LETTERS.split(' ').map(|pair| Country::parse(&pair[..3]).unwrap().0).collect();
        found.sort_unstable();
        // Ascension and Tristan da Cunha are parts of Saint Helena.
        let all: Vec<&str> =
            SHAPES.1.keys().copied().filter(|letters| !["AC", "TA"].contains(letters)).collect();
        assert_eq!(found, all);
    }

    #[test]
    fn the_crates_examples_are_parsed_as_by_its_own_database() {
        let mut examples = 0;
        for country in DATABASE.iter() {
            let of = country.descriptors();
            let all = [of.fixed_line(), of.mobile(), of.toll_free(), of.premium_rate(), of.shared_cost()];
            let more = [of.personal_number(), of.voip(), of.pager(), of.uan(), of.voicemail()];
            for descriptor in all.into_iter().chain(more).flatten() {
                let Some(example) = descriptor.example() else { continue };
                // Also with the national prefix: people write it although it is not dialled from abroad.
                for prefix in ["", country.national_prefix().unwrap_or("0")] {
                    let digits = format!("{}{prefix}{example}", country.country_code());
                    assert_eq!(known_e164(&digits), by_the_crate(&digits), "{digits}");
                    examples += 1;
                }
            }
        }
        assert!(examples > 1000, "{examples}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_digits_are_parsed_as_by_the_crates_own_database(digits in "[0-9]{1,17}") {
            prop_assert_eq!(known_e164(&digits), by_the_crate(&digits));
        }

        #[test]
        fn digits_of_a_shared_country_code_are_parsed_as_by_the_crates_own_database(digits in "(1|7|39|44|47|61|212|262|358|590|599)[0-9]{6,12}") {
            prop_assert_eq!(known_e164(&digits), by_the_crate(&digits));
        }
    }
}
