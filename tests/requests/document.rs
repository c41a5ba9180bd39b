//! Reads chapters and tables of `docs/operations.md`.

pub const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The lines of the chapter with this heading, up to the next chapter.
pub fn chapter(heading: &str) -> Vec<&'static str> {
    let after = OPERATIONS.lines().skip_while(|line| *line != heading).skip(1);
    let lines: Vec<&str> = after.take_while(|line| !line.starts_with("## ")).collect();
    assert!(!lines.is_empty(), "docs/operations.md has no chapter {heading}");
    lines
}

/// The rows of a chapter's first table, without its header.
pub fn rows(heading: &str) -> Vec<&'static str> {
    let lines = chapter(heading).into_iter().skip_while(|line| !line.starts_with('|'));
    lines.take_while(|line| line.starts_with('|')).skip(2).collect()
}
