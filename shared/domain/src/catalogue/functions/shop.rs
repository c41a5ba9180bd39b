//! The functions for shops, in addition to JMESPath's own.

use jmespath::functions::Function;
use jmespath::{Context, ErrorReason, JmespathError, Rcvar, RuntimeError, SearchResult, Variable};

use super::arguments::{Problem, optional, optional_text, text, text_or_number, whole_number};
use super::encoded;
use super::entities::{MAX_ENTITY_BYTES, decode_entity};
use crate::catalogue::{dates, money};

/// The longest text that a function may return: no message could show a longer one, and it limits the memory
/// that an event can take.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The most pieces of a split text.
const MAX_PIECES: usize = 1000;

const LOOKUP: &str = "lookup";

/// Each function returns null if its first argument is null, so that a missing value stays missing; `lookup()`
/// returns its default, if it has one.
pub(super) const SHOP_FUNCTIONS: [ShopFunction; 10] = [
    ShopFunction { name: "date", fewest: 1, most: 3, call: date },
    ShopFunction { name: "decimal_money", fewest: 2, most: 3, call: decimal_money },
    ShopFunction { name: "decode", fewest: 1, most: 1, call: decode },
    ShopFunction { name: "decode_base64", fewest: 1, most: 1, call: encoded::decode_base64 },
    ShopFunction { name: LOOKUP, fewest: 2, most: 3, call: lookup },
    ShopFunction { name: "money", fewest: 2, most: 4, call: money },
    ShopFunction { name: "parse_json", fewest: 1, most: 1, call: encoded::parse_json },
    ShopFunction { name: "replace", fewest: 3, most: 3, call: replace },
    ShopFunction { name: "split", fewest: 2, most: 2, call: split },
    ShopFunction { name: "substring", fewest: 2, most: 3, call: substring },
];

#[derive(Clone, Copy)]
pub(super) struct ShopFunction {
    pub(super) name: &'static str,
    pub(super) fewest: usize,
    pub(super) most: usize,
    call: fn(&[Rcvar]) -> Result<Variable, Problem>,
}

