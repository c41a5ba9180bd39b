//! Functions that decode a text, such as a record of a queue or stream that a Pipe passes on.

use base64_simd::STANDARD;
use jmespath::{Rcvar, Variable};

use super::arguments::{Problem, text};
use crate::json::{self, InvalidJson};

/// The most values in the JSON, many times those of an order. It limits the memory that an event can take.
const MAX_VALUES: usize = 10_000;

/// `parse_json(text)`: parses the JSON in a text. An object or a list is returned unchanged.
pub(super) fn parse_json(args: &[Rcvar]) -> Result<Variable, Problem> {
    if let Some(parsed @ (Variable::Object(_) | Variable::Array(_))) = args.first().map(|arg| &**arg) {
        return Ok(parsed.clone());
    }
    let value = json::parse(text(args, 0)?.as_bytes(), MAX_VALUES).map_err(|error| {
        Problem::Value(match error {
            InvalidJson::TooManyValues(_) => "takes JSON of at most 10,000 values",
            InvalidJson::Syntax(_) => "takes a text with JSON in it",
        })
    })?;
    Variable::try_from(value).map_err(|_| Problem::Value("takes no number that JMESPath can't represent"))
}

/// `decode_base64(text)`: decodes base64 to text.
pub(super) fn decode_base64(args: &[Rcvar]) -> Result<Variable, Problem> {
    let decoded = STANDARD.decode_to_vec(text(args, 0)?).map_err(|_| Problem::Value("takes base64"))?;
    Ok(Variable::String(String::from_utf8_lossy(&decoded).into_owned()))
}
