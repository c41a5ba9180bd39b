//! Functions that are told by their name when they fail, and what their failures say.

use jmespath::functions::Function;
use jmespath::{Context, ErrorReason, JmespathError, Rcvar, RuntimeError, SearchResult, Variable};

use crate::catalogue::money;

/// A function that is told by its name when it fails.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) function: Box<dyn Function>,
}

impl Function for Named {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        let whole = ctx.expression;
        let value = self.function.evaluate(args, ctx).map(|value| self.whole(args, value));
        value.map_err(|error| {
            // An expression in an argument (`map(&f(@), list)`) has told its function already.
            if error.expression != whole && !error.expression.is_empty() {
                return error;
            }
            let reason = match error.reason {
                ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
                    let actual = args.get(position).map_or(actual, described);
                    ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position })
                }
                other => other,
            };
            JmespathError { expression: self.name.to_owned(), reason, ..error }
        })
    }
}

impl Named {
    /// `jmespath` makes decimal numbers of all that it computes; of whole numbers these are whole.
    fn whole(&self, args: &[Rcvar], value: Rcvar) -> Rcvar {
        let is_whole = |value: &Rcvar| matches!(&**value, Variable::Number(number) if !number.is_f64());
        let is_computed_of_whole_ones = match self.name {
            "ceil" | "floor" => true,
            "abs" => args.iter().all(is_whole),
            "sum" => args.iter().filter_map(|arg| arg.as_array()).flatten().all(is_whole),
            _ => false,
        };
        let number = match &*value {
            Variable::Number(number) if is_computed_of_whole_ones => money::whole(&number.to_string()),
            _ => None,
        };
        let number = number.and_then(|number| i64::try_from(number).ok());
        number.map_or(value, |number| Rcvar::new(Variable::Number(number.into())))
    }
}

/// A value's type, and whether null is in it.
fn described(value: &Rcvar) -> String {
    match value.as_array() {
        Some(items) if items.iter().any(|item| item.is_null()) => NULL_IN_A_LIST.to_owned(),
        _ => value.get_type().to_string(),
    }
}

const NULL_IN_A_LIST: &str = "a list with null in it";

/// Why an expression gives nothing, in words, and whether that is because a function was given what is missing.
pub(in crate::catalogue) fn explained(error: &JmespathError) -> (String, bool) {
    let name = &error.expression;
    match &error.reason {
        ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
            let place = position + 1;
            let problem = format!(
                "can't be evaluated: {name}() was given {actual} as argument {place}, and takes {expected}"
            );
            (problem, actual == "null" || actual == NULL_IN_A_LIST)
        }
        // `sort_by(items, &place)`, where an item has no place.
        ErrorReason::Runtime(other @ RuntimeError::InvalidReturnType { actual, .. }) => {
            (format!("can't be evaluated: {name}(): {other}"), actual == "null")
        }
        ErrorReason::Runtime(other) => (format!("can't be evaluated: {name}(): {other}"), false),
        ErrorReason::Parse(problem) => (format!("can't be evaluated: {name}() {problem}"), false),
    }
}
