//! Finds operators that bind otherwise than they look, so that an expression gives the same for every event.

use jmespath::Variable;
use jmespath::ast::Ast;

use super::functions::children;

const LOOKS_INSIDE: &str = "looks inside true or false, which is always null: `!` applies to the first name alone. Write `!(a.b)` in \
    place of `!a.b`";
const COMPARES: &str = "compares true or false with another value, which is never equal to it: `!` applies to the first value alone. \
    Write `!(a == 'b')` or `a != 'b'` in place of `!a == 'b'`";
const ALWAYS_HOLDS: &str = "holds for every event, because what stands alone behind `||` is true by itself. Write `a == 'b' || a == 'c'` \
    in place of `a == 'b' || 'c'`";

/// Checks an expression and those inside it. None of what is reported could be meant, because its result depends on no event.
/// <https://jmespath.org/specification.html#grammar>
pub(super) fn check(ast: &mut Ast) -> Result<(), &'static str> {
    match ast {
        Ast::Subexpr { lhs, rhs, .. } if is_negation(lhs) && looks_inside(rhs) => Err(LOOKS_INSIDE),
        Ast::Projection { lhs: node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. }
            if is_negation(node) =>
        {
            Err(LOOKS_INSIDE)
        }
        Ast::Comparison { lhs, rhs, .. }
            if is_negation(lhs) && is_no_boolean(rhs) || is_no_boolean(lhs) && is_negation(rhs) =>
        {
            Err(COMPARES)
        }
        Ast::Or { lhs, rhs, .. } if is_comparison(lhs) && is_true_by_itself(rhs) => Err(ALWAYS_HOLDS),
        _ => children(ast).into_iter().try_for_each(check),
    }
}

fn is_negation(ast: &Ast) -> bool {
    matches!(ast, Ast::Not { .. })
}

/// Whether an expression begins with a name or a place, which true and false don't have.
fn looks_inside(ast: &Ast) -> bool {
    match ast {
        Ast::Field { .. } | Ast::Index { .. } | Ast::Slice { .. } => true,
        Ast::Subexpr { lhs: first, .. }
        | Ast::Projection { lhs: first, .. }
        | Ast::Flatten { node: first, .. }
        | Ast::ObjectValues { node: first, .. } => looks_inside(first),
        Ast::MultiList { elements, .. } => elements.iter().all(looks_inside),
        Ast::MultiHash { elements, .. } => elements.iter().all(|pair| looks_inside(&pair.value)),
        _ => false,
    }
}

/// Whether it compares values without any function, which could fail for want of a value and leave the result to what stands
/// behind `||`.
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

fn is_no_boolean(ast: &Ast) -> bool {
    matches!(ast, Ast::Literal { value, .. } if !value.is_boolean() && !value.is_null())
}

/// Whether it is a literal that is true for JMESPath, and not the literal `true`, which may be meant.
fn is_true_by_itself(ast: &Ast) -> bool {
    matches!(ast, Ast::Literal { value, .. } if Variable::is_truthy(value) && !value.is_boolean())
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Expression;

    #[test]
    fn what_binds_otherwise_than_it_looks_is_a_fault_that_says_what_to_write() {
        for (expression, said) in [
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
                assert!(fault.starts_with(&format!("{expression:?} ")) && fault.contains(said), "{fault}");
            }
        }
    }

    #[test]
    fn what_has_a_meaning_is_none() {
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
            "!a == b",
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
