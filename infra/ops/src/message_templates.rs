//! Which definitions of message templates a command compares with: `template_definitions` reads them.

use std::path::Path;

use shared::fault::Faults;
use shared::settings::Environment;
use template_definitions::{Definitions, LoadError};

use crate::failure::Failure;

/// Names a folder of definitions: in the process's environment, or by a local run that goes on.
const FOLDER: &str = "OPS_DEFINITIONS";

const PLACEHOLDER: &str = "Value ";

/// The shop's definitions at build time, by the names of their files: see `build.rs`.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/message_templates.rs"));

/// Those of the folder that the command line names, else of the one that the deployment names, else those that this program was
/// built with.
pub fn read(named: Option<&Path>, environment: &Environment) -> Result<Definitions, Failure> {
    match folder(named, environment) {
        Some(folder) => Definitions::load(folder).map_err(Failure::from),
        None => built_in().map_err(|faults| LoadError::Faults(faults).into()),
    }
}

/// The sample that `ops init` writes for a variable; the shop has to replace it.
pub fn placeholder(variable: usize) -> String {
    format!("{PLACEHOLDER}{variable}")
}

/// Whether a sample is a [`placeholder`].
pub fn is_placeholder(sample: &str) -> bool {
    sample.strip_prefix(PLACEHOLDER).is_some_and(|number| number.parse::<usize>().is_ok())
}

/// The folder of the definitions; none if they are those that this program was built with.
pub fn folder<'a>(named: Option<&'a Path>, environment: &'a Environment) -> Option<&'a Path> {
    named.or_else(|| environment.get(FOLDER).map(Path::new))
}

fn built_in() -> Result<Definitions, Faults> {
    Definitions::parse(BUILT_IN.iter().copied())
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let failure = Self::usage(&error);
        match error {
            LoadError::Io { .. } => failure.with_remedy(
                "name a folder with one .toml file for each template, such as infra/message-templates",
            ),
            LoadError::Faults(_) => failure,
        }
    }
}

/// The definitions of the tests' own templates.
#[cfg(test)]
pub(crate) fn of_the_suites() -> Definitions {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/shop/message-templates");
    Definitions::load(Path::new(folder)).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_shops_folder_is_built_in_whatever_it_says() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../message-templates"));
        let files = template_definitions::read_files(folder).unwrap();
        let files = files
            .iter()
            .map(|(path, text)| (Path::new(path).file_name().unwrap().to_str().unwrap(), text.as_str()));
        assert_eq!(files.collect::<Vec<_>>(), BUILT_IN);
    }

    #[test]
    fn only_the_written_placeholders_are_recognised() {
        for (sample, expected) in [
            (placeholder(1), true),
            (placeholder(12), true),
            ("Value".to_owned(), false),
            ("Value added".to_owned(), false),
        ] {
            assert_eq!(is_placeholder(&sample), expected, "{sample}");
        }
    }

    #[test]
    fn the_command_line_names_the_folder_before_the_deployment_does() {
        let environment: Environment =
            [(FOLDER.to_owned(), "no/such/deployment".to_owned())].into_iter().collect();
        let problem = |named| read(named, &environment).unwrap_err().problem().to_owned();
        assert!(problem(Some(Path::new("no/such/option"))).contains("no/such/option can't be read"));
        assert!(problem(None).contains("no/such/deployment can't be read"));
    }
}
