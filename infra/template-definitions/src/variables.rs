//! The variables of a text: numbered, `{{1}}`, or named, `{{customer_name}}`.

use std::fmt;

use domain::catalogue::Section;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text between variables.
    Literal(&'a str),
    /// A variable in its notation, and what stands between its braces.
    Variable(&'a str, &'a str),
}

/// The distinct variables of a text. A template has numbered or named ones, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variables {
    /// `{{1}}` up to this number; 0 if there is no variable.
    Positional(usize),
    /// The names in the order in which they first occur.
    Named(Vec<String>),
}

/// "1 variable", "2 variables".
pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 variable".to_owned() } else { format!("{number} variables") }
}

impl Variables {
    /// Finds the variables of a text. Braces around anything else than a number or a name are literal text.
    pub fn find(text: &str) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut highest = 0;
        for name in pieces(text).iter().filter_map(Piece::variable) {
            match name.parse() {
                Ok(number) => highest = highest.max(number),
                Err(_) if names.iter().all(|known| known != name) => names.push(name.to_owned()),
                Err(_) => {}
            }
        }
        if names.is_empty() { Self::Positional(highest) } else { Self::Named(names) }
    }

    /// The number of variables.
    pub fn len(&self) -> usize {
        match self {
            Self::Positional(count) => *count,
            Self::Named(names) => names.len(),
        }
    }

    /// Whether the text has no variable.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What stands between the braces of each variable: `1`, `2` and so on, or the names.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Positional(count) => (1..=*count).map(|number| number.to_string()).collect(),
            Self::Named(names) => names.clone(),
        }
    }
}

/// As people write them: `{{1}}, {{2}}`.
impl fmt::Display for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notations: Vec<String> = self.names().iter().map(|name| format!("{{{{{name}}}}}")).collect();
        f.write_str(&notations.join(", "))
    }
}

impl<'a> Piece<'a> {
    /// What stands between a variable's braces.
    pub(super) const fn variable(&self) -> Option<&'a str> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(_, name) => Some(name),
        }
    }
}

/// The parts of a text, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((literal, notation, name, after)) = next_variable(rest) {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        pieces.push(Piece::Variable(notation, name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

fn next_variable(text: &str) -> Option<(&str, &str, &str, &str)> {
    text.match_indices("{{").find_map(|(start, _)| {
        let (literal, from) = text.split_at_checked(start)?;
        let end = from.find("}}")? + "}}".len();
        let (notation, after) = from.split_at_checked(end)?;
        let name = notation.strip_prefix("{{")?.strip_suffix("}}")?;
        (is_number(name) || is_name(name)).then_some((literal, notation, name, after))
    })
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) && name.parse::<usize>().is_ok()
}

/// Meta's names are of small letters, digits and underscores, as in `{{order_number}}`
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview#parameter-formats>).
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Replaces the variables of a text by their values; a variable without a value stays unchanged. `value_of` is asked
/// with what stands between a variable's braces.
pub fn fill<'a>(text: &'a str, value_of: impl Fn(&str) -> Option<&'a str>) -> String {
    let shown = |piece: Piece<'a>| match piece {
        Piece::Literal(literal) => literal,
        Piece::Variable(notation, name) => value_of(name).unwrap_or(notation),
    };
    pieces(text).into_iter().map(shown).collect()
}

/// Reports variables that Meta takes in no part of a template.
pub(super) fn check(section: &mut Section<'_, '_>, key: &str, text: &str) {
    let pieces = pieces(text);
    let names: Vec<&str> = pieces.iter().filter_map(Piece::variable).collect();
    let mut numbers: Vec<usize> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if !numbers.is_empty() && numbers.len() < names.len() {
        section.fault(key, "has numbered and named variables; a template has one kind");
    }
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.iter().copied().ne(1..=numbers.len()) {
        section.fault(key, "has variables that are not {{1}}, {{2}} and so on without a gap");
    }
    let has_stray_braces = pieces.iter().any(|piece| match piece {
        Piece::Literal(literal) => literal.contains("{{") || literal.contains("}}"),
        Piece::Variable(..) => false,
    });
    if has_stray_braces {
        section.fault(
            key,
            "has {{ or }} that belong to no variable; a variable is written {{1}}, or {{customer_name}} with small \
             letters, digits and underscores",
        );
    }
}
