//! The variables of a body: `{{1}}`, `{{2}}` and so on.

/// A part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text between variables.
    Literal(&'a str),
    /// A variable, with its notation and its number.
    Variable(&'a str, usize),
}

/// The parts of a body, in order. Braces without a number are literal text.
pub(super) fn pieces(body: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some((literal, variable, number, after)) = next_variable(rest) {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        pieces.push(Piece::Variable(variable, number));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

fn next_variable(text: &str) -> Option<(&str, &str, usize, &str)> {
    text.match_indices("{{").find_map(|(start, _)| {
        let (literal, from) = text.split_at_checked(start)?;
        let end = from.find("}}")? + "}}".len();
        let (variable, after) = from.split_at_checked(end)?;
        let digits = variable.strip_prefix("{{")?.strip_suffix("}}")?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        Some((literal, variable, is_number.then(|| digits.parse().ok())??, after))
    })
}

/// The number of variables in a body: the highest number.
pub fn count_variables(body: &str) -> usize {
    numbers(body).into_iter().max().unwrap_or_default()
}

/// The numbers of a body's variables, in the order of their positions.
pub(super) fn numbers(body: &str) -> Vec<usize> {
    let number = |piece: &Piece<'_>| match piece {
        Piece::Literal(_) => None,
        Piece::Variable(_, number) => Some(*number),
    };
    pieces(body).iter().filter_map(number).collect()
}

/// Replaces the variables of a body by these values; a variable without a value stays unchanged.
pub(super) fn fill(body: &str, values: &[String]) -> String {
    pieces(body)
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => literal,
            Piece::Variable(variable, number) => {
                number.checked_sub(1).and_then(|place| values.get(place)).map_or(variable, String::as_str)
            }
        })
        .collect()
}
