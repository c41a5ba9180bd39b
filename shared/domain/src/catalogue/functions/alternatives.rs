//! Evaluates `||` and `not_null()` if a value that an alternative needs is missing.

use jmespath::ast::Ast;
use jmespath::functions::Function;
use jmespath::{Context, Rcvar, SearchResult, Variable, interpret};

use super::named::explained;
use crate::message::is_blank;

/// `||` and `not_null()` with alternatives that are evaluated one by one: an alternative that fails because a
/// value is missing is skipped. After that, only a true value or a literal is accepted. Otherwise
/// `!(contains(tags, 'no') || opted_out)` would be true although the tags are unknown.
///
/// A blank text is skipped if a later text or number is accepted, and otherwise remains the result, so that
/// the truth of `||` is the same as in JMESPath. It is not skipped for a boolean: a blank consent does not
/// count as agreement.
pub(super) struct Alternatives {
    pub(super) takes: fn(&Variable) -> bool,
}

/// A value, or nothing where it is a text of which nobody sees anything.
pub(super) struct Seen;

impl Function for Seen {
    fn evaluate(&self, args: &[Rcvar], _: &mut Context<'_>) -> SearchResult {
        let seen = args.first().filter(|value| !value.as_string().is_some_and(|text| is_blank(text)));
        Ok(seen.cloned().unwrap_or_else(|| Rcvar::new(Variable::Null)))
    }
}

impl Function for Alternatives {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        let (mut missing, mut has_passed_a_blank) = (None, false);
        let mut last = Rcvar::new(Variable::Null);
        let Some((data, alternatives)) = args.split_first() else { return Ok(last) };
        for alternative in alternatives {
            let Variable::Expref(ast) = &**alternative else { continue };
            let is_literal = matches!(ast, Ast::Literal { .. });
            match interpret(data, ast, ctx) {
                Ok(value) => {
                    let is_seen = !value.as_string().is_some_and(|text| is_blank(text));
                    let may_follow = !(has_passed_a_blank && value.is_boolean());
                    let counts = match missing {
                        None => (self.takes)(&value) && is_seen,
                        Some(_) => (value.is_truthy() && is_seen) || is_literal,
                    };
                    if counts && may_follow {
                        return Ok(value);
                    }
                    has_passed_a_blank |= !is_seen && (self.takes)(&value);
                    if !(self.takes)(&last) {
                        last = value;
                    }
                }
                Err(error) if explained(&error).1 => missing = missing.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match missing {
            Some(error) if !last.is_truthy() => Err(error),
            _ => Ok(last),
        }
    }
}
