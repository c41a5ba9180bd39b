//! `ops` is installed with the profile `tools`, which optimises nothing, because the operator waits for the compiler.

use std::collections::BTreeSet;
use std::fs;

/// Crates that the development profile optimises only for tests and measurements: `ops` doesn't link them.
const NOT_LINKED: [&str; 4] = ["bench", "libmimalloc-sys", "model", "stateright"];

#[test]
fn the_profile_tools_optimises_no_crate_that_the_development_profile_does() {
    let manifest = fs::read_to_string(format!("{}/../Cargo.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let optimised = |profile: &str, is_wanted: fn(i64) -> bool| -> BTreeSet<String> {
        let packages = manifest["profile"][profile]["package"].as_table().unwrap();
        let level = |package: &toml::Value| package.get("opt-level").and_then(toml::Value::as_integer);
        let wanted = packages.iter().filter(|(_, package)| level(package).is_some_and(is_wanted));
        wanted.map(|(name, _)| name.clone()).filter(|name| !NOT_LINKED.contains(&name.as_str())).collect()
    };
    assert_eq!(optimised("tools", |level| level == 0), optimised("dev", |level| level > 0));
    assert_eq!(optimised("tools", |level| level > 0), BTreeSet::new());
}
