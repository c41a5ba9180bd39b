//! JMESPath expressions over an event.

use std::fmt;

use jmespath::Rcvar;

use super::OrderEvent;

/// The parser and the interpreter of `jmespath` call themselves for every step and bracket of an expression, without a
/// limit of their own, so that a thousand brackets overflow a stack. Real expressions have about ten of these.
const MAX_STEPS: usize = 64;
const STEPS: &[u8] = b".([{!&|<>=";

/// A compiled expression.
#[derive(Clone)]
pub struct Expression(jmespath::Expression<'static>);

/// What an expression found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing, or JSON's null.
    Nothing,
    /// A text; a number is a text too, since an order number may be written as one.
    Text(String),
    /// True or false.
    Bool(bool),
    /// An object or a list: no value that a message can show.
    Compound,
}

impl Expression {
    /// Compiles it. The error says what is wrong at which column.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.bytes().filter(|byte| STEPS.contains(byte)).count() > MAX_STEPS {
            return Err(format!("has more than {MAX_STEPS} dots, brackets and operators"));
        }
        jmespath::compile(text).map(Self).map_err(|error| {
            format!("{text:?} is no JMESPath expression: {}, at column {}", error.reason, error.column + 1)
        })
    }

    /// As it is written in the catalogue.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What it finds in an event. The error says why it can't be evaluated (a function given the wrong type); it
    /// leaves the event's values out.
    pub fn find(&self, event: &OrderEvent) -> Result<Found, String> {
        let found: Rcvar = self.0.search(event.content()).map_err(|_| {
            "can't be evaluated: a function in it was given a value of the wrong type".to_owned()
        })?;
        Ok(match &*found {
            jmespath::Variable::Null => Found::Nothing,
            jmespath::Variable::String(text) => Found::Text(text.clone()),
            jmespath::Variable::Number(number) => Found::Text(number.to_string()),
            jmespath::Variable::Bool(value) => Found::Bool(*value),
            jmespath::Variable::Array(_) | jmespath::Variable::Object(_) | jmespath::Variable::Expref(_) => {
                Found::Compound
            }
        })
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.as_str())
    }
}
