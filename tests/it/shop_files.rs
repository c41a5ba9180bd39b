//! A shop overwrites `notifications.toml`, `infra/message-templates` and `infra/sample-events`. No test may depend on
//! their contents: the suites use `tests/shop` and `tests/events`, and `ops check` tests the shop's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What a shop overwrites.
const SHOP: [&str; 3] = ["notifications.toml", "infra/message-templates", "infra/sample-events"];
/// The files that embed the shop's catalogue: two programs, and the budget, which subtracts its size.
const BUILT_IN: [&str; 3] =
    ["functions/order-notifier/src/notifier.rs", "infra/bench/src/budget.rs", "infra/ops/src/catalogue.rs"];
/// Where the local run defaults to the shop's files.
const OPTIONS: [&str; 1] = ["infra/local/src/options.rs"];
/// Where these paths are defined, independently of the contents.
const PATHS: [&str; 5] = [
    "infra/local/src/account.rs",
    "infra/local/src/catalogue.rs",
    "infra/local/src/samples.rs",
    "infra/ops/build.rs",
    "infra/ops/src/message_templates.rs",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn only_the_programs_read_a_shops_files() {
    let mut files = Vec::new();
    for folder in ["functions", "infra", "shared", "tests"] {
        sources(&repository().join(folder), &mut files);
    }
    let (mut including, mut asking, mut naming) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let text = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
        let name = relative(file);
        for included in text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let included = relative(&normal(&file.parent().unwrap().join(included)));
            if SHOP.iter().any(|own| included.starts_with(own)) {
                including.insert(name.clone());
            }
        }
        if text.lines().any(names_a_file_of_the_shop) && !file.ends_with(file!()) {
            naming.insert(name.clone());
        }
        // Callers outside the defining module, which calls them without a path.
        if ["catalogue::of_the_shop", "account::definitions_of_the_shop", "samples::of_the_shop"]
            .iter()
            .any(|function| text.contains(function))
            && !file.ends_with(file!())
        {
            asking.insert(name);
        }
    }
    assert_eq!(including, BUILT_IN.map(str::to_owned).into());
    assert_eq!(asking, OPTIONS.map(str::to_owned).into());
    assert_eq!(naming, PATHS.map(str::to_owned).into());
}

/// Whether a line of code makes a path to one of the files in the repository.
fn names_a_file_of_the_shop(line: &str) -> bool {
    let is_of_the_repository =
        ["repository()", "in_the_repository(", "CARGO_MANIFEST_DIR"].iter().any(|root| line.contains(root));
    is_of_the_repository
        && line.split('"').skip(1).step_by(2).any(|literal| {
            let literal = literal.trim_start_matches("/..").trim_start_matches("../").trim_start_matches('/');
            SHOP.iter().any(|own| literal.starts_with(own) || literal == own.trim_start_matches("infra/"))
        })
}

/// Every source file, except what cargo has built.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(repository()).map(|path| path.display().to_string()).unwrap_or_default()
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
        normal
    })
}
