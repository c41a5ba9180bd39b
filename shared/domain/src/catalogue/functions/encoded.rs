//! Functions that decode values inside a text, as in the records of queues and streams that a Pipe passes on.

use base64_simd::STANDARD;
use jmespath::{Rcvar, Variable};

use super::arguments::{Problem, text};
use crate::json::{self, InvalidJson};

/// Many times as many as an order has; limits the memory that an event can take.
const MAX_VALUES: usize = 10_000;

/// `parse_json(text)`: parses the JSON in a text. An object or a list is returned unchanged.
pub(super) fn parse_json(args: &[Rcvar]) -> Result<Variable, Problem> {
    if let Some(read @ (Variable::Object(_) | Variable::Array(_))) = args.first().map(|arg| &**arg) {
        return Ok(read.clone());
    }
    let value = json::parse(text(args, 0)?.as_bytes(), MAX_VALUES).map_err(|error| {
        Problem::Value(match error {
            InvalidJson::TooManyValues(_) => "takes JSON of at most 10,000 values",
            InvalidJson::Syntax(_) => "takes a text with JSON in it",
        })
    })?;
    Variable::try_from(value)
        .map_err(|_| Problem::Value("takes no number that JSON allows and JMESPath can't hold"))
}

/// `decode_base64(text)`: decodes base64 to text.
pub(super) fn decode_base64(args: &[Rcvar]) -> Result<Variable, Problem> {
    let decoded = STANDARD.decode_to_vec(text(args, 0)?).map_err(|_| Problem::Value("takes base64"))?;
    Ok(Variable::String(String::from_utf8_lossy(&decoded).into_owned()))
}
