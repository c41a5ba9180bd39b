//! Splits the world's numbering plans by country code for `src/message/phone_number/numbering_plans.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor, Descriptors, loader};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut plans: BTreeMap<u16, Vec<Vec<u8>>> = BTreeMap::new();
    let mut codes: BTreeMap<u16, (u32, bool)> = BTreeMap::new();
    let mut letters: BTreeMap<&str, (u16, &str, u128)> = BTreeMap::new();
    // ITU-T E.164: a country code has one to three digits.
    for code in 1..=999 {
        if let Some(countries) = DATABASE.by_code(&code) {
            let lengths = countries.iter().fold(0, |all, country| all | lengths(country.descriptors()));
            let has_trunk_zero = countries.iter().any(|country| country.national_prefix() == Some("0"));
            codes.insert(code, (lengths, has_trunk_zero));
            // Codes that belong to no country have the id `001`.
            let named = countries.iter().filter(|country| country.id() != "001");
            letters.extend(named.map(|country| {
                (country.id(), (code, international_prefix(country), longer_international_prefixes(country)))
            }));
            let all: Vec<loader::Metadata> = countries.into_iter().map(country).collect();
            // The crate checks the main country of a code first, and a number that is valid there is valid.
            let main = all.get(..1).filter(|_| all.len() > 1).map(postcard::to_allocvec);
            plans.insert(
                code,
                main.into_iter().chain([postcard::to_allocvec(&all)]).collect::<Result<_, _>>()?,
            );
        }
    }
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(folder.join("numbering-plans.bin"), postcard::to_allocvec(&plans)?)?;
    fs::write(folder.join("numbering-shapes.bin"), postcard::to_allocvec(&(codes, letters))?)?;
    Ok(())
}

/// The possible lengths of a country's numbers of any kind, one bit each.
fn lengths(of: &Descriptors) -> u32 {
    let kinds = [of.fixed_line(), of.mobile(), of.toll_free(), of.premium_rate(), of.shared_cost()];
    let more = [of.personal_number(), of.voip(), of.pager(), of.uan(), of.voicemail(), Some(of.general())];
    let all = kinds.into_iter().chain(more).flatten().flat_map(Descriptor::possible_length);
    all.fold(0, |bits, length| bits | 1_u32.checked_shl((*length).into()).unwrap_or_default())
}

/// The international prefix; empty if there are several and none is preferred.
fn international_prefix(country: &Metadata) -> &str {
    let mut prefixes: Vec<&str> = country.preferred_international_prefix().into_iter().collect();
    if let Some(pattern) = country.international_prefix() {
        prefixes.push(pattern.as_str());
    }
    let is_one = |prefix: &&str| prefix.bytes().all(|byte| byte.is_ascii_digit());
    prefixes.into_iter().find(is_one).unwrap_or_default()
}

/// The pairs of digits after `00` that make a longer international prefix of the country, one bit each.
fn longer_international_prefixes(country: &Metadata) -> u128 {
    let Some(pattern) = country.international_prefix() else { return 0 };
    // Most countries have `00`, or a prefix of digits only that begins otherwise.
    let is_digits = pattern.as_str().bytes().all(|byte| byte.is_ascii_digit());
    if pattern.as_str() == "00" || is_digits && !pattern.as_str().starts_with("00") {
        return 0;
    }
    let is_longer = |digits: u32| {
        // Such a prefix may continue with further digits; the longest have one more.
        (0..100).any(|more| {
            let dialled = format!("00{digits:02}{more:02}");
            pattern.find(&dialled).is_some_and(|found| found.start() == 0 && found.end() > "00".len())
        })
    };
    (0..100).filter(|digits| is_longer(*digits)).fold(0, |bits, digits| bits | 1_u128 << digits)
}

/// The data needed to parse and validate international numbers, without formats for display and without
/// international prefixes.
fn country(metadata: &Metadata) -> loader::Metadata {
    let descriptors = metadata.descriptors();
    loader::Metadata {
        general: Some(descriptor(descriptors.general())),
        // A number is valid if it matches any kind, and this software never asks which. The crate tries the
        // kinds in the order below and compiles a kind's pattern at its first try. Nearly every recipient has
        // a mobile number, so the kinds are swapped here: the mobile pattern comes first, and the others are
        // rarely compiled.
        premium_rate: descriptors.mobile().map(descriptor),
        toll_free: descriptors.fixed_line().filter(|_| !have_one_pattern(descriptors)).map(descriptor),
        shared_cost: descriptors.voip().map(descriptor),
        voip: descriptors.toll_free().map(descriptor),
        personal_number: descriptors.personal_number().map(descriptor),
        pager: descriptors.premium_rate().map(descriptor),
        uan: descriptors.shared_cost().map(descriptor),
        voicemail: descriptors.uan().map(descriptor),
        fixed_line: descriptors.pager().map(descriptor),
        mobile: descriptors.voicemail().map(descriptor),
        id: Some(metadata.id().to_owned()),
        country_code: Some(metadata.country_code()),
        national_prefix: metadata.national_prefix().map(str::to_owned),
        national_prefix_for_parsing: metadata
            .national_prefix_for_parsing()
            .map(|pattern| ascii(pattern.as_str())),
        national_prefix_transform_rule: metadata.national_prefix_transform_rule().map(str::to_owned),
        main_country_for_code: metadata.is_main_country_for_code(),
        leading_digits: metadata.leading_digits().map(|pattern| ascii(pattern.as_str())),
        ..loader::Metadata::default()
    }
}

/// Whether mobile and fixed-line numbers have the same pattern, as in North America.
fn have_one_pattern(descriptors: &Descriptors) -> bool {
    let pattern = |descriptor: &Descriptor| descriptor.national_number().as_str().to_owned();
    descriptors.mobile().map(pattern) == descriptors.fixed_line().map(pattern)
}

fn descriptor(descriptor: &Descriptor) -> loader::Descriptor {
    loader::Descriptor {
        national_number: Some(ascii(descriptor.national_number().as_str())),
        possible_length: descriptor.possible_length().to_vec(),
        possible_local_length: descriptor.possible_local_length().to_vec(),
        example: None,
    }
}

/// Replaces `\d`, which matches the digits of every script, by `[0-9]`: the crate only gets ASCII digits, and
/// the pattern compiles many times as fast.
fn ascii(pattern: &str) -> String {
    pattern.replace(r"\d", "[0-9]")
}
