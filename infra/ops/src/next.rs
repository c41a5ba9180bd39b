//! The operator's next step, with commands of this tool for the same deployment.

use std::borrow::Cow;

use serde::Serialize;
use shared::message::OrderId;

use crate::deployment::Named;
use crate::output::style;

/// The operator's next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// A clause without a capital and a full stop.
    pub what: String,
    /// The step's commands, or alternatives from which the operator chooses.
    pub commands: Vec<String>,
}

impl Next {
    /// A step without commands.
    pub fn words(what: impl Into<String>) -> Self {
        Self { what: what.into(), commands: Vec::new() }
    }

    /// A step with commands.
    pub fn with(what: impl Into<String>, commands: impl IntoIterator<Item = String>) -> Self {
        Self { what: what.into(), commands: commands.into_iter().collect() }
    }

    /// For a text report.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} {}", style::strong("next:"), self.what)];
        lines.extend(self.commands.iter().map(|command| format!("  {command}")));
        lines
    }
}

/// Builds command lines of this tool that select the same deployment as the current one.
#[derive(Debug, Clone)]
pub struct Tool {
    deployment: Option<String>,
}

impl Tool {
    /// An environment's variables are not repeated in the command lines.
    pub fn for_deployment(named: &Named) -> Self {
        Self {
            deployment: match named {
                Named::Stack(stack) => Some(format!("--stack {}", quoted(stack))),
                Named::Local(port) => Some(format!("--local={port}")),
                Named::Environment => None,
            },
        }
    }

    /// The command that shows an order.
    pub fn status(&self, order: &OrderId) -> String {
        let mut words = vec!["status", order.as_str()];
        words.extend(order.sender.iter().flat_map(|sender| ["--sender", sender.as_str()]));
        self.line(&words)
    }

    /// A command line with these arguments, quoted for a shell.
    pub fn line(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| quoted(word));
        let own = self.deployment.as_deref().map(Cow::Borrowed);
        std::iter::once(Cow::Borrowed("ops")).chain(words).chain(own).collect::<Vec<_>>().join(" ")
    }
}

/// An argument, quoted for a POSIX shell if necessary.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_selects_the_same_deployment_and_is_quoted_for_a_shell() {
        let line = |named: &Named| Tool::for_deployment(named).line(&["status", "10 4#82", "it's"]);
        assert_eq!(line(&Named::Environment), r"ops status '10 4#82' 'it'\''s'");
        assert_eq!(line(&Named::Local(4700)), r"ops status '10 4#82' 'it'\''s' --local=4700");
        let prod = Tool::for_deployment(&Named::Stack("prod".to_owned()));
        assert_eq!(prod.line(&["held"]), "ops held --stack prod");
    }
}
