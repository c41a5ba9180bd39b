//! Counts the items that wait for an operator.

use shared::table::{Table, TableError};

use crate::commands::doctor::finding::Finding;
use crate::labels::count;

#[derive(Debug)]
pub(in crate::commands::doctor) enum Waiting {
    Counted { held: usize, invalid: usize },
    Unknown(TableError),
}

impl Waiting {
    /// Queries the index `due`.
    pub(in crate::commands::doctor) async fn count(table: &Table) -> Self {
        match tokio::try_join!(table.held(), table.invalid_events()) {
            Ok((held, invalid)) => Self::Counted { held: held.len(), invalid: invalid.len() },
            Err(error) => Self::Unknown(error),
        }
    }

    /// A note, because waiting items are no fault of the deployment.
    pub(in crate::commands::doctor) fn finding(&self) -> Finding {
        let (what, why, fix) = match self {
            Self::Counted { held: 0, invalid: 0 } => {
                return Finding::fine(
                    "Nothing waits for an operator: no notification is held, and no event is invalid.",
                );
            }
            Self::Counted { held, invalid } => (
                format!(
                    "{} and {} wait for an operator.",
                    count(*held, "held notification"),
                    count(*invalid, "invalid event")
                ),
                "They are not sent without an operator.".to_owned(),
                "Run `ops held` and `ops invalid list`, which show the next steps.",
            ),
            Self::Unknown(error) => (
                "The items that wait for an operator can't be counted.".to_owned(),
                format!("{error}."),
                "Allow dynamodb:Query on the table's index `due` for these credentials.",
            ),
        };
        Finding { fix: Some(fix.to_owned()), ..Finding::note(what, why) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::Severity;

    #[test]
    fn waiting_items_are_counted_and_no_fault() {
        let finding = Waiting::Counted { held: 1, invalid: 2 }.finding();
        assert_eq!(finding.what, "1 held notification and 2 invalid events wait for an operator.");
        assert_eq!(finding.severity, Severity::Note);
        assert!(finding.fix.unwrap().contains("`ops held`"));
        assert_eq!(Waiting::Counted { held: 0, invalid: 0 }.finding().severity, Severity::Fine);
    }
}
