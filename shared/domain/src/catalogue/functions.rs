//! The functions that an expression may call: JMESPath's own, and what a shop needs besides them.

mod encoded;

use std::sync::LazyLock;

use jmespath::ast::Ast;
use jmespath::functions::Function;
use jmespath::{
    Context, ErrorReason, JmespathError, Rcvar, Runtime, RuntimeError, SearchResult, Variable, interpret,
};

use super::{dates, money};
use crate::message::is_blank;

/// No text that a function makes is longer: no message could show it, and an event must not fill the memory.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// A text is split into so many pieces at most.
const MAX_PIECES: usize = 1000;

/// JMESPath's own functions, with the fewest and the most arguments that they take.
/// <https://jmespath.org/specification.html#built-in-functions>
const STANDARD: [(&str, usize, usize); 26] = [
    ("abs", 1, 1),
    ("avg", 1, 1),
    ("ceil", 1, 1),
    ("contains", 2, 2),
    ("ends_with", 2, 2),
    ("floor", 1, 1),
    ("join", 2, 2),
    ("keys", 1, 1),
    ("length", 1, 1),
    ("map", 2, 2),
    ("max", 1, 1),
    ("max_by", 2, 2),
    ("merge", 1, usize::MAX),
    ("min", 1, 1),
    ("min_by", 2, 2),
    ("not_null", 1, usize::MAX),
    ("reverse", 1, 1),
    ("sort", 1, 1),
    ("sort_by", 2, 2),
    ("starts_with", 2, 2),
    ("sum", 1, 1),
    ("to_array", 1, 1),
    ("to_number", 1, 1),
    ("to_string", 1, 1),
    ("type", 1, 1),
    ("values", 1, 1),
];

/// Ours. Each gives null where its first argument is null, so that what is absent stays absent.
const OWN: [Own; 10] = [
    Own { name: "date", fewest: 1, most: 2, call: date },
    Own { name: "decimal_money", fewest: 2, most: 3, call: decimal_money },
    Own { name: "decode", fewest: 1, most: 1, call: decode },
    Own { name: "decode_base64", fewest: 1, most: 1, call: encoded::decode_base64 },
    Own { name: "lookup", fewest: 2, most: 3, call: lookup },
    Own { name: "money", fewest: 2, most: 4, call: money },
    Own { name: "parse_json", fewest: 1, most: 1, call: encoded::parse_json },
    Own { name: "replace", fewest: 3, most: 3, call: replace },
    Own { name: "split", fewest: 2, most: 2, call: split },
    Own { name: "substring", fewest: 2, most: 3, call: substring },
];

#[derive(Clone, Copy)]
struct Own {
    name: &'static str,
    fewest: usize,
    most: usize,
    call: fn(&[Rcvar]) -> Result<Variable, Problem>,
}

/// Why one of our functions gives nothing. It quotes no value.
enum Problem {
    /// The argument at this place is of another type.
    Type(usize, &'static str),
    /// What was given makes no sense.
    Value(&'static str),
}

/// `||` and `not_null()`, whose alternatives are evaluated one by one, so that one that fails because a value is missing is passed
/// over. What comes after it counts where it is true, or a literal: null, false and what is empty would make
/// `!(contains(tags, 'no') || opted_out)` true although nobody knows what the tags are.
struct Alternatives {
    takes: fn(&Variable) -> bool,
}

/// Their names, which no expression can call.
const OR: &str = "||";
const NOT_NULL: &str = "not_null(&)";

/// A function that is told by its name when it fails.
struct Named {
    name: &'static str,
    function: Box<dyn Function>,
}

pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    for (name, ..) in STANDARD {
        if let Some(function) = runtime.deregister_function(name) {
            runtime.register_function(name, Box::new(Named { name, function }));
        }
    }
    runtime.register_function(OR, Box::new(Alternatives { takes: says_something }));
    runtime.register_function(NOT_NULL, Box::new(Alternatives { takes: |value| !value.is_null() }));
    for own in OWN {
        runtime.register_function(own.name, Box::new(Named { name: own.name, function: Box::new(own) }));
    }
    runtime
});

