//! The order of the keys in the catalogue's file, which a TOML table does not keep.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Knows the position of every key in the file.
pub(super) struct KeyOrder<'t>(Option<Spanned<DeTable<'t>>>);

impl<'t> KeyOrder<'t> {
    /// Parses the file once more, this time with positions. If it can't be parsed, no key has a position.
    pub(super) fn parse(text: &'t str) -> Self {
        Self(DeTable::parse(text).ok())
    }

    /// The position of each key of the table at `path`, whose steps are keys and indices of lists.
    pub(super) fn positions(&self, path: &[&str]) -> BTreeMap<String, usize> {
        let table = self.0.as_ref().and_then(|root| find(root.get_ref(), path));
        let keys = table.into_iter().flat_map(|table| table.keys());
        keys.map(|key| (key.get_ref().to_string(), key.span().start)).collect()
    }
}

fn find<'a, 't>(table: &'a DeTable<'t>, path: &[&str]) -> Option<&'a DeTable<'t>> {
    let Some((first, steps)) = path.split_first() else { return Some(table) };
    let mut value = table.get(*first)?.get_ref();
    for step in steps {
        value = match value {
            DeValue::Table(table) => table.get(*step)?.get_ref(),
            DeValue::Array(items) => items.get(step.parse::<usize>().ok()?)?.get_ref(),
            _ => return None,
        };
    }
    value.as_table()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_tables_lists_and_dotted_keys() {
        let order = KeyOrder::parse(
            "[a]\nb = [{ y = 1, x = { z = 1, w = 2 } }]\n[[a.c]]\n[[a.c]]\nt.q = 1\nt.p = 2\n[c]\n",
        );
        for (path, keys) in [
            (&["a", "b", "0", "x"][..], vec!["z", "w"]),
            (&["a", "b", "0"], vec!["y", "x"]),
            (&["a", "c", "1", "t"], vec!["q", "p"]),
            (&["a", "c", "2", "t"], vec![]),
            (&["a", "b", "x"], vec![]),
            (&[], vec!["a", "c"]),
        ] {
            let mut found: Vec<(String, usize)> = order.positions(path).into_iter().collect();
            found.sort_by_key(|(_, position)| *position);
            assert_eq!(found.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), keys, "{path:?}");
        }
        assert!(KeyOrder::parse("[").positions(&[]).is_empty());
    }
}
