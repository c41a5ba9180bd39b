//! Writes the numbering plans of the world apart, one country code each: see `src/message/numbering_plans.rs`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor, loader};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut plans: Vec<(u16, Vec<u8>)> = Vec::new();
    // ITU-T E.164: a country code has one to three digits.
    for code in 1..=999 {
        if let Some(countries) = DATABASE.by_code(&code) {
            let countries: Vec<loader::Metadata> = countries.into_iter().map(country).collect();
            plans.push((code, postcard::to_allocvec(&countries)?));
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
        fixed_line: of.fixed_line().map(descriptor),
        mobile: of.mobile().map(descriptor),
        toll_free: of.toll_free().map(descriptor),
        premium_rate: of.premium_rate().map(descriptor),
        shared_cost: of.shared_cost().map(descriptor),
        personal_number: of.personal_number().map(descriptor),
        voip: of.voip().map(descriptor),
        pager: of.pager().map(descriptor),
        uan: of.uan().map(descriptor),
        voicemail: of.voicemail().map(descriptor),
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