/// Checks the calls of an expression, and has its alternatives evaluated one by one. The error is the first function that doesn't
/// exist, or has too few or too many arguments.
pub(super) fn prepare(ast: &mut Ast) -> Result<(), String> {
    let inner: Vec<&mut Ast> = match ast {
        Ast::Function { name, args, .. } => {
            call_fault(name, args.len()).map_or(Ok(()), Err)?;
            args.iter_mut().collect()
        }
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::MultiList { elements, .. } => elements.iter_mut().collect(),
        Ast::MultiHash { elements, .. } => elements.iter_mut().map(|pair| &mut pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    };
    inner.into_iter().try_for_each(prepare)?;
    let (name, alternatives, offset) = match ast {
        Ast::Or { lhs, rhs, offset } => (OR, vec![(**lhs).clone(), (**rhs).clone()], *offset),
        Ast::Function { name, args, offset } if name == "not_null" => {
            (NOT_NULL, std::mem::take(args), *offset)
        }
        _ => return Ok(()),
    };
    // A literal is given to a function as it is, and an expression as an argument would be copied at each call.
    let as_literal = |ast| Ast::Literal { offset, value: Rcvar::new(Variable::Expref(ast)) };
    let alternatives = alternatives.into_iter().map(as_literal);
    let args = std::iter::once(Ast::Identity { offset }).chain(alternatives).collect();
    *ast = Ast::Function { name: name.to_owned(), args, offset };
    Ok(())
}

fn call_fault(name: &str, given: usize) -> Option<String> {
    let own = OWN.iter().map(|own| (own.name, own.fewest, own.most));
    let Some((_, fewest, most)) = STANDARD.into_iter().chain(own).find(|(known, ..)| *known == name) else {
        return Some(format!("calls {name}(), and there is no such function"));
    };
    let takes = match (fewest, most) {
        _ if (fewest..=most).contains(&given) => return None,
        (_, usize::MAX) => format!("{fewest} or more"),
        _ if fewest == most => fewest.to_string(),
        _ => format!("{fewest} to {most}"),
    };
    Some(format!("calls {name}() with {given} arguments, and it takes {takes}"))
}

/// Whether a value is true or has something in it, as JMESPath sees it, and a text something that people see. A text without is
/// passed over for one that has, and stands where there is none: so that whether `||` holds is what JMESPath says.
fn says_something(value: &Variable) -> bool {
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
pub(super) fn explained(error: &JmespathError) -> (String, bool) {
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

impl Function for Own {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        if args.first().is_some_and(|first| first.is_null()) {
            return Ok(Rcvar::new(Variable::Null));
        }
        (self.call)(args).map(Rcvar::new).map_err(|problem| {
            let reason = match problem {
                Problem::Type(position, expected) => {
                    let (expected, actual) = (expected.to_owned(), String::new());
                    ErrorReason::Runtime(RuntimeError::InvalidType { expected, actual, position })
                }
                Problem::Value(problem) => ErrorReason::Parse(problem.to_owned()),
            };
            JmespathError::from_ctx(ctx, reason)
        })
    }
}

fn text(args: &[Rcvar], place: usize) -> Result<&str, Problem> {
    args.get(place).and_then(|arg| arg.as_string()).map(String::as_str).ok_or(Problem::Type(place, "string"))
}

/// An argument that may be left out, or be null.
fn given(args: &[Rcvar], place: usize) -> Option<&Rcvar> {
    args.get(place).filter(|arg| !arg.is_null())
}

fn optional_text(args: &[Rcvar], place: usize) -> Result<Option<&str>, Problem> {
    given(args, place).map(|_| text(args, place)).transpose()
}

fn whole_number(args: &[Rcvar], place: usize) -> Result<i64, Problem> {
    let number = match args.get(place).map(|arg| &**arg) {
        Some(Variable::Number(number)) => money::whole(&number.to_string()),
        _ => None,
    };
    number.and_then(|number| i64::try_from(number).ok()).ok_or(Problem::Type(place, "whole number"))
}

/// A text, or a number as it is written.
fn written(args: &[Rcvar], place: usize) -> Result<String, Problem> {
    match args.get(place).map(|arg| &**arg) {
        Some(Variable::String(text)) => Ok(text.clone()),
        Some(Variable::Number(number)) => Ok(number.to_string()),
        _ => Err(Problem::Type(place, "string|number")),
    }
}

fn limited(text: String) -> Result<Variable, Problem> {
    if text.len() > MAX_TEXT_BYTES {
        Err(Problem::Value("gives a text of more than 64 KB"))
    } else {
        Ok(Variable::String(text))
    }
}

/// `money(amount, currency, language, digits)`: an amount in minor units, as the language writes numbers, and the currency.
fn money(args: &[Rcvar]) -> Result<Variable, Problem> {
    let amount = written(args, 0)?;
    let amount = money::whole(&amount).filter(|_| !amount.contains('.')).ok_or(Problem::Value(
        "takes an amount in whole minor units, without a point; decimal_money() takes one such as 42.50",
    ))?;
    let (currency, known) = currency(args)?;
    let language = optional_text(args, 2)?;
    let digits = match given(args, 3) {
        None => known,
        Some(_) => usize::try_from(whole_number(args, 3)?)
            .ok()
            .filter(|digits| *digits <= money::MAX_MINOR_DIGITS)
            .ok_or(Problem::Value("takes 0 to 4 digits"))?,
    };
    Ok(Variable::String(money::written(amount, digits, &currency, language)))
}

/// `decimal_money(amount, currency, language)`: the same of an amount in major units, with or without a point: `42.50`.
fn decimal_money(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (currency, digits) = currency(args)?;
    let amount = money::minor_units(&written(args, 0)?, digits).ok_or(Problem::Value(
        "takes an amount such as 42.50, with no more digits behind the point than its currency has",
    ))?;
    Ok(Variable::String(money::written(amount, digits, &currency, optional_text(args, 2)?)))
}

/// A currency's code, and the digits of its minor unit.
fn currency(args: &[Rcvar]) -> Result<(String, usize), Problem> {
    let currency = text(args, 1)?.trim().to_ascii_uppercase();
    let digits = money::minor_digits(&currency).ok_or(Problem::Value("knows no such currency"))?;
    Ok((currency, digits))
}

/// `date(time, language)`: the day of a time or a date, in words where the language is one that we know.
fn date(args: &[Rcvar]) -> Result<Variable, Problem> {
    let day = dates::day(&written(args, 0)?)
        .ok_or(Problem::Value("takes an RFC 3339 time or date, or Unix time"))?;
    Ok(Variable::String(dates::written(day, optional_text(args, 1)?)))
}

/// `replace(text, old, new)`: every `old` is `new` in it.
fn replace(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (text, old, new) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    if old.is_empty() {
        return Err(Problem::Value("takes no empty text to replace"));
    }
    let added = text.matches(old).count().saturating_mul(new.len());
    if added > MAX_TEXT_BYTES {
        return Err(Problem::Value("gives a text of more than 64 KB"));
    }
    limited(text.replace(old, new))
}

/// `split(text, separator)`: the list of its pieces.
fn split(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (text, separator) = (text(args, 0)?, text(args, 1)?);
    if separator.is_empty() {
        return Err(Problem::Value("takes no empty separator"));
    }
    let pieces: Vec<Rcvar> = text
        .split(separator)
        .take(MAX_PIECES + 1)
        .map(|piece| Rcvar::new(Variable::String(piece.to_owned())))
        .collect();
    if pieces.len() > MAX_PIECES {
        Err(Problem::Value("gives more than 1000 pieces"))
    } else {
        Ok(Variable::Array(pieces))
    }
}

/// `substring(text, start, length)`: from this character on, the first being 0; from the end where it is negative.
fn substring(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (text, start) = (text(args, 0)?, whole_number(args, 1)?);
    let start = match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => {
            text.chars().count().saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
        }
    };
    let length = match given(args, 2) {
        None => usize::MAX,
        Some(_) => {
            usize::try_from(whole_number(args, 2)?).map_err(|_| Problem::Value("takes no negative length"))?
        }
    };
    limited(text.chars().skip(start).take(length).collect())
}

/// `lookup(key, table, default)`: the member of an object by this name.
fn lookup(args: &[Rcvar]) -> Result<Variable, Problem> {
    let key = written(args, 0)?;
    let table = args.get(1).and_then(|arg| arg.as_object()).ok_or(Problem::Type(1, "object"))?;
    Ok(table.get(&key).or_else(|| args.get(2)).map_or(Variable::Null, |found| (**found).clone()))
}

/// Those of HTML's named characters that shops write.
const ENTITIES: [(&str, char); 42] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("euro", '\u{20ac}'),
    ("pound", '\u{a3}'),
    ("copy", '\u{a9}'),
    ("reg", '\u{ae}'),
    ("trade", '\u{2122}'),
    ("deg", '\u{b0}'),
    ("hellip", '\u{2026}'),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("ldquo", '\u{201c}'),
    ("rdquo", '\u{201d}'),
    ("laquo", '\u{ab}'),
    ("raquo", '\u{bb}'),
    ("auml", '\u{e4}'),
    ("ouml", '\u{f6}'),
    ("uuml", '\u{fc}'),
    ("Auml", '\u{c4}'),
    ("Ouml", '\u{d6}'),
    ("Uuml", '\u{dc}'),
    ("szlig", '\u{df}'),
    ("eacute", '\u{e9}'),
    ("egrave", '\u{e8}'),
    ("ecirc", '\u{ea}'),
    ("agrave", '\u{e0}'),
    ("aacute", '\u{e1}'),
    ("ccedil", '\u{e7}'),
    ("iacute", '\u{ed}'),
    ("oacute", '\u{f3}'),
    ("uacute", '\u{fa}'),
    ("ntilde", '\u{f1}'),
    ("aring", '\u{e5}'),
    ("oslash", '\u{f8}'),
    ("aelig", '\u{e6}'),
    ("iexcl", '\u{a1}'),
];
/// `&#x10ffff;` is the longest.
const MAX_ENTITY_BYTES: usize = 10;

/// `decode(text)`: HTML's entities are the characters that they stand for, once. What is none stays.
fn decode(args: &[Rcvar]) -> Result<Variable, Problem> {
    let mut rest = text(args, 0)?;
    let mut decoded = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let end = after.bytes().take(MAX_ENTITY_BYTES).position(|byte| byte == b';');
        let entity = end.and_then(|end| Some((entity(after.get(..end)?)?, after.get(end + 1..)?)));
        let (character, next) = entity.unwrap_or(('&', after));
        decoded.push(character);
        rest = next;
    }
    decoded.push_str(rest);
    limited(decoded)
}

fn entity(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests;
