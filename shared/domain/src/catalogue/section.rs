//! Reads one TOML table key by key, so that all its faults are found.

use std::collections::HashSet;
use std::ops::Range;

use toml::{Table, Value};

use super::Expression;
use super::keys::Example;
use crate::fault::Fault;

/// The keys whose expressions are conditions; all others find a value.
const CONDITIONS: [&str; 2] = ["consent", "when"];

/// A table, its place in faults, and the faults found so far.
pub struct Section<'a, 'f> {
    place: String,
    table: &'a Table,
    read: Vec<&'static str>,
    examples: &'static [Example],
    /// Whether its expressions read the items of a list, and not the event.
    reads_items: bool,
    faults: &'f mut Vec<Fault>,
}

impl<'a, 'f> Section<'a, 'f> {
    /// A table at `place`; its faults are added to `faults`.
    pub fn new(place: String, table: &'a Table, faults: &'f mut Vec<Fault>) -> Self {
        Self { place, table, read: Vec::new(), examples: &[], reads_items: false, faults }
    }

    /// Adds an example to the fault of a value that is missing or has the wrong type.
    #[must_use]
    pub fn with_examples(self, examples: &'static [Example]) -> Self {
        Self { examples, ..self }
    }

    /// From now on its expressions read the items of a list.
    pub(super) fn read_items(&mut self) {
        self.reads_items = true;
    }

    /// Reports that a value is missing or has the wrong type.
    pub(super) fn value_fault(&mut self, key: &str, problem: &str) {
        let example = self.examples.iter().find(|(known, _)| *known == key);
        let problem = match example {
            Some((_, value)) => format!("{problem}; write, for example, {key} = {value}"),
            None => problem.to_owned(),
        };
        self.fault(key, problem);
    }

    /// Reports a fault of the whole table.
    pub(super) fn own_fault(&mut self, problem: impl Into<String>) {
        self.faults.push(Fault::new(self.place.clone(), problem));
    }

