//! The catalogue: it loads, and it agrees with the definitions of the message templates.

use std::collections::BTreeSet;
use std::path::Path;

use shared::catalogue::Catalogue;
use shared::fault::Faults;
use shared::settings::{Environment, NotifierSettings};
use template_definitions::{Definitions, Disagreement, DisagreementKind};

use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::catalogue;
use crate::failure::Failure;
use crate::message_templates;

/// The catalogue and the definitions, as far as they can be read.
pub(super) struct Facts {
    /// The catalogue's file, for messages.
    name: String,
    catalogue: Result<Catalogue, Unread>,
    definitions: Result<Definitions, Failure>,
}

/// Why there is no catalogue.
#[derive(Debug)]
enum Unread {
    /// The file can't be read.
    File(Failure),
    /// The catalogue has faults.
    Faults(Faults),
}

impl Facts {
    /// Reads the catalogue that is named here, else the one that `CATALOGUE_PATH` names, else the one that is built in; and the
    /// definitions of the folder that is named here, else of the one that the deployment names, else those that are built in.
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
pub(super) fn findings(facts: &Facts, surroundings: Surroundings) -> Vec<Finding> {
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
                findings.push(Finding::fine(
                    "Every template that it fills is defined, with the same variables and languages.",
                ));
            }
            findings.extend(disagreements.iter().map(|it| of_disagreement(it, &facts.name)));
            findings.extend(placeholders(definitions, surroundings));
        }
        Err(failure) => findings.push(Finding::warning(
            format!("The definitions of the message templates can't be used: {}.", failure.problem()),
            "What the templates say can't be compared with what fills them.",
            "Mend the files that are named; where these definitions are built in, build this tool again.",
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
                    "Mend it there, see what it makes of an event with `ops preview --help`, then deploy.",
                )
            })
            .collect(),
    }
}

/// The definitions state what should be approved. What is approved is checked with the providers.
fn of_disagreement(disagreement: &Disagreement, name: &str) -> Finding {
    let Disagreement { kind, fault, template: _, write: _ } = disagreement;
    let what = format!("{name}: {fault}.");
    match kind {
        DisagreementKind::Filling => Finding::fault(
            what,
            "A provider refuses a message that doesn't fill its template as it was approved (132000), and the customer gets \
             none.",
            format!("Make {name} and the template's definition agree, then deploy."),
        ),
        DisagreementKind::Namespace => Finding::fault(
            what,
            "1MSG refuses a message with another namespace than its account's (422); without another provider the customer gets \
             none.",
            format!("Put the namespace that 1MSG's cabinet shows into every entry of {name}, then deploy."),
        ),
        DisagreementKind::Undefined => Finding::warning(
            what,
            "Where the name is misspelt, every provider refuses the message (132001); how the template is to be filled can't \
             be told without its definition.",
            format!(
                "Correct the name in {name}, or define the template in infra/message-templates (`ops templates show` lists \
                 what is defined), then deploy."
            ),
        ),
        DisagreementKind::Language | DisagreementKind::LanguageLeftOut => Finding::warning(
            what,
            "A provider refuses a message in a language that its template isn't there in (132001); a language that is left \
             out is never sent.",
            format!("Make {name} and the template's definition agree, then deploy."),
        ),
    }
}

/// Reports buttons with placeholder addresses. A local run has no customers.
fn placeholders(definitions: &Definitions, surroundings: Surroundings) -> Option<Finding> {
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
    let why = "What was submitted so leads customers to a page that nobody has.";
    Some(match surroundings {
        Surroundings::Local => Finding::note(what, why),
        Surroundings::Stack | Surroundings::Environment => Finding::warning(
            what,
            why,
            "Put your shop's addresses into infra/message-templates, build this tool again, and compare with `ops templates \
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
            Surroundings::Local,
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
            findings.len() == 2 && findings.iter().all(|it| it.severity == Severity::Fault),
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
    fn what_providers_refuse_is_one_fault_with_the_files_own_name() {
        let text = SHIPPED.replacen(r#", "detail.next_step"]"#, "]", 1);
        let facts = Facts {
            name: "other.toml".to_owned(),
            catalogue: Catalogue::parse("other.toml", &text).map_err(Unread::Faults),
            definitions: Ok(message_templates::of_the_suites()),
        };
        let findings = findings(&facts, Surroundings::Local);
        let faults: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Fault).collect();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        let told = format!("{faults:?}");
        assert!(told.contains("other.toml: [notifications.return-registered] body: fills 3"), "{told}");
        assert!(!told.contains("notifications.toml"), "{told}");
    }

    #[test]
    fn placeholders_are_a_warning_where_there_are_customers() {
        let definitions = message_templates::of_the_suites();
        let severity = |surroundings| placeholders(&definitions, surroundings).unwrap().severity;
        assert_eq!(severity(Surroundings::Stack), Severity::Warning);
        assert_eq!(severity(Surroundings::Local), Severity::Note);
        assert_eq!(placeholders(&Definitions::parse([]).unwrap(), Surroundings::Stack), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let facts = Facts::read(Some(Path::new("no/such/file.toml")), None, &Environment::default());
        let findings = findings(&facts, Surroundings::Local);
        assert!(findings.len() == 1 && findings[0].what.contains("no/such/file.toml"), "{findings:?}");
        assert!(facts.catalogue().is_none());
    }
}
