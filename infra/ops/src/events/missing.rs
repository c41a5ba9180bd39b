//! Explains why an expression finds nothing in an event: where its path ends, and which fields the event has there.
//!
//! The explanations name fields and never quote values, because those are personal data.

use jmespath::ast::Ast;
use serde_json::Value;
use shared::catalogue::{Entry, Expression, Found, OrderEvent};
use shared::fault::{Fault, Faults};

/// The most fields that are listed for one object.
const MAX_FIELDS: usize = 20;
/// The most paths that are explained for one expression.
const MAX_PATHS: usize = 3;
/// A field's name with so many digits may be a customer's number: some producers use values as names.
const DIGITS_OF_A_VALUE: usize = 5;

/// A value of the event, and the expression that finds it; empty for the whole event.
struct Place<'v> {
    path: String,
    value: &'v Value,
}

/// Adds the explanation to every fault whose expression finds nothing.
pub fn explain_faults(entry: &Entry, faults: &Faults, event: &Value) -> Faults {
    let country = entry.country.as_ref().and_then(|country| {
        let why = explain_missing(country.as_str(), event)?;
        Some(format!("; country ({}) finds nothing: {why}", country.as_str()))
    });
    let explained = faults.iter().map(|Fault { place, problem }| {
        let expression = place.split_once(" (").and_then(|(_, rest)| rest.strip_suffix(')'));
        let why = expression.and_then(|expression| explain_missing(expression, event));
        match (why, &country) {
            (Some(why), _) => Fault::new(place, format!("{problem}; {why}")),
            (None, Some(country)) if place.starts_with("recipient ") => {
                Fault::new(place, format!("{problem}{country}"))
            }
            (None, _) => Fault::new(place, problem),
        }
    });
    Faults::new(explained.collect())
}

/// Like [`explain_paths`], for a value: none if the expression finds something.
pub fn explain_missing(expression: &str, event: &Value) -> Option<String> {
    let parsed = OrderEvent::parse(event.clone()).ok()?;
    match Expression::compile(expression).ok()?.evaluate(&parsed) {
        Ok(Found::Nothing) => explain_paths(expression, event),
        Err(error) if error.is_missing => explain_paths(expression, event),
        Ok(_) | Err(_) => None,
    }
}

/// A clause such as "the event has no detail.customer.fone; detail.customer has: language, name", for each path that ends early;
/// none if no path does.
pub fn explain_paths(expression: &str, event: &Value) -> Option<String> {
    let mut ends = Vec::new();
    let whole = Place { path: String::new(), value: event };
    find_value(&jmespath::parse(expression).ok()?, Some(&whole), &mut ends);
    ends.dedup();
    ends.truncate(MAX_PATHS);
    (!ends.is_empty()).then(|| ends.join("; "))
}

/// A field's name in an expression: quoted, unless it has only letters, digits and `_`.
pub fn identifier(field: &str) -> String {
    let is_plain = field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { field.to_owned() } else { Value::from(field).to_string() }
}

/// Follows an expression whose value is used, so that null is an end too.
fn find_value(ast: &Ast, scope: Option<&Place<'_>>, ends: &mut Vec<String>) {
    if let Some(Place { path, value: Value::Null }) = follow(ast, scope, ends) {
        ends.push(format!("{path} is null"));
    }
}

/// Follows the paths of an expression and collects where they end. Returns the value of a path without an end; none for any
/// other expression.
fn follow<'v>(ast: &Ast, scope: Option<&Place<'v>>, ends: &mut Vec<String>) -> Option<Place<'v>> {
    match ast {
        Ast::Identity { .. } => scope.map(Place::copy),
        Ast::Field { name, .. } => {
            let scope = scope?;
            let found = scope.value.get(name).map(|value| Place { path: scope.join(name), value });
            if found.is_none() {
                ends.push(scope.end(name));
            }
            found
        }
        Ast::Index { idx, .. } => scope?.item(*idx, ends),
        Ast::Subexpr { lhs, rhs, .. } => {
            let found = follow(lhs, scope, ends)?;
            follow(rhs, Some(&found), ends)
        }
        // The first item stands for all.
        Ast::Projection { lhs, rhs, .. } => {
            let list = follow(lhs, scope, ends)?;
            let first = list.value.as_array()?.first()?;
            follow(rhs, Some(&Place { path: format!("{}[0]", list.path), value: first }), ends);
            None
        }
        Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } | Ast::Not { node, .. } => {
            follow(node, scope, ends);
            None
        }
        Ast::Function { args: parts, .. } | Ast::MultiList { elements: parts, .. } => {
            for part in parts {
                find_value(part, scope, ends);
            }
            None
        }
        Ast::MultiHash { elements, .. } => {
            for pair in elements {
                find_value(&pair.value, scope, ends);
            }
            None
        }
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } | Ast::Comparison { lhs, rhs, .. } => {
            find_value(lhs, scope, ends);
            find_value(rhs, scope, ends);
            None
        }
        Ast::Condition { .. } | Ast::Expref { .. } | Ast::Literal { .. } | Ast::Slice { .. } => None,
    }
}