impl Function for ShopFunction {
    fn evaluate(&self, args: &[Rcvar], ctx: &mut Context<'_>) -> SearchResult {
        if args.first().is_some_and(|first| first.is_null()) {
            // A missing value must not become true, for example as a consent.
            let is_yes = |default: &&Rcvar| matches!(***default, Variable::Bool(true));
            let default = args.get(2).filter(|default| self.name == LOOKUP && !is_yes(default));
            return Ok(default.map_or_else(|| Rcvar::new(Variable::Null), Rcvar::clone));
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

fn check_length(text: String) -> Result<Variable, Problem> {
    if text.len() > MAX_TEXT_BYTES {
        Err(Problem::Value("gives a text of more than 64 KB"))
    } else {
        Ok(Variable::String(text))
    }
}

/// `money(amount, currency, language, digits)`: formats an amount in minor units with its currency.
fn money(args: &[Rcvar]) -> Result<Variable, Problem> {
    let amount = text_or_number(args, 0)?;
    let amount = money::parse_whole(&amount).filter(|_| !amount.contains('.')).ok_or(Problem::Value(
        "takes an amount in whole minor units, without a point; decimal_money() takes one such as 42.50",
    ))?;
    let (currency, currency_digits) = currency(args)?;
    let language = optional_text(args, 2)?;
    let digits = match optional(args, 3) {
        None => currency_digits.known().ok_or(Problem::Value(
            "doesn't know how many digits this currency has: give them as its fourth argument",
        ))?,
        Some(_) => u8::try_from(whole_number(args, 3)?)
            .ok()
            .filter(|digits| *digits <= money::MAX_MINOR_DIGITS)
            .ok_or(Problem::Value("takes 0 to 4 digits"))?,
    };
    Ok(Variable::String(money::format(amount, digits, &currency, language)))
}

/// `decimal_money(amount, currency, language)`: formats an amount in major units, with or without a decimal
/// point: `42.50`. The currency's code or symbol may stand beside it.
fn decimal_money(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (currency, digits) = currency(args)?;
    let digits = digits.known_or_usual();
    let amount = text_or_number(args, 0)?;
    let amount = money::without_currency(&amount, &currency);
    let amount = money::parse_major_units(amount, digits).ok_or(Problem::Value(
        "takes an amount such as 42.50 or 1.234,50, with no more decimals than its currency has; three digits behind the only mark \
         could also be thousands",
    ))?;
    Ok(Variable::String(money::format(amount, digits, &currency, optional_text(args, 2)?)))
}

/// The currency's code in capitals, and its number of digits.
fn currency(args: &[Rcvar]) -> Result<(String, money::MinorDigits), Problem> {
    let currency = text(args, 1)?.trim().to_ascii_uppercase();
    let digits = money::MinorDigits::from_code(&currency)
        .ok_or(Problem::Value("takes a currency's code, such as EUR"))?;
    Ok((currency, digits))
}

/// `date(time, language, zone)`: formats the day of a time or a date, in words if the language is known. A
/// time is converted to `zone`; without one, its own zone applies. Returns null for a placeholder such as
/// `1970-01-01`.
fn date(args: &[Rcvar]) -> Result<Variable, Problem> {
    let time = text_or_number(args, 0)?;
    if dates::is_placeholder(&time) {
        return Ok(Variable::Null);
    }
    let zone = optional_text(args, 2)?.map(|zone| {
        dates::parse_zone(zone)
            .ok_or(Problem::Value("takes a zone such as +01:00 or CET-1CEST,M3.5.0,M10.5.0/3"))
    });
    let day = dates::parse_day(&time, zone.transpose()?.as_ref())
        .ok_or(Problem::Value("takes an RFC 3339 time or date, or Unix time"))?;
    Ok(Variable::String(dates::format(day, optional_text(args, 1)?)))
}

/// `replace(text, old, new)`: replaces every `old` with `new`.
fn replace(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (text, old, new) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    if old.is_empty() {
        return Err(Problem::Value("takes no empty text to replace"));
    }
    let added = text.matches(old).count().saturating_mul(new.len());
    if added > MAX_TEXT_BYTES {
        return Err(Problem::Value("gives a text of more than 64 KB"));
    }
    check_length(text.replace(old, new))
}

/// `split(text, separator)`: the list of pieces.
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

/// `substring(text, start, length)`: the characters from `start`, counted from 0; a negative `start` counts
/// from the end.
fn substring(args: &[Rcvar]) -> Result<Variable, Problem> {
    let (text, start) = (text(args, 0)?, whole_number(args, 1)?);
    let start = match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => {
            text.chars().count().saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
        }
    };
    let length = match optional(args, 2) {
        None => usize::MAX,
        Some(_) => {
            usize::try_from(whole_number(args, 2)?).map_err(|_| Problem::Value("takes no negative length"))?
        }
    };
    check_length(text.chars().skip(start).take(length).collect())
}

/// `lookup(key, table, default)`: the member of an object with this name.
fn lookup(args: &[Rcvar]) -> Result<Variable, Problem> {
    let key = text_or_number(args, 0)?;
    let table = args.get(1).and_then(|arg| arg.as_object()).ok_or(Problem::Type(1, "object"))?;
    Ok(table.get(&key).or_else(|| args.get(2)).map_or(Variable::Null, |found| (**found).clone()))
}

/// `decode(text)`: replaces HTML entities by their characters, once. Anything else is unchanged.
fn decode(args: &[Rcvar]) -> Result<Variable, Problem> {
    let mut rest = text(args, 0)?;
    let mut decoded = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let end = after.bytes().take(MAX_ENTITY_BYTES).position(|byte| byte == b';');
        let entity = end.and_then(|end| Some((decode_entity(after.get(..end)?)?, after.get(end + 1..)?)));
        let (character, next) = entity.unwrap_or(('&', after));
        decoded.push(character);
        rest = next;
    }
    decoded.push_str(rest);
    check_length(decoded)
}
