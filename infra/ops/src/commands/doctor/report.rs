//! The report of `ops doctor`: all findings by area.

use std::fmt::Write as _;

use serde::Serialize;
use shared::message::Sender;

use super::area::Area;
use super::finding::{Finding, Severity};
use crate::exit::Exit;
use crate::labels::count;
use crate::next::Tool;
use crate::output::{Report, style};

#[derive(Debug, Serialize)]
pub(super) struct Checkup {
    faults: usize,
    warnings: usize,
    findings: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    area: Area,
    #[serde(flatten)]
    finding: Finding,
}

impl Checkup {
    /// The findings of these areas: within each area those about no sender with a name first, and for each sender the most
    /// severe first. The commands in them name the same deployment and sender.
    pub(super) fn new(mut areas: Vec<(Area, Vec<Finding>)>, tool: &Tool) -> Self {
        areas.sort_by_key(|(area, _)| *area);
        let findings: Vec<Found> = areas
            .into_iter()
            .flat_map(|(area, mut findings)| {
                findings.sort_by(|a, b| (&a.sender, a.severity).cmp(&(&b.sender, b.severity)));
                findings.into_iter().map(move |finding| {
                    let sender = finding.sender.as_ref();
                    let fix = finding.fix.map(|fix| with_deployment(&fix, sender, tool));
                    Found { area, finding: Finding { fix, ..finding } }
                })
            })
            .collect();
        let count = |severity| findings.iter().filter(|found| found.finding.severity == severity).count();
        Self { faults: count(Severity::Fault), warnings: count(Severity::Warning), findings }
    }

    /// The exit code: warnings alone are not a failure.
    pub(super) const fn exit(&self) -> Exit {
        if self.faults > 0 { Exit::Attention } else { Exit::Fine }
    }

    fn summary(&self) -> String {
        let faults = count(self.faults, "fault");
        let warnings = count(self.warnings, "warning");
        match (self.faults, self.warnings) {
            (0, 0) => style::good("Nothing is wrong."),
            (0, _) => style::pending(format!("No fault, but {warnings}.")),
            (_, 0) => style::bad(format!("{faults}.")),
            (_, _) => style::bad(format!("{faults} and {warnings}.")),
        }
    }
}

impl Report for Checkup {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        let mut sender = None;
        for (place, Found { area, finding }) in self.findings.iter().enumerate() {
            if last != Some(*area) {
                // Writing to a `String` can't fail.
                let _written = writeln!(text, "{}", style::strong(area));
                last = Some(*area);
                sender = None;
            }
            if finding.sender.is_some() && finding.sender != sender {
                sender.clone_from(&finding.sender);
                let name = sender.as_ref().map(Sender::as_str).unwrap_or_default();
                let _written = writeln!(text, "  {}", style::strong(format!("sender {name}")));
            }
            let _written = writeln!(text, "  {}  {}", label(finding.severity), finding.what);
            let next =
                self.findings.get(place + 1).filter(|next| next.area == *area).map(|next| &next.finding);
            // Consecutive findings with the same reason and remedy show them only after the last one.
            if next.is_some_and(|next| {
                (&next.sender, &next.why, &next.fix) == (&finding.sender, &finding.why, &finding.fix)
            }) {
                continue;
            }
            for (name, said) in [("why", &finding.why), ("fix", &finding.fix)] {
                if let Some(said) = said {
                    let _written = writeln!(text, "           {} {said}", style::weak(format!("{name:<4}")));
                }
            }
        }
        text + "\n" + &self.summary()
    }
}

