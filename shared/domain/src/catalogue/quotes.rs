//! Finds texts without quotes or in double quotes, which JMESPath reads as the names of fields: `detail.opt_in == "yes"` compares with
//! the event's field `yes`. No event has one, and null equals null: every customer without `opt_in` would have agreed.

use jmespath::ast::Ast;

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

    /// One side of a comparison. Beside a literal it is meant as a field.
    fn check_side(&self, side: &Ast, other: &Ast, is_root: bool) -> Result<(), String> {
        match side {
            _ if matches!(other, Ast::Literal { .. }) => Ok(()),
            Ast::Field { name, .. } if is_root && begins_with_detail(other) && !is_member(name) => {
                Err(explain(name))
            }
            _ => self.check_value(side, is_root),
        }
    }

    /// A value that is a name in double quotes: of the event, if it has no such member; of a part of it, if the name needs no quotes.
    fn check_value(&self, value: &Ast, is_root: bool) -> Result<(), String> {
        match value {
            Ast::Field { name, offset } if self.is_quoted(*offset) => {
                let is_text = if is_root { !is_member(name) } else { needs_no_quotes(name) };
                if is_text { Err(explain(name)) } else { Ok(()) }
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

fn begins_with_detail(ast: &Ast) -> bool {
    match ast {
        Ast::Field { name, .. } => name == "detail",
        Ast::Subexpr { lhs, .. } => begins_with_detail(lhs),
        _ => false,
    }
}

fn explain(name: &str) -> String {
    format!(
        "reads {name} as the name of a field: write a text in single quotes, '{name}', and a field that is meant as @.\"{name}\""
    )
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Expression;

    #[test]
    fn a_text_that_is_no_text_is_a_fault_with_a_correction() {
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
        ] {
            for compile in [Expression::compile, Expression::compile_condition] {
                let fault = compile(expression).map(|_| ()).unwrap_err();
                assert!(fault.contains(&format!("write a text in single quotes, '{text}'")), "{fault}");
            }
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
