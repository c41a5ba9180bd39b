//! A text of a fallback, with placeholders for the variables of its body.

use super::VariablesRule;
use crate::message::is_end_mark;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A text with placeholders such as `{{1}}` or `{{order_number}}`, each of which stands for a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// The variable's index among those of the body.
    Variable(usize),
}

impl Pattern {
    /// Parses a text; the error describes every placeholder without a variable.
    pub(super) fn parse(text: &str, variables: &VariablesRule) -> Result<Self, Vec<String>> {
        let mut parts = Vec::new();
        let mut problems = Vec::new();
        let mut rest = text;
        while let Some((literal, opened)) = rest.split_once(OPEN) {
            let Some((name, after)) = opened.split_once(CLOSE) else {
                problems.push(format!("has {OPEN} without {CLOSE}"));
                break;
            };
            parts.push(Part::Literal(literal.to_owned()));
            match find_variable(name.trim(), variables) {
                Some(index) => parts.push(Part::Variable(index)),
                None => problems.push(explain_missing(name.trim(), variables)),
            }
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        parts.retain(|part| !matches!(part, Part::Literal(literal) if literal.is_empty()));
        if problems.is_empty() { Ok(Self(parts)) } else { Err(problems) }
    }

    /// The text with a value for each placeholder; `None` if one has none. `find` gets the variable's index, and whether the mark
    /// that ends a sentence follows the placeholder.
    pub(super) fn fill(&self, mut find: impl FnMut(usize, bool) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        let mut is_complete = true;
        for (place, part) in self.0.iter().enumerate() {
            match part {
                Part::Literal(literal) => filled.push_str(literal),
                Part::Variable(index) => {
                    let next = self.0.get(place + 1);
                    let is_before_end =
                        matches!(next, Some(Part::Literal(next)) if next.starts_with(is_end_mark));
                    match find(*index, is_before_end) {
                        Some(value) => filled.push_str(&value),
                        None => is_complete = false,
                    }
                }
            }
        }
        is_complete.then_some(filled)
    }

    /// The text without its placeholders: what is the same for every customer.
    pub fn literal(&self) -> String {
        self.fill(|_, _| Some(String::new())).unwrap_or_default()
    }
}

fn find_variable(name: &str, variables: &VariablesRule) -> Option<usize> {
    match variables {
        VariablesRule::Positional(all) => {
            let index = name.parse::<usize>().ok()?.checked_sub(1)?;
            (index < all.len()).then_some(index)
        }
        VariablesRule::Named(all) => all.iter().position(|(known, _)| known.as_str() == name),
    }
}

fn explain_missing(name: &str, variables: &VariablesRule) -> String {
    let missing = format!("has {OPEN}{name}{CLOSE}, but `body` has");
    match variables {
        VariablesRule::Positional(all) if all.is_empty() => format!("{missing} no variables"),
        VariablesRule::Positional(all) if all.len() == 1 => format!("{missing} only {OPEN}1{CLOSE}"),
        VariablesRule::Positional(all) => {
            format!("{missing} only {OPEN}1{CLOSE} to {OPEN}{}{CLOSE}", all.len())
        }
        VariablesRule::Named(all) => {
            let known: Vec<String> =
                all.iter().map(|(name, _)| format!("{OPEN}{}{CLOSE}", name.as_str())).collect();
            format!("{missing} only {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Expression;
    use crate::message::VariableName;

    fn numbered(count: usize) -> VariablesRule {
        VariablesRule::Positional(vec![Expression::compile("detail.x").unwrap(); count])
    }

    fn named() -> VariablesRule {
        let pair = |name| (VariableName::parse(name).unwrap(), Expression::compile("detail.x").unwrap());
        VariablesRule::Named(["name", "order_number"].map(pair).to_vec())
    }

    #[test]
    fn placeholders_are_replaced_by_the_values_of_their_variables() {
        let fill = |text: &str, variables: &VariablesRule| {
            let value = |index: usize, is_before_end| {
                Some(format!("<{index}{}>", if is_before_end { " before the end" } else { "" }))
            };
            Pattern::parse(text, variables).unwrap().fill(value).unwrap()
        };
        assert_eq!(fill("{{2}}: {{ 1 }}.\n{{2}}", &numbered(2)), "<1>: <0 before the end>.\n<1>");
        assert_eq!(fill("Hi {{name}}!", &named()), "Hi <0 before the end>!");
        assert_eq!(fill("{ } }} 100 %", &numbered(0)), "{ } }} 100 %");
    }

    #[test]
    fn a_placeholder_without_a_value_makes_no_text() {
        let pattern = Pattern::parse("Hi {{1}}, {{2}}", &numbered(2)).unwrap();
        assert_eq!(pattern.fill(|index, _| (index == 0).then(|| "A".to_owned())), None);
        assert_eq!(pattern.literal(), "Hi , ");
    }

    #[test]
    fn every_placeholder_without_a_variable_is_described() {
        for (text, variables, problems) in [
            ("{{1}}", numbered(0), vec!["has {{1}}, but `body` has no variables"]),
            (
                "{{2}} {{x}}",
                numbered(1),
                vec!["has {{2}}, but `body` has only {{1}}", "has {{x}}, but `body` has only {{1}}"],
            ),
            (
                "{{0}} {{2}} {{3}}",
                numbered(2),
                vec![
                    "has {{0}}, but `body` has only {{1}} to {{2}}",
                    "has {{3}}, but `body` has only {{1}} to {{2}}",
                ],
            ),
            ("{{1}} {{name}}", named(), vec!["has {{1}}, but `body` has only {{name}}, {{order_number}}"]),
            ("Hi {{1}, {2}}", numbered(2), vec!["has {{1}, {2}}, but `body` has only {{1}} to {{2}}"]),
            ("Hi {{1", numbered(2), vec!["has {{ without }}"]),
        ] {
            assert_eq!(Pattern::parse(text, &variables).unwrap_err(), problems, "{text}");
        }
    }
}
