//! Embeds the shop's definitions of its message templates: every `.toml` file of `infra/message-templates`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../message-templates").canonicalize()?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, path.to_string_lossy().into_owned()));
        }
    }
    files.sort();
    let entries: Vec<String> =
        files.iter().map(|(name, path)| format!("({name:?}, include_str!({path:?})),\n")).collect();
    let list = PathBuf::from(env::var("OUT_DIR")?).join("message_templates.rs");
    fs::write(list, format!("&[\n{}]\n", entries.concat()))?;
    Ok(())
}
