//! Evaluates `||` and `not_null()` if a value that an alternative needs is missing.

use jmespath::ast::Ast;
use jmespath::functions::Function;
use jmespath::{Context, Rcvar, SearchResult, Variable, interpret};

use super::named::explain;
use crate::message::is_blank;

/// `||` and `not_null()` with alternatives that are evaluated one by one: an alternative that fails because a
/// value is missing is skipped. After that, only a true value or a literal is accepted. Otherwise
/// `!(contains(tags, 'no') || opted_out)` would be true although the tags are unknown.
///
/// A blank text is skipped if a later text or number is accepted, and otherwise remains the result, so that
/// the truth of `||` is the same as in JMESPath. It is not skipped for a boolean: a blank consent does not
/// count as agreement.
pub(super) struct Alternatives {
    pub(super) accepts: fn(&Variable) -> bool,
}

/// Returns its argument, or null for a blank text.
pub(super) struct Visible;

impl Function for Visible {
    fn evaluate(&self, args: &[Rcvar], _: &mut Context<'_>) -> SearchResult {
        let visible = args.first().filter(|value| !value.as_string().is_some_and(|text| is_blank(text)));
        Ok(visible.cloned().unwrap_or_else(|| Rcvar::new(Variable::Null)))
    }
}

impl Function for Alternatives {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        let (mut missing, mut has_skipped_a_blank) = (None, false);
        let mut last = Rcvar::new(Variable::Null);
        let Some((data, alternatives)) = args.split_first() else { return Ok(last) };
        for alternative in alternatives {
            let Variable::Expref(ast) = &**alternative else { continue };
            let is_literal = matches!(ast, Ast::Literal { .. });
            match interpret(data, ast, ctx) {
                Ok(value) => {
                    let is_visible = !value.as_string().is_some_and(|text| is_blank(text));
                    let may_follow = !(has_skipped_a_blank && value.is_boolean());
                    let is_accepted = match missing {
                        None => (self.accepts)(&value) && is_visible,
                        Some(_) => (value.is_truthy() && is_visible) || is_literal,
                    };
                    if is_accepted && may_follow {
                        return Ok(value);
                    }
                    has_skipped_a_blank |= !is_visible && (self.accepts)(&value);
                    if !(self.accepts)(&last) {
                        last = value;
                    }
                }
                Err(error) if explain(&error).1 => missing = missing.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match missing {
            Some(error) if !last.is_truthy() => Err(error),
            _ => Ok(last),
        }
    }
}
