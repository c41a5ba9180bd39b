//! `||` and `not_null()`, where a value that one of the alternatives needs is missing.

use jmespath::ast::Ast;
use jmespath::functions::Function;
use jmespath::{Context, Rcvar, SearchResult, Variable, interpret};

use super::named::explained;
use crate::message::is_blank;

/// `||` and `not_null()`, whose alternatives are evaluated one by one, so that one that fails because a value is missing is passed
/// over. What comes after it counts where it is true, or a literal: null, false and what is empty would make
/// `!(contains(tags, 'no') || opted_out)` true although nobody knows what the tags are.
pub(super) struct Alternatives {
    pub(super) takes: fn(&Variable) -> bool,
}

/// Whether a value is true or has something in it, as JMESPath sees it, and a text something that people see. A text without is
/// passed over for one that has, and stands where there is none: so that whether `||` holds is what JMESPath says.
pub(super) fn says_something(value: &Variable) -> bool {
    value.is_truthy() && !value.as_string().is_some_and(|text| is_blank(text))
}

impl Function for Alternatives {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        let mut missing = None;
        let mut last = Rcvar::new(Variable::Null);
        let Some((data, alternatives)) = args.split_first() else { return Ok(last) };
        for alternative in alternatives {
            let Variable::Expref(ast) = &**alternative else { continue };
            match interpret(data, ast, ctx) {
                Ok(value) if missing.is_none() && (self.takes)(&value) => return Ok(value),
                Ok(value)
                    if missing.is_some() && (value.is_truthy() || matches!(ast, Ast::Literal { .. })) =>
                {
                    return Ok(value);
                }
                Ok(value) if !last.is_truthy() => last = value,
                Ok(_) => {}
                Err(error) if explained(&error).1 => missing = missing.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        missing.map_or(Ok(last), Err)
    }
}
