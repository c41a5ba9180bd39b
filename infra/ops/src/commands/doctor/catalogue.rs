//! Checks the catalogue: it must load, and agree with the definitions of the message templates.

use std::collections::BTreeSet;
use std::path::Path;

use shared::catalogue::Catalogue;
use shared::fault::Faults;
use shared::settings::{Environment, NotifierSettings};
use template_definitions::{Definitions, Disagreement, DisagreementKind};

use super::deployment_kind::DeploymentKind;
use super::finding::Finding;
use crate::catalogue;
use crate::failure::Failure;
use crate::labels;
use crate::message_templates;

/// The catalogue and the definitions, as far as they can be read.
pub(super) struct Facts {
    /// The catalogue's file, for messages.
    name: String,
    catalogue: Result<Catalogue, Unread>,
    definitions: Result<Definitions, Failure>,
}

/// Why the catalogue is unusable.
#[derive(Debug)]
enum Unread {
    /// The file can't be read.
    File(Failure),
    /// The catalogue has faults.
    Faults(Faults),
}

impl Facts {
    /// The arguments win over the deployment's catalogue and definitions, and those over the built-in ones.
    pub(super) fn read(named: Option<&Path>, definitions: Option<&Path>, environment: &Environment) -> Self {
        let path = named.or_else(|| NotifierSettings::catalogue_path(environment));
        let (name, catalogue) = match catalogue::read(path) {
            Ok((name, read)) => (name, read.map_err(Unread::Faults)),
            Err(failure) => (String::new(), Err(Unread::File(failure))),
        };
        Self { name, catalogue, definitions: message_templates::read(definitions, environment) }
    }

    /// The catalogue, if it loads.
    pub(super) fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref().ok()
    }
}

/// Judges the catalogue and the definitions.
pub(super) fn findings(facts: &Facts, deployment_kind: DeploymentKind) -> Vec<Finding> {
    let catalogue = match &facts.catalogue {
        Ok(catalogue) => catalogue,
        Err(unread) => return unusable(unread),
    };
    let count = labels::count(catalogue.entries().len(), "notification");
    let mut findings = vec![Finding::fine(format!("{} loads: {count}.", facts.name))];
    match &facts.definitions {
        Ok(definitions) => {
            let disagreements = definitions.disagreements(catalogue);
            if disagreements.is_empty() {
                findings.push(Finding::fine(
                    "Every template of the catalogue is defined, with the same variables and languages.",
                ));
            }
            findings.extend(disagreements.iter().map(|it| disagreement_finding(it, &facts.name)));
            findings.extend(placeholders(definitions, deployment_kind));
        }
        Err(failure) => findings.push(Finding::warning(
            format!("The definitions of the message templates can't be used: {}.", failure.problem()),
            "The catalogue can't be compared with the templates.",
            "Fix these files; if they are built in, build this tool again.",
        )),
    }
    findings
}

fn unusable(unread: &Unread) -> Vec<Finding> {
    let why = "order-notifier doesn't start with it. Order events wait in the queue, and go to the dead-letter queue after two hours.";
    match unread {
        Unread::File(failure) => vec![Finding::fault(
            format!("{}.", failure.problem()),
            why,
            "Check --catalogue and CATALOGUE_PATH; without both, the built-in catalogue is checked.",
        )],
        Unread::Faults(faults) => faults
            .iter()
            .map(|fault| {
                Finding::fault(
                    format!("{fault}."),
                    why,
                    "Fix it, try an event (`ops preview --help`), then deploy.",
                )
            })
            .collect(),
    }
}

/// The definitions state what should be approved. The providers' areas check what is approved.
fn disagreement_finding(disagreement: &Disagreement, name: &str) -> Finding {
    let Disagreement { kind, fault, template, write } = disagreement;
    let what = format!("{name}: {fault}.");
    match kind {
        DisagreementKind::Filling => Finding::fault(
            what,
            "A provider refuses a message with another number of variables than the approved template's (132000), so the customer \
             gets none.",
            format!("Make {name} and the template's definition agree, then deploy."),
        ),
        DisagreementKind::Namespace => Finding::fault(
            what,
            "1MSG refuses a message with another account's namespace (422). Without another provider, the customer gets none.",
            format!("Use the namespace from 1MSG's cabinet in every entry of {name}, then deploy."),
        ),
        DisagreementKind::Undefined => Finding::warning(
            what,
            "If the name is misspelt, every provider refuses the message (132001). Without a definition, the template's variables \
             are unknown.",
            format!(
                "Correct the name in {name}, or define the template in infra/message-templates (`ops templates show` lists \
                 the defined templates), then deploy."
            ),
        ),
        DisagreementKind::LateDelivery => Finding::warning(
            what,
            "A phone that is switched on late gets the WhatsApp message after the fallback's.",
            format!(
                "Give the definition of {template} a time to live that ends first ({}), and submit it (`ops templates plan`).",
                write.as_deref().unwrap_or_default()
            ),
        ),
        DisagreementKind::Language | DisagreementKind::LanguageLeftOut => Finding::warning(
            what,
            "A provider refuses a message in a language that its template lacks (132001). A language that the catalogue lacks \
             is never sent.",
            format!("Make {name} and the template's definition agree, then deploy."),
        ),
    }
}

