//! What stands encoded in a text, as in the records of queues and streams that a Pipe hands over.

use base64_simd::STANDARD;
use jmespath::{Rcvar, Variable};

use super::own::{Problem, text};
use crate::json::{self, InvalidJson};

/// Many times as many as an order has: an event must not fill the memory.
const MAX_VALUES: usize = 10_000;

/// `parse_json(text)`: the value that is written in a text. An object or a list is one already.
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

/// `decode_base64(text)`: the text that is written in base64.
pub(super) fn decode_base64(args: &[Rcvar]) -> Result<Variable, Problem> {
    let decoded = STANDARD.decode_to_vec(text(args, 0)?).map_err(|_| Problem::Value("takes base64"))?;
    Ok(Variable::String(String::from_utf8_lossy(&decoded).into_owned()))
}
