//! The operator's next step: in words, and as commands of this tool for the same deployment.

use std::borrow::Cow;

use serde::Serialize;

use crate::deployment::Named;
use crate::output::style;

/// The operator's next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The step in words.
    pub what: String,
    /// The commands of the step, or alternatives of which one fits.
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

    /// The lines of a report.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} {}", style::strong("next:"), self.what)];
        lines.extend(self.commands.iter().map(|command| format!("  {command}")));
        lines
    }
}

/// This tool, as the user called it: the command lines that it prints name the same deployment.
#[derive(Debug, Clone)]
pub struct Tool {
    deployment: Option<String>,
}

impl Tool {
    /// The tool's call for this deployment.
    pub fn called_for(named: &Named) -> Self {
        Self {
            deployment: match named {
                Named::Stack(stack) => Some(format!("--stack {}", quoted(stack))),
                Named::Local(port) => Some(format!("--local={port}")),
                Named::Environment => None,
            },
        }
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
    fn a_command_line_is_about_the_same_deployment_and_a_shell_reads_its_words_as_they_are() {
        let line = |named: &Named| Tool::called_for(named).line(&["status", "10 4#82", "it's"]);
        assert_eq!(line(&Named::Environment), r"ops status '10 4#82' 'it'\''s'");
        assert_eq!(line(&Named::Local(4700)), r"ops status '10 4#82' 'it'\''s' --local=4700");
        let prod = Tool::called_for(&Named::Stack("prod".to_owned()));
        assert_eq!(prod.line(&["held"]), "ops held --stack prod");
    }
}
