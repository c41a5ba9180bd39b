//! Writes the numbering plans of the world apart, one country code each: see `src/message/numbering_plans.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor, Descriptors, loader};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut plans: BTreeMap<u16, Vec<Vec<u8>>> = BTreeMap::new();
    // ITU-T E.164: a country code has one to three digits.
    for code in 1..=999 {
        if let Some(countries) = DATABASE.by_code(&code) {
            let all: Vec<loader::Metadata> = countries.into_iter().map(country).collect();
            // The crate looks at a code's first country first, its main one, and what is valid there is valid.
            let main = all.get(..1).filter(|_| all.len() > 1).map(postcard::to_allocvec);
            plans.insert(
                code,
                main.into_iter().chain([postcard::to_allocvec(&all)]).collect::<Result<_, _>>()?,
            );
        }
    }
    let file = PathBuf::from(env::var("OUT_DIR")?).join("numbering-plans.bin");
    fs::write(file, postcard::to_allocvec(&plans)?)?;
    Ok(())
}

/// What it takes to read an international number and to say whether it is one: without the ways to write it for people,
/// and without the prefixes for dialling abroad.
fn country(metadata: &Metadata) -> loader::Metadata {
    let of = metadata.descriptors();
    loader::Metadata {
        general: Some(descriptor(of.general())),
        // A number is valid if it is one of any kind, and nobody here asks of which. The crate tries the kinds in the order
        // below and compiles a kind's pattern when it first tries it: so that a mobile number, which nearly every recipient's
        // is, costs no other kind's pattern, each kind has another one's place.
        premium_rate: of.mobile().map(descriptor),
        toll_free: of.fixed_line().filter(|_| !is_one_kind(of)).map(descriptor),
        shared_cost: of.voip().map(descriptor),
        voip: of.toll_free().map(descriptor),
        personal_number: of.personal_number().map(descriptor),
        pager: of.premium_rate().map(descriptor),
        uan: of.shared_cost().map(descriptor),
        voicemail: of.uan().map(descriptor),
        fixed_line: of.pager().map(descriptor),
        mobile: of.voicemail().map(descriptor),
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

/// Whether mobile and fixed numbers can't be told apart, as in North America: then one pattern is enough.
fn is_one_kind(of: &Descriptors) -> bool {
    let pattern = |descriptor: &Descriptor| descriptor.national_number().as_str().to_owned();
    of.mobile().map(pattern) == of.fixed_line().map(pattern)
}

fn descriptor(descriptor: &Descriptor) -> loader::Descriptor {
    loader::Descriptor {
        national_number: Some(ascii(descriptor.national_number().as_str())),
        possible_length: descriptor.possible_length().to_vec(),
        possible_local_length: descriptor.possible_local_length().to_vec(),
        example: None,
    }
}

/// Of all the world's digits we show the crate only these ten, and a pattern that asks for no others compiles many times
/// as fast.
fn ascii(pattern: &str) -> String {
    pattern.replace(r"\d", "[0-9]")
}
