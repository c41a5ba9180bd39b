//! The functions available in expressions: JMESPath's own and additional ones for shops.

mod alternatives;
mod arguments;
mod encoded;
mod entities;
mod named;
mod shop;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use alternatives::{Alternatives, Visible};
use jmespath::ast::Ast;
use jmespath::{Rcvar, Runtime, Variable};
use named::Named;
pub(super) use named::explain;
use shop::SHOP_FUNCTIONS;

/// JMESPath's own functions with their minimum and maximum number of arguments.
/// <https://jmespath.org/specification.html#built-in-functions>
const STANDARD: [(&str, usize, usize); 26] = [
    ("abs", 1, 1),
    ("avg", 1, 1),
    ("ceil", 1, 1),
    ("contains", 2, 2),
    ("ends_with", 2, 2),
    ("floor", 1, 1),
    ("join", 2, 2),
    ("keys", 1, 1),
    ("length", 1, 1),
    ("map", 2, 2),
    ("max", 1, 1),
    ("max_by", 2, 2),
    ("merge", 1, usize::MAX),
    ("min", 1, 1),
    ("min_by", 2, 2),
    ("not_null", 1, usize::MAX),
    ("reverse", 1, 1),
    ("sort", 1, 1),
    ("sort_by", 2, 2),
    ("starts_with", 2, 2),
    ("sum", 1, 1),
    ("to_array", 1, 1),
    ("to_number", 1, 1),
    ("to_string", 1, 1),
    ("type", 1, 1),
    ("values", 1, 1),
];

/// The internal names of `||` and `not_null()`, which no expression can call.
const OR: &str = "||";
const NOT_NULL: &str = "not_null(&)";
/// The internal name of the function around a condition's values: it returns null for a blank text.
const VISIBLE: &str = "visible(&)";

pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    for (name, ..) in STANDARD {
        if let Some(function) = runtime.deregister_function(name) {
            runtime.register_function(name, Box::new(Named { name, function }));
        }
    }
    runtime.register_function(OR, Box::new(Alternatives { accepts: Variable::is_truthy }));
    runtime.register_function(NOT_NULL, Box::new(Alternatives { accepts: |value| !value.is_null() }));
    runtime.register_function(VISIBLE, Box::new(Visible));
    for it in SHOP_FUNCTIONS {
        runtime.register_function(it.name, Box::new(Named { name: it.name, function: Box::new(it) }));
    }
    runtime
});

/// Checks the function calls of an expression, and rewrites its alternatives so that they are evaluated one
/// by one. The error names the first function that does not exist or has the wrong number of arguments.
pub(super) fn prepare(ast: &mut Ast) -> Result<(), String> {
    if let Ast::Function { name, args, .. } = ast
        && name != VISIBLE
    {
        call_fault(name, args.len()).map_or(Ok(()), Err)?;
    }
    children(ast).into_iter().try_for_each(prepare)?;
    let (name, alternatives, offset) = match ast {
        Ast::Or { lhs, rhs, offset } => (OR, vec![(**lhs).clone(), (**rhs).clone()], *offset),
        Ast::Function { name, args, offset } if name == "not_null" => {
            (NOT_NULL, std::mem::take(args), *offset)
        }
        _ => return Ok(()),
    };
    // A literal is passed to a function by reference; an expression argument would be copied at each call.
    let as_literal = |ast| Ast::Literal { offset, value: Rcvar::new(Variable::Expref(ast)) };
    let alternatives = alternatives.into_iter().map(as_literal);
    let args = std::iter::once(Ast::Identity { offset }).chain(alternatives).collect();
    *ast = Ast::Function { name: name.to_owned(), args, offset };
    Ok(())
}

/// The direct subexpressions of an expression.
pub(super) fn children(ast: &mut Ast) -> Vec<&mut Ast> {
    match ast {
        Ast::Function { args, .. } => args.iter_mut().collect(),
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::MultiList { elements, .. } => elements.iter_mut().collect(),
        Ast::MultiHash { elements, .. } => elements.iter_mut().map(|pair| &mut pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}

/// Makes a blank text false in the conditions of an expression (in `[?…]` and at `&&` and `!`), as it is for `||`. Then
/// `a.phone || b.phone` and `[a, b][?phone] | [0].country` select the same address.
pub(super) fn treat_blanks_as_false(ast: &mut Ast) {
    match ast {
        Ast::Condition { predicate, then, .. } => {
            wrap_values(predicate);
            treat_blanks_as_false(predicate);
            treat_blanks_as_false(then);
        }
        Ast::And { lhs, rhs, .. } => {
            wrap_values(lhs);
            treat_blanks_as_false(lhs);
            treat_blanks_as_false(rhs);
        }
        Ast::Not { node, .. } => {
            wrap_values(node);
            treat_blanks_as_false(node);
        }
        _ => children(ast).into_iter().for_each(treat_blanks_as_false),
    }
}

/// Wraps the values of a condition in the function [`VISIBLE`].
fn wrap_values(condition: &mut Ast) {
    match condition {
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => {
            wrap_values(lhs);
            wrap_values(rhs);
        }
        Ast::Not { node, .. } => wrap_values(node),
        Ast::Comparison { .. } | Ast::Literal { .. } => {}
        Ast::Function { name, .. } if name == VISIBLE => {}
        value => {
            let offset = 0;
            let wrapped = std::mem::replace(value, Ast::Identity { offset });
            *value = Ast::Function { name: VISIBLE.to_owned(), args: vec![wrapped], offset };
        }
    }
}

fn call_fault(name: &str, given: usize) -> Option<String> {
    let shop = SHOP_FUNCTIONS.iter().map(|it| (it.name, it.fewest, it.most));
    let Some((_, fewest, most)) = STANDARD.into_iter().chain(shop).find(|(known, ..)| *known == name) else {
        return Some(format!("calls {name}(), which does not exist"));
    };
    let takes = match (fewest, most) {
        _ if (fewest..=most).contains(&given) => return None,
        (_, usize::MAX) => format!("{fewest} or more"),
        _ if fewest == most => fewest.to_string(),
        _ => format!("{fewest} to {most}"),
    };
    Some(format!("calls {name}() with {given} arguments, and it takes {takes}"))
}
