//! A table for the terminal and for the documents.

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// Rows under a heading; all but the first column hold numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The title on the terminal, and the name of the section in the document.
    pub name: &'static str,
    pub heading: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(name: &'static str, heading: [&str; N]) -> Self {
        Self { name, heading: heading.map(str::to_owned).into(), rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Renders the table as text for a terminal.
    pub fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(&self.heading)
            .add_rows(&self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{}\n{}\n", self.name, table)
    }

    /// Renders the table as Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = (0..self.heading.len())
            .map(|column| if column == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&self.heading) + &line(&rule) + &rows
    }
}

/// Formats a number with two decimals below 10, one below 100, and none otherwise.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Formats a value as a multiple of `base`, or as a dash if `base` is zero.
pub fn times(value: f64, base: f64) -> String {
    if base > 0.0 { format!("{:.2} ×", value / base) } else { "–".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_rendered_as_markdown_and_as_text() {
        let mut table = Table::new("sizes", ["", "MB"]);
        table.row(["order-notifier".to_owned(), number(13.954)]);
        assert_eq!(table.markdown(), "|  | MB |\n| --- | ---: |\n| order-notifier | 14.0 |\n");
        assert!(table.text().contains("order-notifier"));
    }

    #[test]
    fn a_multiple_of_zero_is_a_dash() {
        assert_eq!((times(3.0, 2.0), times(3.0, 0.0)), ("1.50 ×".to_owned(), "–".to_owned()));
    }
}
