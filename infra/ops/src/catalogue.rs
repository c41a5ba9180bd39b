//! The catalogue for a deployment's events: the one built into this version, or another file.

use std::path::Path;

use shared::catalogue::Catalogue;
use shared::fault::Faults;
use shared::settings::NotifierSettings;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// The catalogue that order-notifier of the same version has built in: `docs/decisions/the-catalogue-is-built-in.md`.
const BUILT_IN: &str = include_str!("../../../notifications.toml");

/// The file that `CATALOGUE_PATH` names, otherwise the built-in catalogue.
pub fn for_deployment(deployment: &Deployment) -> Result<Catalogue, Failure> {
    read(NotifierSettings::catalogue_path(deployment.environment()))?
        .1
        .map_err(|faults| Failure::usage(format!("the catalogue has faults:\n{faults}")))
}

/// Reads a file's catalogue, or the built-in one: its name, and its contents or faults.
pub fn read(path: Option<&Path>) -> Result<(String, Result<Catalogue, Faults>), Failure> {
    let (name, text) = read_text(path)?;
    let catalogue = Catalogue::parse(&name, &text);
    Ok((name, catalogue))
}

/// The name and the text of a file, or of the built-in catalogue.
pub fn read_text(path: Option<&Path>) -> Result<(String, String), Failure> {
    match path {
        None => Ok(("notifications.toml (built in)".to_owned(), BUILT_IN.to_owned())),
        Some(path) => read_file(path),
    }
}

/// Returns the file's name and its text.
pub fn read_file(path: &Path) -> Result<(String, String), Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("the catalogue {name} can't be read: {error}"))
            .with_remedy("check CATALOGUE_PATH, or the command's --catalogue")
    })?;
    Ok((name, text))
}
