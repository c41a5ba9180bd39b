//! Finds operators whose precedence misleads: they make the result of an expression the same for every event.

use jmespath::Variable;
use jmespath::ast::Ast;

use super::functions::children;

const READS_MEMBER: &str = "reads a member of true or false, which is always null: `!` applies to the first name only. Write `!(a.b)` \
    instead of `!a.b`";
const COMPARES_BOOLEAN: &str = "compares true or false with another value, which is never equal to it: `!` applies to the first value only. \
    Write `!(a == 'b')` or `a != 'b'` instead of `!a == 'b'`";
const ALWAYS_TRUE: &str = "is true for every event, because the literal after `||` is always true. Write `a == 'b' || a == 'c'` \
    instead of `a == 'b' || 'c'`";

/// Checks an expression and its subexpressions. A reported one is certainly a mistake, because its result is the same for every event.
/// <https://jmespath.org/specification.html#grammar>
pub(super) fn check(ast: &mut Ast) -> Result<(), &'static str> {
    match ast {
        Ast::Subexpr { lhs, rhs, .. } if is_negation(lhs) && reads_member(rhs) => Err(READS_MEMBER),
        Ast::Projection { lhs: node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. }
            if is_negation(node) =>
        {
            Err(READS_MEMBER)
        }
        Ast::Comparison { lhs, rhs, .. }
            if is_negation(lhs) && is_other_literal(rhs) || is_other_literal(lhs) && is_negation(rhs) =>
        {
            Err(COMPARES_BOOLEAN)
        }
        Ast::Or { lhs, rhs, .. } if is_comparison(lhs) && is_true_literal(rhs) => Err(ALWAYS_TRUE),
        _ => children(ast).into_iter().try_for_each(check),
    }
}

fn is_negation(ast: &Ast) -> bool {
    matches!(ast, Ast::Not { .. })
}

/// Whether an expression begins with a member or an index, which true and false don't have.
fn reads_member(ast: &Ast) -> bool {
    match ast {
        Ast::Field { .. } | Ast::Index { .. } | Ast::Slice { .. } => true,
        Ast::Subexpr { lhs: first, .. }
        | Ast::Projection { lhs: first, .. }
        | Ast::Flatten { node: first, .. }
        | Ast::ObjectValues { node: first, .. } => reads_member(first),
        Ast::MultiList { elements, .. } => elements.iter().all(reads_member),
        Ast::MultiHash { elements, .. } => elements.iter().all(|pair| reads_member(&pair.value)),
        _ => false,
    }
}

/// Whether it compares values without calling a function. If a function failed because of a missing value, the right side of
/// `||` would be the result.
fn is_comparison(ast: &Ast) -> bool {
    matches!(ast, Ast::Comparison { lhs, rhs, .. } if is_path(lhs) && is_path(rhs))
}

fn is_path(ast: &Ast) -> bool {
    match ast {
        Ast::Subexpr { lhs, rhs, .. } => is_path(lhs) && is_path(rhs),
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } => true,
        _ => false,
    }
}

fn is_other_literal(ast: &Ast) -> bool {
    matches!(ast, Ast::Literal { value, .. } if !value.is_boolean() && !value.is_null())
}

/// Whether it is a literal that counts as true in JMESPath, except the literal `true`, which may be intended.
fn is_true_literal(ast: &Ast) -> bool {
    matches!(ast, Ast::Literal { value, .. } if Variable::is_truthy(value) && !value.is_boolean())
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Expression;

    #[test]
    fn a_misleading_precedence_is_a_fault_with_a_correction() {
        for (expression, hint) in [
            ("!detail.pos.cashier", "Write `!(a.b)`"),
            ("!detail.cashier", "Write `!(a.b)`"),
            ("!detail.\"X-Topic\"", "Write `!(a.b)`"),
            ("!!detail.cashier", "Write `!(a.b)`"),
            ("!detail.items[0].gift", "Write `!(a.b)`"),
            ("!detail.items[?gift]", "Write `!(a.b)`"),
            ("!detail.*", "Write `!(a.b)`"),
            ("!detail[]", "Write `!(a.b)`"),
            ("!detail[?gift]", "Write `!(a.b)`"),
            ("!detail.[phone, mobile]", "Write `!(a.b)`"),
            ("!detail.{one: phone}", "Write `!(a.b)`"),
            ("!not_null(detail.pos).cashier", "Write `!(a.b)`"),
            ("!detail.items | [0]", "Write `!(a.b)`"),
            ("detail.paid && !detail.pos.cashier", "Write `!(a.b)`"),
            ("(detail.a || !detail.b) && detail.c", "Write `!(a.b)`"),
            ("detail.items[?!gift.wrapped]", "Write `!(a.b)`"),
            ("map(&(!gift.wrapped), detail.items)", "Write `!(a.b)`"),
            ("!detail.status == 'paid'", "Write `!(a.b)`"),
            ("!source == 'oms'", "Write `!(a == 'b')`"),
            ("'oms' != !source", "Write `!(a == 'b')`"),
            ("!(detail.count) > `3`", "Write `!(a == 'b')`"),
            ("detail.status == 'paid' || 'shipped'", "Write `a == 'b' || a == 'c'`"),
            ("detail.status == 'paid' || 'shipped' || detail.gift", "Write `a == 'b' || a == 'c'`"),
            ("detail.items[?kind == 'gift' || 'card']", "Write `a == 'b' || a == 'c'`"),
        ] {
            for compile in [Expression::compile, Expression::compile_condition] {
                let fault = compile(expression).unwrap_err();
                assert!(fault.starts_with(&format!("{expression:?} ")) && fault.contains(hint), "{fault}");
            }
        }
    }

    #[test]
    fn a_meaningful_expression_is_accepted() {
        for expression in [
            "!(detail.pos.cashier)",
            "!not_null(detail.pos.cashier)",
            "!contains(detail.tags, 'a')",
            "!cashier",
            "!items[0]",
            "!items[*]",
            "detail.items[?!gift]",
            "!(detail.a) && detail.b",
            "!(detail.a) || detail.b.c",
            "!(detail.a) | to_string(@)",
            "!(detail.a) | [@]",
            "!(detail.a) == detail.b",
            "!(detail.a) == `true`",
            "!(detail.a == 'b') || detail.c == 'd'",
            "detail.a == 'b' || detail.a == 'c'",
            "detail.a == 'b' && 'yes' || 'no'",
            "(detail.a == 'b' && 'yes') || 'no'",
            "detail.a == 'b' || `true`",
            "detail.a == 'b' || ''",
            "detail.a || 'b'",
            // The function may fail, because the event has no tags.
            "contains(detail.tags, 'a') || 'b'",
            "contains(detail.tags, 'a') == `true` || 'b'",
            "contains(detail.tags || `[]`, 'a')",
        ] {
            for compile in [Expression::compile, Expression::compile_condition] {
                assert!(compile(expression).is_ok(), "{expression}");
            }
        }
    }
}