impl Place<'_> {
    fn copy(&self) -> Self {
        Self { path: self.path.clone(), value: self.value }
    }

    /// The path of a field of this value.
    fn join(&self, name: &str) -> String {
        let name = identifier(name);
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    /// Says that this value has no such field, and which it has.
    fn end(&self, name: &str) -> String {
        let Self { path, value } = self;
        let is = match value {
            Value::Object(_) => return format!("the event has no {}; {}", self.join(name), self.fields()),
            Value::Array(items) => {
                let first = items.first().map(|value| Self { path: format!("{path}[0]"), value });
                let fields = first.filter(|first| first.value.is_object()).map(|first| first.fields());
                return format!("{path} is a list{}", fields.map(|it| format!("; {it}")).unwrap_or_default());
            }
            Value::Null => "null",
            Value::String(_) => "a text without fields",
            Value::Number(_) => "a number without fields",
            Value::Bool(_) => "true or false without fields",
        };
        format!("{path} is {is}")
    }

    /// The names of an object's fields.
    fn fields(&self) -> String {
        let whose = if self.path.is_empty() { "the event" } else { &self.path };
        let all = self.value.as_object().into_iter().flat_map(|fields| fields.keys());
        let names: Vec<String> = all.filter(|name| !may_be_a_value(name)).map(|it| identifier(it)).collect();
        let more = if names.len() > MAX_FIELDS { ", …" } else { "" };
        match names.get(..MAX_FIELDS).unwrap_or(&names) {
            [] => format!("{whose} has no fields"),
            names => format!("{whose} has: {}{more}", names.join(", ")),
        }
    }

    fn item(&self, index: i32, ends: &mut Vec<String>) -> Option<Self> {
        let Self { path, value } = self;
        let Some(items) = value.as_array() else {
            ends.push(format!("{path} is not a list"));
            return None;
        };
        let from_end = || items.len().checked_sub(index.unsigned_abs().try_into().ok()?);
        let place = usize::try_from(index).ok().or_else(from_end);
        let found = place.and_then(|place| items.get(place));
        if found.is_none() {
            let length = crate::labels::count(items.len(), "item");
            ends.push(format!("{path} has {length} and no [{index}]"));
        }
        Some(Self { path: format!("{path}[{index}]"), value: found? })
    }
}

fn may_be_a_value(name: &str) -> bool {
    name.contains('@') || name.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_A_VALUE
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explained(expression: &str) -> Option<String> {
        let event = json!({
            "id": "1", "source": "oms", "detail-type": "Paid", "time": "2026-11-20T09:00:00Z",
            "detail": {
                "customer": { "name": "Secretname", "phone": "+12025550100", "language": null },
                "items": [{ "sku": "Secretsku", "name": "Secretitem" }],
                "empty": {}, "Net Total": 7,
                "by_phone": { "+12025550100": 1, "a@b.example": 2, "kind": 3 },
            },
        });
        explain_missing(expression, &event)
    }

    #[test]
    fn the_fields_at_the_deepest_level_that_exists_are_named() {
        for (expression, expected) in [
            (
                "detail.customer.fone",
                "the event has no detail.customer.fone; detail.customer has: language, name, phone",
            ),
            (
                "detail.custmer.phone",
                "the event has no detail.custmer; detail has: \"Net Total\", by_phone, customer, empty, items",
            ),
            (
                "customer.phone",
                "the event has no customer; the event has: detail, \"detail-type\", id, source, time",
            ),
            ("detail.customer.language", "detail.customer.language is null"),
            ("detail.customer.language.code", "detail.customer.language is null"),
            ("detail.customer.name.first", "detail.customer.name is a text without fields"),
            ("detail.empty.a", "the event has no detail.empty.a; detail.empty has no fields"),
            ("detail.items.sku", "detail.items is a list; detail.items[0] has: name, sku"),
            (
                "detail.items[0].price",
                "the event has no detail.items[0].price; detail.items[0] has: name, sku",
            ),
            ("detail.items[2].sku", "detail.items has 1 item and no [2]"),
            ("detail.customer[0]", "detail.customer is not a list"),
            ("detail.by_phone.total", "the event has no detail.by_phone.total; detail.by_phone has: kind"),
        ] {
            assert_eq!(explained(expression).as_deref(), Some(expected), "{expression}");
        }
    }

    #[test]
    fn every_path_of_an_expression_that_finds_nothing_is_explained() {
        let both = explained("detail.mobile || detail.customer.fone").unwrap();
        assert!(both.contains("no detail.mobile;") && both.contains("no detail.customer.fone;"), "{both}");
        let argument = explained("join(' ', [detail.customer.first, detail.customer.name])").unwrap();
        assert!(argument.starts_with("the event has no detail.customer.first;"), "{argument}");
        assert!(!argument.contains("Secret"), "{argument}");
    }

    #[test]
    fn a_conditions_paths_are_explained_although_it_is_false() {
        let event = json!({ "detail": { "opt_in": "yes" } });
        let why = explain_paths("detail.optin == 'yes'", &event).unwrap();
        assert_eq!(why, "the event has no detail.optin; detail has: opt_in");
        assert_eq!(explain_paths("detail.opt_in == 'no'", &event), None);
    }

    #[test]
    fn an_expression_that_finds_something_or_has_no_path_is_not_explained() {
        for expression in [
            "detail.mobile || detail.customer.phone",
            "detail.customer.phone",
            "detail.items[-1].sku",
            "detail.items[?sku == 'x'] | [0].name",
            "`null`",
            "detail.[",
        ] {
            assert_eq!(explained(expression), None, "{expression}");
        }
    }
}
