//! The catalogue that a deployment's events are judged by: the one of this version, or another file.

use shared::catalogue::Catalogue;
use shared::settings::NotifierSettings;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// What order-notifier of the same version has built in: `docs/decisions/the-catalogue-is-built-in.md`.
const BUILT_IN: &str = include_str!("../../../notifications.toml");

/// The deployment's catalogue: the file that `CATALOGUE_PATH` names, else the one that is built in.
pub fn of(deployment: &Deployment) -> Result<Catalogue, Failure> {
    let (name, text) = match NotifierSettings::catalogue_path(deployment.environment()) {
        None => ("notifications.toml (built in)".to_owned(), BUILT_IN.to_owned()),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::usage(format!("the catalogue {name} can't be read: {error}"))
                    .with_remedy("check CATALOGUE_PATH")
            })?;
            (name, text)
        }
    };
    Catalogue::parse(&name, &text)
        .map_err(|faults| Failure::usage(format!("the catalogue has faults:\n{faults}")))
}
