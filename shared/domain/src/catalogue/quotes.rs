//! Finds texts without quotes or in double quotes, which JMESPath reads as the names of fields: `detail.opt_in == "yes"` compares with
//! the event's field `yes`. No event has one, and null equals null: every customer without `opt_in` would have agreed.

use jmespath::ast::{Ast, Comparator};

/// The members of an event itself: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.
const ENVELOPE: [&str; 10] = [
    "account",
    "detail",
    "detail-type",
    "id",
    "region",
    "replay-name",
    "resources",
    "source",
    "time",
    "version",
];

/// Checks where an expression compares values, calls functions, or has a default. The error names the text.
///
/// An event may have further members of its own, which `@.name` reads. `reads_event` is false for an expression that reads an item of a
/// list.
pub(super) fn check(text: &str, ast: &Ast, reads_event: bool) -> Result<(), String> {
    Checker { text }.check(ast, reads_event)
}

struct Checker<'a> {
    text: &'a str,
}

impl Checker<'_> {
    /// `is_root` says whether the expression reads the whole event, and not a part of it.
    fn check(&self, ast: &Ast, is_root: bool) -> Result<(), String> {
        let all = |nodes: &[&Ast]| nodes.iter().try_for_each(|node| self.check(node, is_root));
        match ast {
            Ast::Comparison { lhs, rhs, .. } => {
                self.check_side(lhs, rhs, is_root)?;
                self.check_side(rhs, lhs, is_root)?;
                all(&[lhs, rhs])
            }
            Ast::Function { args, .. } => args.iter().try_for_each(|argument| {
                self.check_value(argument, is_root)?;
                self.check(argument, is_root)
            }),
            Ast::Or { lhs, rhs, .. } => {
                if is_root {
                    self.check_value(rhs, is_root)?;
                }
                all(&[lhs, rhs])
            }
            Ast::MultiList { elements, .. } => elements.iter().try_for_each(|element| {
                if is_root {
                    self.check_value(element, is_root)?;
                }
                self.check(element, is_root)
            }),
            Ast::MultiHash { elements, .. } => {
                elements.iter().try_for_each(|pair| self.check(&pair.value, is_root))
            }
            Ast::And { lhs, rhs, .. } => all(&[lhs, rhs]),
            Ast::Not { node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => {
                all(&[node])
            }
            Ast::Subexpr { lhs, rhs, .. } | Ast::Projection { lhs, rhs, .. } => {
                self.check(lhs, is_root)?;
                self.check(rhs, false)
            }
            Ast::Condition { predicate, then, .. } => {
                self.check(predicate, false)?;
                self.check(then, false)
            }
            Ast::Expref { ast, .. } => self.check(ast, false),
            Ast::Identity { .. }
            | Ast::Field { .. }
            | Ast::Index { .. }
            | Ast::Literal { .. }
            | Ast::Slice { .. } => Ok(()),
        }
    }

    /// One side of a comparison. Beside a literal it is meant as a field. Beside anything else, a path of the event begins with a member
    /// of the event, or with `@`.
    fn check_side(&self, side: &Ast, other: &Ast, is_root: bool) -> Result<(), String> {
        if matches!(other, Ast::Literal { .. }) {
            return Ok(());
        }
        match first_names(side).into_iter().find(|name| is_root && !is_member(name)) {
            Some(name) => Err(explain(name, is_root)),
            None => self.check_value(side, is_root),
        }
    }

    /// A value that is a name in double quotes: of the event, if it has no such member; of a part of it, if the name needs no quotes.
    fn check_value(&self, value: &Ast, is_root: bool) -> Result<(), String> {
        match value {
            Ast::Field { name, offset } if self.is_quoted(*offset) => {
                let is_text = if is_root { !is_member(name) } else { needs_no_quotes(name) };
                if is_text { Err(explain(name, is_root)) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn is_quoted(&self, offset: usize) -> bool {
        self.text.get(offset..).is_some_and(|rest| rest.starts_with('"'))
    }
}

fn is_member(name: &str) -> bool {
    ENVELOPE.contains(&name)
}

fn needs_no_quotes(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The names with which a value's paths begin, each of which it may be or contain.
fn first_names(ast: &Ast) -> Vec<&str> {
    match ast {
        Ast::Field { name, .. } => vec![name],
        Ast::Subexpr { lhs: first, .. }
        | Ast::Projection { lhs: first, .. }
        | Ast::Flatten { node: first, .. }
        | Ast::ObjectValues { node: first, .. }
        | Ast::Not { node: first, .. } => first_names(first),
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => [first_names(lhs), first_names(rhs)].concat(),
        Ast::MultiList { elements: all, .. } | Ast::Function { args: all, .. } => {
            all.iter().flat_map(first_names).collect()
        }
        Ast::MultiHash { elements, .. } => {
            elements.iter().flat_map(|pair| first_names(&pair.value)).collect()
        }
        // A comparison inside is checked by itself, and `&name` reads an item.
        Ast::Comparison { .. }
        | Ast::Condition { .. }
        | Ast::Expref { .. }
        | Ast::Identity { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}

/// Whether the expression compares two values of the event with `==`. If it has neither, they are equal.
pub(super) fn compares_fields(ast: &Ast) -> bool {
    let all = |nodes: &[&Ast]| nodes.iter().any(|node| compares_fields(node));
    match ast {
        Ast::Comparison { comparator: Comparator::Equal, lhs, rhs, .. } => {
            let is_literal = |side: &Ast| matches!(side, Ast::Literal { .. });
            !is_literal(lhs) && !is_literal(rhs) || all(&[lhs, rhs])
        }
        Ast::Comparison { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::Condition { predicate: lhs, then: rhs, .. } => all(&[lhs, rhs]),
        Ast::Not { node, .. }
        | Ast::Flatten { node, .. }
        | Ast::ObjectValues { node, .. }
        | Ast::Expref { ast: node, .. } => all(&[node]),
        Ast::Function { args: nodes, .. } | Ast::MultiList { elements: nodes, .. } => {
            nodes.iter().any(compares_fields)
        }
        Ast::MultiHash { elements, .. } => elements.iter().any(|pair| compares_fields(&pair.value)),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => false,
    }
}

fn explain(name: &str, is_root: bool) -> String {
    let field = if is_root { format!("as @.\"{name}\"") } else { format!("without quotes, {name}") };
    format!(
        "reads {name} as the name of a field: write a text in single quotes, '{name}', and a field that is meant {field}"
    )
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Expression;

    #[test]
    fn a_quoted_field_in_place_of_a_text_is_a_fault_with_a_correction() {
        for (expression, text) in [
            ("detail.opt_in == \"yes\"", "yes"),
            ("\"yes\" == detail.opt_in", "yes"),
            ("detail.opt_in == yes", "yes"),
            ("detail.opt_in != \"no thanks\"", "no thanks"),
            ("detail.a && detail.status == \"paid\"", "paid"),
            ("!(detail.status == \"paid\")", "paid"),
            ("detail.\"caf\u{e9}\" == \"paid\"", "paid"),
            ("!contains(detail.tags, \"no-whatsapp\")", "no-whatsapp"),
            ("contains(split(detail.tags, \",\"), 'whatsapp')", ","),
            ("detail.name || \"customer\"", "customer"),
            ("join(' ', [\"Dear\", detail.name])", "Dear"),
            ("detail.attributes[?key == \"whatsapp\"].value | [0] == 'yes'", "whatsapp"),
            ("detail.items[?contains(name, \"gift\")]", "gift"),
            ("money(detail.total, \"EUR\")", "EUR"),
            ("@.detail.opt_in == yes", "yes"),
            ("not_null(detail.opt_in, detail.optin) == yes", "yes"),
            ("(detail.a || detail.b) == yes", "yes"),
            ("detail.opt_in == (yes || ja)", "yes"),
            ("detail.opt_in == yes.please", "yes"),
            ("detail.opt_in == yes[0]", "yes"),
            ("detail.opt_in == to_string(yes)", "yes"),
            ("detail.[opt_in] == [yes]", "yes"),
            ("[detail.opt_in] == [yes]", "yes"),
            ("detail.tags[] == yes", "yes"),
            ("yes == detail.tags[]", "yes"),
            ("source == oms", "oms"),
            ("\"detail-type\" == OrderCancelled", "OrderCancelled"),
            ("detail.a && !(detail.status != open)", "open"),
            ("detail.items[?\"price\" == \"sale_price\"]", "price"),
            ("detail.lines[].not_null(\"name\", \"title\")", "name"),
            ("starts_with(\"x-a\", 'b')", "x-a"),
        ] {
            for compile in [Expression::compile, Expression::compile_condition] {
                let fault = compile(expression).map(|_| ()).unwrap_err();
                assert!(fault.contains(&format!("write a text in single quotes, '{text}'")), "{fault}");
            }
        }
    }

    #[test]
    fn the_correction_says_how_a_field_is_written_there() {
        for (expression, field) in [
            ("detail.items[?\"price\" == \"sale_price\"]", "without quotes, price"),
            ("detail.lines[].not_null(\"name\", \"title\")", "without quotes, name"),
            ("starts_with(\"x-a\", 'b')", "as @.\"x-a\""),
            ("detail.opt_in == yes", "as @.\"yes\""),
        ] {
            let fault = Expression::compile(expression).map(|_| ()).unwrap_err();
            assert!(fault.ends_with(&format!("a field that is meant {field}")), "{fault}");
        }
        for corrected in [
            "detail.items[?price == sale_price]",
            "detail.lines[].not_null(name, title)",
            "starts_with(@.\"x-a\", 'b')",
            "detail.opt_in == @.\"yes\"",
        ] {
            assert!(Expression::compile(corrected).is_ok(), "{corrected}");
        }
    }

    #[test]
    fn two_fields_that_are_equal_if_both_are_missing_are_found() {
        for expression in ["detail | opt_in == yes", "detail.a == detail.b", "detail.[a == b] | [0]"] {
            assert!(Expression::compile_condition(expression).unwrap().compares_fields(), "{expression}");
        }
        for expression in ["detail.opt_in", "detail.opt_in == 'yes'", "detail.a != detail.b", "`true`"] {
            assert!(!Expression::compile_condition(expression).unwrap().compares_fields(), "{expression}");
        }
    }

    #[test]
    fn the_name_of_a_field_is_accepted() {
        for expression in [
            "\"detail-type\" == 'Order Cancelled'",
            "starts_with(\"detail-type\", 'Order')",
            "\"x-tenant\" == 'acme'",
            "@.\"x-tenant\" == detail.tenant",
            "source == detail.source",
            "detail.\"gift-note\" == 'yes'",
            "detail.\"gift-note\" || detail.\"note\"",
            "detail.items[?\"gift-note\" == 'x']",
            "detail.items[?\"gift\"]",
            "detail.items[?price == sale_price]",
            "detail.items[?contains(\"gift-tags\", 'x')]",
            "detail.items[].[\"sku\", \"name\"]",
            "detail.items[*].{\"a b\": \"name\"}",
            "detail.customer | \"first-name\"",
            "sum(detail.items[].\"unit price\")",
            "tenant == 'acme'",
            "detail.\"x-tenant\" == @.tenant",
            "detail.status == not_null(detail.expected, 'paid')",
            "(detail.a || detail.b) == 'yes'",
            "detail.opt_in == @.yes",
            "detail | opt_in == yes",
            "to_string(tenant)",
        ] {
            for compile in [Expression::compile, Expression::compile_condition] {
                assert!(compile(expression).is_ok(), "{expression}");
            }
        }
        // An item has fields of any name.
        for expression in ["\"qty-ordered\" || \"qty-shipped\"", "to_number(\"unit-price\")"] {
            assert!(Expression::compile_for_item(expression).is_ok(), "{expression}");
            assert!(Expression::compile(expression).is_err(), "{expression}");
        }
    }
}
