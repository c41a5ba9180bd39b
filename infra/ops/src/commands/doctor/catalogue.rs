//! The catalogue: it loads, and the definitions of the message templates are those that it fills.

use std::path::Path;

use shared::catalogue::Catalogue;
use shared::fault::{Fault, Faults};
use shared::settings::{Environment, NotifierSettings};

use super::finding::Finding;
use crate::catalogue;
use crate::failure::Failure;
use crate::message_templates::Definitions;

/// The catalogue and the definitions, as far as they can be read.
pub(super) struct Facts {
    /// What it is called.
    name: String,
    catalogue: Result<Catalogue, Unread>,
    definitions: Result<Definitions, Failure>,
}

/// Why there is no catalogue.
#[derive(Debug)]
enum Unread {
    /// The file can't be read.
    File(Failure),
    /// It has faults.
    Faults(Faults),
}

impl Facts {
    /// Reads the file that is named here, else the one that `CATALOGUE_PATH` names, else the one that is built in.
    pub(super) fn read(named: Option<&Path>, environment: &Environment) -> Self {
        let path = named.or_else(|| NotifierSettings::catalogue_path(environment));
        let (name, catalogue) = match catalogue::read(path) {
            Ok((name, read)) => (name, read.map_err(Unread::Faults)),
            Err(failure) => (String::new(), Err(Unread::File(failure))),
        };
        Self { name, catalogue, definitions: Definitions::shipped() }
    }

    /// The catalogue, if it loads.
    pub(super) fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref().ok()
    }
}

/// What is wrong with it.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let catalogue = match &facts.catalogue {
        Ok(catalogue) => catalogue,
        Err(unread) => return unusable(unread),
    };
    let count = catalogue.entries().len();
    let mut findings = vec![Finding::fine(format!("{} loads: {count} notifications.", facts.name))];
    match &facts.definitions {
        Ok(definitions) => {
            let disagreements = definitions.disagreements(catalogue);
            if disagreements.is_empty() {
                findings.push(Finding::fine("infra/message-templates defines every template that it fills."));
            }
            findings.extend(disagreements.iter().map(of_disagreement));
        }
        Err(failure) => findings.push(Finding::warning(
            format!("The definitions of the message templates can't be used: {}.", failure.problem()),
            "What the templates say can't be compared with what fills them.",
            "Mend the files of infra/message-templates, and build this tool again.",
        )),
    }
    findings
}

fn unusable(unread: &Unread) -> Vec<Finding> {
    let why = "order-notifier doesn't start with it: order events wait in the queue, and after two hours in its dead-letter queue.";
    match unread {
        Unread::File(failure) => vec![Finding::fault(
            format!("{}.", failure.problem()),
            why,
            "Check --catalogue and CATALOGUE_PATH; without both, the catalogue that this tool was built with is looked at.",
        )],
        Unread::Faults(faults) => faults
            .iter()
            .map(|fault| {
                Finding::fault(
                    format!("{fault}."),
                    why,
                    format!(
                        "Mend it there, see what it makes of an event with `ops preview`, then deploy: {}.",
                        fault.place
                    ),
                )
            })
            .collect(),
    }
}

/// The definitions are what ought to have been approved. What has been is looked at with the providers.
fn of_disagreement(fault: &Fault) -> Finding {
    Finding::warning(
        format!("The catalogue and infra/message-templates disagree: {fault}."),
        "One of them isn't what was approved: a provider refuses a message whose variables or language aren't the \
         template's (132000, 132001).",
        "Make notifications.toml and infra/message-templates agree (`ops templates plan` shows what Meta holds), then deploy.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    const SHIPPED: &str = include_str!("../../../../../notifications.toml");

    fn found(text: &str) -> Vec<Finding> {
        let name = "notifications.toml".to_owned();
        let catalogue = Catalogue::parse(&name, text).map_err(Unread::Faults);
        findings(&Facts { name, catalogue, definitions: Definitions::shipped() })
    }

    #[test]
    fn the_shipped_catalogue_holds_together_with_the_definitions() {
        let findings = found(SHIPPED);
        assert!(findings.iter().all(|finding| finding.severity == Severity::Fine), "{findings:#?}");
    }

    #[test]
    fn every_fault_of_a_catalogue_is_a_finding() {
        let broken = SHIPPED.replace("max_age = \"3d\"", "max_age = \"soon\"").replace("\"wms\"", "7");
        let findings = found(&broken);
        assert!(
            findings.len() >= 2 && findings.iter().all(|it| it.severity == Severity::Fault),
            "{findings:#?}"
        );
    }

    #[test]
    fn a_contradiction_to_the_definitions_is_a_warning() {
        let findings = found(&SHIPPED.replace("name = \"stock_arrived\"", "name = \"stock_here\""));
        let warnings: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Warning)
            .map(|finding| finding.what.as_str())
            .collect();
        assert_eq!(warnings.len(), 3, "one for each provider: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("stock_here")), "{warnings:?}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let facts = Facts::read(Some(Path::new("no/such/file.toml")), &Environment::default());
        let findings = findings(&facts);
        assert!(findings.len() == 1 && findings[0].what.contains("no/such/file.toml"), "{findings:?}");
        assert!(facts.catalogue().is_none());
    }
}