/// Reports buttons with placeholder addresses. A local run has no customers.
fn placeholders(definitions: &Definitions, deployment_kind: DeploymentKind) -> Option<Finding> {
    let buttons = definitions
        .texts()
        .flat_map(|(definition, text)| text.buttons.iter().map(move |button| (&definition.name, button)));
    let found: Vec<_> = buttons.filter_map(|(name, button)| Some((name, button.placeholder()?))).collect();
    let (_, first) = found.first()?;
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    let what = format!(
        "The definitions' buttons open placeholders such as {} ({}).",
        first,
        names.into_iter().collect::<Vec<_>>().join(", ")
    );
    let why = "Templates that were submitted with them lead customers to pages that don't exist.";
    Some(match deployment_kind {
        DeploymentKind::Local => Finding::note(what, why),
        DeploymentKind::Stack | DeploymentKind::Environment => Finding::warning(
            what,
            why,
            "Use your shop's addresses in infra/message-templates, build this tool again, and run `ops templates \
             plan`.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    const SHIPPED: &str = include_str!("../../../../../tests/shop/notifications.toml");

    fn found(text: &str) -> Vec<Finding> {
        let name = "notifications.toml".to_owned();
        let catalogue = Catalogue::parse(&name, text).map_err(Unread::Faults);
        findings(
            &Facts { name, catalogue, definitions: Ok(message_templates::of_the_suites()) },
            DeploymentKind::Local,
        )
    }

    #[test]
    fn a_catalogue_that_agrees_with_the_definitions_has_no_fault() {
        let findings = found(SHIPPED);
        assert!(findings.iter().all(|finding| finding.severity >= Severity::Note), "{findings:#?}");
    }

    #[test]
    fn every_fault_of_a_catalogue_is_a_finding() {
        let broken = SHIPPED.replace("max_age = \"3d\"", "max_age = \"soon\"").replace("\"wms\"", "7");
        let findings = found(&broken);
        assert!(
            findings.len() == 3 && findings.iter().all(|it| it.severity == Severity::Fault),
            "{findings:#?}"
        );
    }

    #[test]
    fn an_undefined_template_is_a_warning() {
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
    fn a_refused_filling_is_one_fault_with_the_files_name() {
        let text = SHIPPED.replacen(r#", "detail.next_step"]"#, "]", 1);
        let facts = Facts {
            name: "other.toml".to_owned(),
            catalogue: Catalogue::parse("other.toml", &text).map_err(Unread::Faults),
            definitions: Ok(message_templates::of_the_suites()),
        };
        let findings = findings(&facts, DeploymentKind::Local);
        let faults: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Fault).collect();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        let text = format!("{faults:?}");
        assert!(text.contains("other.toml: [notifications.return-registered] body: fills 3"), "{text}");
        assert!(!text.contains("notifications.toml"), "{text}");
    }

    #[test]
    fn placeholders_are_a_warning_except_in_a_local_run() {
        let definitions = message_templates::of_the_suites();
        let severity = |deployment_kind| placeholders(&definitions, deployment_kind).unwrap().severity;
        assert_eq!(severity(DeploymentKind::Stack), Severity::Warning);
        assert_eq!(severity(DeploymentKind::Local), Severity::Note);
        assert_eq!(placeholders(&Definitions::parse([]).unwrap(), DeploymentKind::Stack), None);
    }

    #[test]
    fn a_missing_file_is_named() {
        let facts = Facts::read(Some(Path::new("no/such/file.toml")), None, &Environment::default());
        let findings = findings(&facts, DeploymentKind::Local);
        assert!(findings.len() == 1 && findings[0].what.contains("no/such/file.toml"), "{findings:?}");
        assert!(facts.catalogue().is_none());
    }
}