    /// A table inside this one; its faults join this one's.
    pub(super) fn inner<'t>(&mut self, key: &str, table: &'t Table) -> Section<'t, '_> {
        Section::new(format!("{} {key}", self.place), table, self.faults)
    }

    /// Reports a fault of this key.
    pub fn fault(&mut self, key: &str, problem: impl Into<String>) {
        self.faults.push(Fault::new(format!("{} {key}", self.place), problem));
    }

    /// An optional value of any type.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        if !self.read.contains(&key) {
            self.read.push(key);
        }
        self.table.get(key)
    }

    fn required(&mut self, key: &'static str) -> Option<&'a Value> {
        let value = self.get(key);
        if value.is_none() {
            self.value_fault(key, "is missing");
        }
        value
    }

    /// A value of any type. A missing one is a fault unless it is optional.
    pub(super) fn value(&mut self, key: &'static str, is_optional: bool) -> Option<&'a Value> {
        if is_optional { self.get(key) } else { self.required(key) }
    }

    /// A required whole number within the range.
    pub(super) fn integer(&mut self, key: &'static str, range: Range<i64>) -> Option<u8> {
        let value = self.required(key)?;
        let number = value.as_integer().filter(|number| range.contains(number));
        if number.is_none() {
            self.value_fault(
                key,
                &format!("is {value}, not a number from {} to {}", range.start, range.end - 1),
            );
        }
        number.and_then(|number| number.try_into().ok())
    }

    /// Whether the table has this key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A required, trimmed text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.required(key)?;
        self.non_empty(key, value)
    }

    /// An optional, trimmed text.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        self.non_empty(key, value)
    }

    /// The trimmed text of a value; anything else, and a blank text, is a fault of this key.
    pub(super) fn non_empty(&mut self, key: &str, value: &Value) -> Option<String> {
        match value.as_str().map(str::trim) {
            Some("") => self.value_fault(key, "is empty"),
            Some(text) => return Some(text.to_owned()),
            None => self.value_fault(key, &format!("is {}, not a text", kind(value))),
        }
        None
    }

    /// A list of at least one text.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.required(key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.value_fault(key, &format!("is {}, not a list of texts", kind(value)));
            return Vec::new();
        };
        if items.is_empty() {
            self.value_fault(key, "is an empty list");
        }
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if let Some(text) = self.non_empty(&format!("{key}[{index}]"), item) {
                texts.push(text);
            }
        }
        texts
    }

    /// A list of texts without duplicates.
    pub(super) fn distinct_texts(&mut self, key: &'static str) -> Vec<String> {
        let texts = self.texts(key);
        let mut earlier = HashSet::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            if !earlier.insert(text) {
                self.fault(&format!("{key}[{index}]"), format!("names {text:?} a second time"));
            }
        }
        texts
    }

    pub(super) fn expression(&mut self, key: &'static str) -> Option<Expression> {
        let value = self.required(key)?;
        self.expression_in(key, value)
    }

    pub(super) fn optional_expression(&mut self, key: &'static str) -> Option<Expression> {
        let value = self.get(key)?;
        self.expression_in(key, value)
    }

    /// The expression in the value of this key.
    pub(super) fn expression_in(&mut self, key: &str, value: &Value) -> Option<Expression> {
        self.require_expression(key, value)?;
        let text = self.non_empty(key, value)?;
        self.compile(key, &text)
    }

    pub(super) fn expressions(&mut self, key: &'static str) -> Vec<Expression> {
        let texts = self.texts(key);
        let compiled =
            texts.iter().enumerate().map(|(index, text)| self.compile(&format!("{key}[{index}]"), text));
        compiled.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// Reports values such as `consent = true` and `order = 7`: a fixed value has to be written as an expression too.
    fn require_expression(&mut self, key: &str, value: &Value) -> Option<()> {
        if !matches!(value, Value::Boolean(_) | Value::Integer(_) | Value::Float(_)) {
            return Some(());
        }
        let problem = format!(
            "is {value}, not a text with an expression; the same value for all events is {key} = \"`{value}`\""
        );
        self.value_fault(key, &problem);
        None
    }

    fn compile(&mut self, key: &str, text: &str) -> Option<Expression> {
        let compile = match key {
            _ if self.reads_items => Expression::compile_for_item,
            _ if CONDITIONS.contains(&key) => Expression::compile_condition,
            _ => Expression::compile,
        };
        compile(text).map_err(|problem| self.fault(key, problem)).ok()
    }

    /// An optional true or false.
    pub fn optional_bool(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        if value.as_bool().is_none() {
            self.value_fault(key, &format!("is {}, not true or false", kind(value)));
        }
        value.as_bool()
    }

    /// An optional whole number.
    pub fn optional_integer(&mut self, key: &'static str) -> Option<i64> {
        let value = self.get(key)?;
        if value.as_integer().is_none() {
            self.value_fault(key, &format!("is {}, not a whole number", kind(value)));
        }
        value.as_integer()
    }

    /// A required table.
    pub fn table(&mut self, key: &'static str) -> Option<&'a Table> {
        let value = self.required(key)?;
        self.as_table(key, value)
    }

    /// An optional table.
    pub fn optional_table(&mut self, key: &'static str) -> Option<&'a Table> {
        let value = self.get(key)?;
        self.as_table(key, value)
    }

    /// An optional list of tables; empty if the key is missing.
    pub fn optional_tables(&mut self, key: &'static str) -> Vec<&'a Table> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.fault(key, format!("is {}, not a list of tables", kind(value)));
            return Vec::new();
        };
        let tables = items.iter().enumerate();
        tables.filter_map(|(index, item)| self.as_table(&format!("{key}[{index}]"), item)).collect()
    }

    fn as_table(&mut self, key: &str, value: &'a Value) -> Option<&'a Table> {
        if value.as_table().is_none() {
            self.value_fault(key, &format!("is {}, not a table", kind(value)));
        }
        value.as_table()
    }

    /// Reports every key of the table that was not read: a misspelt key must not be ignored.
    pub fn finish(mut self) {
        let unknown: Vec<String> =
            self.table.keys().filter(|key| !self.read.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            let known = self.read.join(", ");
            self.fault(&key, format!("is not a key of this table; its keys are {known}"));
        }
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
