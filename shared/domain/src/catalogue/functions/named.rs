//! Adds the function's name to its errors, and explains the errors.

use jmespath::functions::Function;
use jmespath::{Context, ErrorReason, JmespathError, Rcvar, RuntimeError, SearchResult, Variable};

use crate::catalogue::money;

/// A function whose errors contain its name.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) function: Box<dyn Function>,
}

impl Function for Named {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        let whole = ctx.expression;
        let value = self.function.evaluate(args, ctx).map(|value| self.restore_whole(args, value));
        value.map_err(|error| {
            // The error comes from a function in an argument (`map(&f(@), list)`) and already has that
            // function's name.
            if error.expression != whole && !error.expression.is_empty() {
                return error;
            }
            let reason = match error.reason {
                ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
                    let actual = args.get(position).map_or(actual, describe_type);
                    ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position })
                }
                other => other,
            };
            JmespathError { expression: self.name.to_owned(), reason, ..error }
        })
    }
}

impl Named {
    /// `jmespath` returns every computed number as a float; results of whole numbers are converted back to
    /// whole numbers.
    fn restore_whole(&self, args: &[Rcvar], value: Rcvar) -> Rcvar {
        let is_whole = |value: &Rcvar| matches!(&**value, Variable::Number(number) if !number.is_f64());
        let is_computed_from_whole = match self.name {
            "ceil" | "floor" => true,
            "abs" => args.iter().all(is_whole),
            "sum" => args.iter().filter_map(|arg| arg.as_array()).flatten().all(is_whole),
            _ => false,
        };
        let number = match &*value {
            Variable::Number(number) if is_computed_from_whole => money::parse_whole(&number.to_string()),
            _ => None,
        };
        let number = number.and_then(|number| i64::try_from(number).ok());
        number.map_or(value, |number| Rcvar::new(Variable::Number(number.into())))
    }
}

/// The type of a value, and whether it contains null.
fn describe_type(value: &Rcvar) -> String {
    match value.as_array() {
        Some(items) if items.iter().any(|item| item.is_null()) => NULL_IN_A_LIST.to_owned(),
        _ => value.get_type().to_string(),
    }
}

const NULL_IN_A_LIST: &str = "a list with null in it";

/// Explains why an expression could not be evaluated, and returns whether the cause is a missing value.
pub(in crate::catalogue) fn explain(error: &JmespathError) -> (String, bool) {
    let name = &error.expression;
    match &error.reason {
        ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position }) => {
            let place = position + 1;
            let problem = format!(
                "can't be evaluated: {name}() was given {actual} as argument {place}, and takes {expected}"
            );
            (problem, actual == "null" || actual == NULL_IN_A_LIST)
        }
        // `sort_by(items, &place)` if an item has no `place`.
        ErrorReason::Runtime(other @ RuntimeError::InvalidReturnType { actual, .. }) => {
            (format!("can't be evaluated: {name}(): {other}"), actual == "null")
        }
        ErrorReason::Runtime(other) => (format!("can't be evaluated: {name}(): {other}"), false),
        ErrorReason::Parse(problem) => (format!("can't be evaluated: {name}() {problem}"), false),
    }
}
