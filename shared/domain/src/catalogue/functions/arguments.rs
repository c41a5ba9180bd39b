//! Reads the arguments of the additional functions.

use jmespath::{Rcvar, Variable};

use crate::catalogue::money;

/// Why a function failed. It quotes no value.
pub(super) enum Problem {
    /// The argument at this position has another type than this one.
    Type(usize, &'static str),
    /// An argument has a value that the function does not accept.
    Value(&'static str),
}

pub(super) fn text(args: &[Rcvar], place: usize) -> Result<&str, Problem> {
    args.get(place).and_then(|arg| arg.as_string()).map(String::as_str).ok_or(Problem::Type(place, "string"))
}

/// An optional argument: `None` if it is left out or null.
pub(super) fn optional(args: &[Rcvar], place: usize) -> Option<&Rcvar> {
    args.get(place).filter(|arg| !arg.is_null())
}

pub(super) fn optional_text(args: &[Rcvar], place: usize) -> Result<Option<&str>, Problem> {
    optional(args, place).map(|_| text(args, place)).transpose()
}

pub(super) fn whole_number(args: &[Rcvar], place: usize) -> Result<i64, Problem> {
    let number = match args.get(place).map(|arg| &**arg) {
        Some(Variable::Number(number)) => money::parse_whole(&number.to_string()),
        _ => None,
    };
    number.and_then(|number| i64::try_from(number).ok()).ok_or(Problem::Type(place, "whole number"))
}

/// A string, or a number as its JSON text.
pub(super) fn text_or_number(args: &[Rcvar], place: usize) -> Result<String, Problem> {
    match args.get(place).map(|arg| &**arg) {
        Some(Variable::String(text)) => Ok(text.clone()),
        Some(Variable::Number(number)) => Ok(number.to_string()),
        _ => Err(Problem::Type(place, "string|number")),
    }
}
