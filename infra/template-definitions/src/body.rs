//! The body of a text, and the samples of its variables.

use domain::catalogue::Section;
use toml::Value;

use super::variables::{self, Piece, Variables};

/// The longest body:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>.
const MAX_CHARS: usize = 1024;

/// Reports what Meta refuses in a body.
pub(super) fn check(section: &mut Section<'_, '_>, body: &str) {
    variables::check(section, "body", body);
    let pieces = variables::pieces(body);
    // Meta refuses to create such a template (subcode 2388299). Some users report that a full stop after the last
    // variable is not enough, but the texts of the use-case pages end like that (seeds 000 to 002), so it is allowed.
    let is_variable = |piece: Option<&Piece<'_>>| matches!(piece, Some(Piece::Variable(..)));
    if is_variable(pieces.first()) || is_variable(pieces.last()) {
        section.fault("body", "begins or ends with a variable, which Meta refuses: put words around it");
    }
    let has_neighbours =
        pieces.windows(2).any(|pair| matches!(pair, [Piece::Variable(..), Piece::Variable(..)]));
    if has_neighbours {
        section.fault("body", "has two variables with nothing between them, which Meta refuses");
    }
    if body.chars().count() > MAX_CHARS {
        section.fault("body", format!("is longer than {MAX_CHARS} characters"));
    }
}

/// Reads the samples: a list for numbered variables, a table for named ones. They come in the order of the variables.
pub(super) fn read_samples(section: &mut Section<'_, '_>, body: &str) -> Vec<String> {
    let variables = Variables::find(body);
    let samples = match (section.get("samples"), &variables) {
        (Some(Value::Table(_)), Variables::Named(names)) => named_samples(section, names),
        (Some(Value::Table(_)), Variables::Positional(_)) => {
            section
                .fault("samples", "are a table, which belongs to named variables; numbered ones have a list");
            None
        }
        (Some(Value::Array(_)) | None, Variables::Named(_)) => {
            let members: Vec<String> =
                variables.names().iter().map(|name| format!("{name} = \"…\"")).collect();
            let problem =
                format!("are no table, and the body has named variables: write {{ {} }}", members.join(", "));
            section.fault("samples", problem);
            None
        }
        (None, Variables::Positional(0)) => Some(Vec::new()),
        (None, Variables::Positional(count)) => {
            section.fault("samples", format!("are 0, and the body has {}", variables::count(*count)));
            None
        }
        (Some(_), _) => {
            let samples = section.texts("samples");
            let is_whole = samples.len() == variables.len();
            if !is_whole {
                let problem =
                    format!("are {}, and the body has {}", samples.len(), variables::count(variables.len()));
                section.fault("samples", problem);
            }
            is_whole.then_some(samples)
        }
    };
    let Some(samples) = samples else { return Vec::new() };
    check_samples(section, body, &variables, &samples);
    samples
}

fn named_samples(section: &mut Section<'_, '_>, names: &[String]) -> Option<Vec<String>> {
    let samples = section.table("samples")?;
    for name in samples.keys().filter(|name| !names.contains(name)) {
        section.fault("samples", format!("name {name}, which is no variable of the body"));
    }
    let mut found = Vec::new();
    for name in names {
        match samples.get(name).and_then(Value::as_str).map(str::trim) {
            None => section.fault("samples", format!("have no text for {name}")),
            Some("") => section.fault("samples", format!("have an empty text for {name}")),
            Some(sample) => found.push(sample.to_owned()),
        }
    }
    (found.len() == names.len()).then_some(found)
}

fn check_samples(section: &mut Section<'_, '_>, body: &str, variables: &Variables, samples: &[String]) {
    let names = variables.names();
    let filled = variables::fill(body, |name| {
        let place = names.iter().position(|known| known == name)?;
        samples.get(place).map(String::as_str)
    });
    if filled.contains("..") {
        section.fault("samples", "fill the body to a text with two full stops in a row");
    }
    if filled.chars().count() > MAX_CHARS {
        section.fault("samples", format!("fill the body to more than {MAX_CHARS} characters"));
    }
    if samples.iter().any(|sample| breaks_a_line(sample)) {
        section.fault("samples", "hold a line break or a tab, which WhatsApp refuses in a variable");
    }
}

/// WhatsApp refuses these characters in the values of a send (error 132018).
pub(super) fn breaks_a_line(text: &str) -> bool {
    text.contains(['\n', '\r', '\t'])
}
