//! JMESPath expressions over an event.

use std::fmt;

use jmespath::ast::Ast;
use jmespath::{Rcvar, Variable};

use super::{OrderEvent, functions, precedence};

/// The most operators and brackets in an expression. The parser and the interpreter of `jmespath` recurse at
/// each of them without a limit, so a thousand brackets would overflow the stack. Real expressions have about
/// ten.
const MAX_STEPS: usize = 64;
const STEPS: &str = ".([{!&|<>=";

/// A literal ends with the character it begins with: a raw string, JSON, or a quoted name. A backslash
/// escapes the next character.
const LITERALS: &[char] = &['\'', '`', '"'];

/// A compiled expression.
#[derive(Clone)]
pub struct Expression(jmespath::Expression<'static>);

/// The result of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing, or JSON's null.
    Nothing,
    /// A string, or a number as a string, since an order number may be a JSON number.
    Text(String),
    /// A JSON boolean.
    Bool(bool),
    /// An object or a list, which a message cannot show.
    Compound,
}

/// Why an expression could not be evaluated. It quotes none of the event's values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Unevaluable {
    problem: String,
    /// A function got null, or a list that contains null: the event lacks a value.
    pub is_missing: bool,
}

impl Expression {
    /// Compiles it for a value that is told or used. Where the left side of `||` fails because a value is missing, the right side
    /// is looked at, and a text of which nobody sees anything is none in any condition. The error says what is wrong at which
    /// column, which function doesn't exist or has too few or too many arguments, or which operator binds otherwise than it looks.
    pub fn compile(text: &str) -> Result<Self, String> {
        Self::compile_with(text, functions::pass_over_blanks)
    }

    /// Compiles it for what is asked of an event, `consent` and `when`. There a blank text is as true as JMESPath says: it may be
    /// in the place of a refusal.
    pub fn compile_condition(text: &str) -> Result<Self, String> {
        Self::compile_with(text, |_| {})
    }

    fn compile_with(text: &str, change: impl FnOnce(&mut Ast)) -> Result<Self, String> {
        if steps(text) > MAX_STEPS {
            return Err(format!("has more than {MAX_STEPS} dots, brackets and operators"));
        }
        let compiled = functions::RUNTIME.compile(text).map_err(|error| {
            format!("{text:?} is no JMESPath expression: {}, at column {}", error.reason, error.column + 1)
        })?;
        let mut ast = compiled.as_ast().clone();
        precedence::check(&mut ast).map_err(|fault| format!("{text:?} {fault}"))?;
        change(&mut ast);
        functions::prepare(&mut ast).map_err(|fault| format!("{text:?} {fault}"))?;
        Ok(Self(jmespath::Expression::new(text, ast, &functions::RUNTIME)))
    }

    /// The text in the catalogue.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Evaluates the expression for an event.
    pub fn find(&self, event: &OrderEvent) -> Result<Found, Unevaluable> {
        Ok(match &*self.value(event)? {
            Variable::Null => Found::Nothing,
            Variable::String(text) => Found::Text(text.clone()),
            Variable::Number(number) => Found::Text(number.to_string()),
            Variable::Bool(value) => Found::Bool(*value),
            Variable::Array(_) | Variable::Object(_) | Variable::Expref(_) => Found::Compound,
        })
    }

    /// Evaluates to a list and joins its strings with commas.
    pub(super) fn joined(&self, event: &OrderEvent) -> Option<String> {
        let value = self.value(event).ok()?;
        let texts: Vec<&str> =
            value.as_array()?.iter().filter_map(|item| item.as_string()).map(String::as_str).collect();
        Some(texts.join(","))
    }

    /// Whether the result is true by JMESPath's rules: null, false and empty values are not.
    pub fn holds(&self, event: &OrderEvent) -> Result<bool, Unevaluable> {
        self.value(event).map(|value| value.is_truthy())
    }

    fn value(&self, event: &OrderEvent) -> Result<Rcvar, Unevaluable> {
        self.0.search(event.content()).map_err(|error| {
            let (problem, is_missing) = functions::explained(&error);
            Unevaluable { problem, is_missing }
        })
    }
}

/// The number of operators and brackets outside of literals.
fn steps(text: &str) -> usize {
    let mut steps = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if LITERALS.contains(&c) {
            while let Some(inner) = chars.next().filter(|inner| *inner != c) {
                if inner == '\\' {
                    chars.next();
                }
            }
        } else if STEPS.contains(c) {
            steps += 1;
        }
    }
    steps
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.as_str())
    }
}
