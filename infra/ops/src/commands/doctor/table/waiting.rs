//! The number of items that wait for an operator, counted in the index.

use shared::table::{Table, TableError};

use crate::commands::doctor::finding::Finding;
use crate::words::count;

/// The numbers of items that wait for an operator, if they can be counted.
#[derive(Debug)]
pub(in crate::commands::doctor) enum Waiting {
    Counted { held: usize, invalid: usize },
    Unknown(TableError),
}

impl Waiting {
    /// Queries the table's index.
    pub(in crate::commands::doctor) async fn count(table: &Table) -> Self {
        match tokio::try_join!(table.held(), table.invalid_events()) {
            Ok((held, invalid)) => Self::Counted { held: held.len(), invalid: invalid.len() },
            Err(error) => Self::Unknown(error),
        }
    }

    /// A note: waiting items are no fault of the deployment, and don't change doctor's exit code.
    pub(in crate::commands::doctor) fn finding(&self) -> Finding {
        let (what, why, mend) = match self {
            Self::Counted { held: 0, invalid: 0 } => {
                return Finding::fine(
                    "Nothing waits for a person: no notification is held, no event is invalid.",
                );
            }
            Self::Counted { held, invalid } => (
                format!(
                    "{} and {} wait for a person.",
                    count(*held, "held notification"),
                    count(*invalid, "invalid event")
                ),
                "Nothing of them is sent by itself.".to_owned(),
                "See `ops held` and `ops invalid list`: both say what to do about each.",
            ),
            Self::Unknown(error) => (
                "What waits for a person can't be counted.".to_owned(),
                format!("{error}."),
                "Have dynamodb:Query on the table's index `due` allowed for these credentials.",
            ),
        };
        Finding { mend: Some(mend.to_owned()), ..Finding::note(what, why) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::Severity;

    #[test]
    fn what_waits_is_counted_and_is_no_fault() {
        let finding = Waiting::Counted { held: 1, invalid: 2 }.finding();
        assert_eq!(finding.what, "1 held notification and 2 invalid events wait for a person.");
        assert_eq!(finding.severity, Severity::Note);
        assert!(finding.mend.unwrap().contains("`ops held`"));
        assert_eq!(Waiting::Counted { held: 0, invalid: 0 }.finding().severity, Severity::Fine);
    }
}
