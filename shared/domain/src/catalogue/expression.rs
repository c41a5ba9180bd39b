//! JMESPath expressions over an event.

use std::fmt;

use jmespath::ast::Ast;
use jmespath::{Rcvar, Variable};

use super::{OrderEvent, functions, precedence, quotes, syntax_hints};

/// The most operators and brackets in an expression. The parser and the interpreter of `jmespath` recurse at
/// each of them without a limit, so a thousand brackets would overflow the stack. Real expressions have about
/// ten.
const MAX_STEPS: usize = 64;
const STEPS: &str = ".([{!&|<>=";

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
pub struct EvaluationError {
    problem: String,
    /// A function got null, or a list that contains null: the event lacks a value.
    pub is_missing: bool,
}

impl Expression {
    /// Compiles an expression for a value. If the left side of `||` fails because a value is missing, the right side is evaluated.
    /// In conditions inside it, a blank text is false. The error names a syntax error's column, a function that does not exist or
    /// has the wrong number of arguments, an operator whose precedence misleads, or a text that is read as a field.
    pub fn compile(text: &str) -> Result<Self, String> {
        Self::compile_with(text, true, functions::treat_blanks_as_false)
    }

    /// Compiles an expression that reads an item of a list, whose fields can have any names.
    pub(super) fn compile_for_item(text: &str) -> Result<Self, String> {
        Self::compile_with(text, false, functions::treat_blanks_as_false)
    }

    /// Compiles a condition: `consent` or `when`. A blank text is true in it, as in JMESPath: it may stand for a refusal.
    pub fn compile_condition(text: &str) -> Result<Self, String> {
        Self::compile_with(text, true, |_| {})
    }

    fn compile_with(text: &str, reads_event: bool, change: impl FnOnce(&mut Ast)) -> Result<Self, String> {
        if steps(text) > MAX_STEPS {
            return Err(format!("has more than {MAX_STEPS} dots, brackets and operators"));
        }
        let compiled = functions::RUNTIME.compile(text).map_err(|error| {
            let (reason, column) = (error.reason, error.column + 1);
            let hint = syntax_hints::find(text).map(|hint| format!(". {hint}")).unwrap_or_default();
            format!("{text:?} is not a JMESPath expression: {reason}, at column {column}{hint}")
        })?;
        let mut ast = compiled.as_ast().clone();
        quotes::check(text, &ast, reads_event).map_err(|fault| format!("{text:?} {fault}"))?;
        precedence::check(&mut ast).map_err(|fault| format!("{text:?} {fault}"))?;
        change(&mut ast);
        functions::prepare(&mut ast).map_err(|fault| format!("{text:?} {fault}"))?;
        Ok(Self(jmespath::Expression::new(text, ast, &functions::RUNTIME)))
    }

    /// The text in the catalogue.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The text of an expression such as `'INR'`; `None` for any other expression.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_ast() {
            Ast::Literal { value, .. } => value.as_string().map(String::as_str),
            _ => None,
        }
    }

    /// Whether it compares two values of the event with `==`, which are equal if the event has neither.
    pub fn compares_fields(&self) -> bool {
        quotes::compares_fields(self.0.as_ast())
    }

    /// Evaluates the expression for an event.
    pub fn evaluate(&self, event: &OrderEvent) -> Result<Found, EvaluationError> {
        self.evaluate_in(event.content())
    }

    /// Evaluates the expression for a part of an event, such as an item of [`list`](Self::list).
    pub(super) fn evaluate_in(&self, content: &Rcvar) -> Result<Found, EvaluationError> {
        Ok(match &*self.value(content)? {
            Variable::Null => Found::Nothing,
            Variable::String(text) => Found::Text(text.clone()),
            Variable::Number(number) => Found::Text(number.to_string()),
            Variable::Bool(value) => Found::Bool(*value),
            Variable::Array(_) | Variable::Object(_) | Variable::Expref(_) => Found::Compound,
        })
    }

    /// Evaluates to a list and returns its items; `None` for any other value.
    pub(super) fn list(&self, event: &OrderEvent) -> Result<Option<Vec<Rcvar>>, EvaluationError> {
        Ok(self.value(event.content())?.as_array().cloned())
    }

    /// Evaluates to a list and joins its strings with commas.
    pub(super) fn joined(&self, event: &OrderEvent) -> Option<String> {
        let value = self.value(event.content()).ok()?;
        let texts: Vec<&str> =
            value.as_array()?.iter().filter_map(|item| item.as_string()).map(String::as_str).collect();
        Some(texts.join(","))
    }

    /// Whether the result is true by JMESPath's rules: null, false and empty values are not.
    pub fn is_true(&self, event: &OrderEvent) -> Result<bool, EvaluationError> {
        self.value(event.content()).map(|value| value.is_truthy())
    }

    fn value(&self, content: &Rcvar) -> Result<Rcvar, EvaluationError> {
        self.0.search(content).map_err(|error| {
            let (problem, is_missing) = functions::explain(&error);
            EvaluationError { problem, is_missing }
        })
    }
}

/// The number of operators and brackets outside of literals.
fn steps(text: &str) -> usize {
    let mut steps = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if syntax_hints::LITERALS.contains(&c) {
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
