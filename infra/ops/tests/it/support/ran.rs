//! The result of a run, and its form in a snapshot.

use std::fmt;
use std::process::Output;
use std::sync::LazyLock;

use regex::Regex;

/// The result of a run of the tool.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// The report.
    pub stdout: String,
    /// Errors and remarks.
    pub stderr: String,
}

impl Ran {
    /// Reads the output of a process, which must be UTF-8.
    pub fn from_output(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts this exit code, and returns the report.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.stdout
    }
}

/// The whole output for a snapshot: the exit code unless it is 0, the report, and then what was written to standard error.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code != 0 {
            writeln!(f, "exit code {}", self.code)?;
        }
        f.write_str(&stable(&self.stdout))?;
        if !self.stderr.is_empty() {
            write!(f, "stderr:\n{}", stable(&self.stderr))?;
        }
        Ok(())
    }
}

/// What differs from run to run, and what stands for it in a snapshot.
static PLACEHOLDERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let placeholders = [
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)", "<time>"),
        (r"(oldest |<time>, )[\da-z ]+ old", "$1<age> old"),
        ("(\"age_seconds\": )[0-9]+", "$1<age>"),
        // Before the numbers: one may begin with eight digits.
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
        // The letters of a queue, each with how often it was received.
        (r"(<time> +)\d+\b", "$1<receives>"),
        (r"ops-\d{8}T\d{6}-\d{3}", "<replay>"),
        (r"(127\.0\.0\.1:|--local=)\d{5}", "$1<port>"),
        (r"/\S*/ops-[a-z-]*[0-9a-f]{12,32}", "<file>"),
        (r"wamid\.[A-Za-z0-9+/=_-]{20,}", "<message id>"),
        (r"\b([0-9a-f]{16,}|A?\d{15,})\b", "<id>"),
    ];
    placeholders.into_iter().map(|(pattern, name)| (Regex::new(pattern).unwrap(), name)).collect()
});

/// The text with placeholders, and without what only frames a table: its width depends on what they stand for.
fn stable(text: &str) -> String {
    let text = PLACEHOLDERS
        .iter()
        .fold(text.to_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned());
    let is_a_rule = |line: &str| !line.is_empty() && line.chars().all(|c| "─═".contains(c));
    let lines = text.lines().filter(|line| !is_a_rule(line));
    lines.flat_map(|line| [line.trim_end(), "\n"]).collect()
}
