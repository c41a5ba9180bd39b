//! What a person can do next: in words, and as command lines of this tool for the same deployment.

use std::borrow::Cow;

use serde::Serialize;

use crate::deployment::Named;
use crate::output::style;

/// What a person can do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// In words.
    pub what: String,
    /// The commands that it takes; of several, the one that fits.
    pub commands: Vec<String>,
}

impl Next {
    /// Words alone.
    pub fn words(what: impl Into<String>) -> Self {
        Self { what: what.into(), commands: Vec::new() }
    }

    /// Words, and commands.
    pub fn with(what: impl Into<String>, commands: impl IntoIterator<Item = String>) -> Self {
        Self { what: what.into(), commands: commands.into_iter().collect() }
    }

    /// As lines of a report.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} {}", style::strong("next:"), self.what)];
        lines.extend(self.commands.iter().map(|command| format!("  {command}")));
        lines
    }
}

/// This tool, as it was called: command lines that it prints are about the same deployment.
#[derive(Debug, Clone)]
pub struct Tool {
    deployment: Option<String>,
}

impl Tool {
    /// The tool as it was called for this deployment.
    pub fn called_for(named: &Named) -> Self {
        Self {
            deployment: match named {
                Named::Stack(stack) => Some(format!("--stack {}", quoted(stack))),
                Named::Local(port) => Some(format!("--local={port}")),
                Named::Environment => None,
            },
        }
    }

    /// A command line with these words, which a shell reads as they are.
    pub fn line(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| quoted(word));
        let own = self.deployment.as_deref().map(Cow::Borrowed);
        std::iter::once(Cow::Borrowed("ops")).chain(words).chain(own).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a POSIX shell reads it as it is.
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