/// The text with the deployment's option, and for a provider's account the sender's, added to each command of this tool, so
/// that the commands can be copied.
fn with_deployment(text: &str, sender: Option<&Sender>, tool: &Tool) -> String {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        match part.strip_prefix("ops ").filter(|_| place % 2 == 1) {
            Some(words) if !words.ends_with("--help") => {
                let of_account = words.starts_with("templates ") || words.starts_with("webhook ");
                let sender = sender.filter(|_| of_account);
                let sender = sender.iter().flat_map(|sender| ["--sender", sender.as_str()]);
                tool.line(&words.split(' ').chain(sender).collect::<Vec<_>>())
            }
            _ => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The severity, padded to a common width.
fn label(severity: Severity) -> String {
    let name = format!("{:<7}", severity.name());
    match severity {
        Severity::Fault => style::bad(name),
        Severity::Warning => style::pending(name),
        Severity::Note => style::weak(name),
        Severity::Fine => style::good(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Named;

    fn checkup(areas: Vec<(Area, Vec<Finding>)>) -> Checkup {
        Checkup::new(areas, &Tool::for_deployment(&Named::Environment))
    }

    fn plain(checkup: &Checkup) -> String {
        anstream::adapter::strip_str(&checkup.text()).to_string()
    }

    #[test]
    fn findings_are_sorted_by_area_and_severity() {
        let checkup = checkup(vec![
            (Area::Webhook, vec![Finding::note("n", "y")]),
            (
                Area::Settings,
                vec![Finding::fine("f"), Finding::fault("a", "b", "c"), Finding::warning("w", "x", "z")],
            ),
        ]);
        let text = plain(&checkup);
        let places: Vec<usize> = [
            "settings\n",
            "fault    a",
            "why  b",
            "fix  c",
            "warning  w",
            "fine     f",
            "webhook\n",
            "note     n",
        ]
        .iter()
        .map(|part| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text}")))
        .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.ends_with("1 fault and 1 warning."), "{text}");
    }

    #[test]
    fn a_common_reason_and_remedy_are_shown_once_after_the_last_finding() {
        let text = plain(&checkup(vec![(
            Area::Catalogue,
            vec![
                Finding::fault("a", "why", "fix"),
                Finding::fault("b", "why", "fix"),
                Finding::note("n", "z"),
            ],
        )]));
        assert_eq!(text.matches("why  why").count(), 1, "{text}");
        assert!(text.find("fault    b").unwrap() < text.find("why  why").unwrap(), "{text}");
        assert!(text.contains("why  z"), "{text}");
    }

    #[test]
    fn a_command_gets_the_deployments_option() {
        let fix = "Run `ops redrive`, not `sam deploy`; see `ops webhook --help` or ops redrive.";
        assert_eq!(
            with_deployment(fix, None, &Tool::for_deployment(&Named::Stack("shop".to_owned()))),
            "Run `ops redrive --stack shop`, not `sam deploy`; see `ops webhook --help` or ops redrive."
        );
    }

    #[test]
    fn findings_are_grouped_by_sender() {
        let found = |name: &str, finding: Finding| finding.of_sender(Some(&Sender::parse(name).unwrap()));
        let checkup = checkup(vec![(
            Area::Meta,
            vec![
                found("beta", Finding::fine("b")),
                found("acme", Finding::fine("a2")),
                found("acme", Finding::fault("a1", "why", "Run `ops templates apply` or `ops doctor`.")),
                Finding::fine("of the default sender"),
            ],
        )]);
        let text = plain(&checkup);
        let places: Vec<usize> =
            ["meta\n", "default sender", "sender acme", "a1", "a2", "sender beta", "fine     b"]
                .iter()
                .map(|part| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text}")))
                .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("`ops templates apply --sender acme` or `ops doctor`"), "{text}");
        let json = serde_json::to_value(&checkup).unwrap();
        assert_eq!(json["findings"][1]["sender"], "acme");
        assert_eq!(json["findings"][0].get("sender"), None);
    }

    #[test]
    fn warnings_alone_are_no_failure() {
        let warned = checkup(vec![(Area::Table, vec![Finding::warning("w", "x", "z")])]);
        assert_eq!(warned.exit(), Exit::Fine);
        assert!(plain(&warned).ends_with("No fault, but 1 warning."));
        let fine = checkup(vec![(Area::Table, vec![Finding::fine("f"), Finding::note("n", "y")])]);
        assert_eq!(fine.exit(), Exit::Fine);
        assert!(plain(&fine).ends_with("Nothing is wrong."));
        let wrong = checkup(vec![(Area::Table, vec![Finding::fault("a", "b", "c")])]);
        assert_eq!(wrong.exit(), Exit::Attention);
    }

    #[test]
    fn the_json_has_a_list_with_areas_and_severities() {
        let checkup = checkup(vec![(Area::Bus, vec![Finding::fault("a", "b", "c"), Finding::fine("f")])]);
        assert_eq!(
            serde_json::to_value(&checkup).unwrap(),
            serde_json::json!({"faults": 1, "warnings": 0, "findings": [
                {"area": "bus", "severity": "fault", "what": "a", "why": "b", "fix": "c"},
                {"area": "bus", "severity": "fine", "what": "f"},
            ]})
        );
    }
}
