//! Parses one definition and reports all its faults.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;

use domain::catalogue::Section;
use domain::fault::Fault;
use domain::message::Language;
use domain::provider::Provider;
use toml::Table;
use url::Url;

use super::body::{self, Piece};
use super::{Button, Category, Definition, Kind, Text, keys};

/// The longest name (seed 003: "Maximum 512 characters").
const NAME_MAX_CHARS: usize = 512;
/// Meta's limits for a body, a footer and a button's text:
/// <https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components>.
const BODY_MAX_CHARS: usize = 1024;
const FOOTER_MAX_CHARS: usize = 60;
const BUTTON_MAX_CHARS: usize = 25;
/// From the same page: at most two buttons with URLs, of at most 2000 characters each.
const MAX_URL_BUTTONS: usize = 2;
const URL_MAX_CHARS: usize = 2000;

/// Parses the text of the file at the path `file`; `None` if a fault leaves the definition incomplete.
pub(super) fn definition(file: &str, text: &str, faults: &mut Vec<Fault>) -> Option<Definition> {
    let root: Table = text
        .parse()
        .map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            faults.push(Fault::new(file, format!("is not TOML: line {line}: {}", error.message())));
        })
        .ok()?;
    let mut section = Section::new(format!("{file}:"), &root, faults).with_examples(&keys::DEFINITION);
    let name = section.text("name");
    if let Some(name) = &name {
        check_name(&mut section, file, name);
    }
    let category =
        parse_one_of(&mut section, "category", &[Category::Utility, Category::Marketing], Category::name);
    let kind = if section.has("sub_category") {
        let word = |kind: Kind| kind.sub_category().unwrap_or_default();
        parse_one_of(&mut section, "sub_category", &[Kind::OrderStatus], word)
    } else {
        Some(Kind::Body)
    };
    let languages = section.table("texts");
    if languages.is_some_and(Table::is_empty) {
        section.fault("texts", "is empty: a template has at least one language");
    }
    section.finish();
    let mut texts = Vec::new();
    for (language, value) in languages.into_iter().flatten() {
        let place = format!("{file}: [texts.{language}]");
        match value.as_table() {
            Some(table) => texts.extend(read_text(&place, language, table, kind, faults)),
            None => faults.push(Fault::new(place, "is not a table")),
        }
    }
    report_shared_codes(file, &texts, faults);
    Some(Definition { name: name?, category: category?, kind: kind?, texts })
}

/// Names consist of lower-case letters, digits and underscores (Meta's page of the `message_templates` edge).
fn check_name(section: &mut Section<'_, '_>, file: &str, name: &str) {
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        section.fault("name", format!("is {name:?}; only a to z, 0 to 9 and _ are allowed"));
    }
    if name.chars().count() > NAME_MAX_CHARS {
        section.fault("name", format!("is longer than {NAME_MAX_CHARS} characters"));
    }
    // Prevents two files from defining the same template.
    if Path::new(file).file_stem() != Some(OsStr::new(name)) {
        section.fault("name", format!("is {name:?}, which is not the file's name"));
    }
}

fn parse_one_of<T: Copy>(
    section: &mut Section<'_, '_>,
    key: &'static str,
    allowed: &[T],
    word: impl Fn(T) -> &'static str,
) -> Option<T> {
    let given = section.text(key)?;
    let found = allowed.iter().copied().find(|item| word(*item) == given);
    if found.is_none() {
        let names: Vec<&str> = allowed.iter().copied().map(word).collect();
        section.fault(key, format!("is {given:?}; it may be {}", names.join(" or ")));
    }
    found
}

fn read_text(
    place: &str,
    language: &str,
    table: &Table,
    kind: Option<Kind>,
    faults: &mut Vec<Fault>,
) -> Option<Text> {
    let mut section = Section::new(place.to_owned(), table, faults).with_examples(&keys::TEXT);
    let codes = section.table("codes");
    let body = section.text("body");
    let footer = section.optional_text("footer");
    let samples = if section.has("samples") { section.texts("samples") } else { Vec::new() };
    let buttons = section.optional_tables("buttons");
    if let Some(body) = &body {
        check_body(&mut section, body);
        check_samples(&mut section, body, &samples);
    }
    if let Some(footer) = &footer {
        check_footer(&mut section, footer);
    }
    if buttons.len() > MAX_URL_BUTTONS {
        section.fault("buttons", format!("are more than {MAX_URL_BUTTONS}"));
    }
    section.finish();
    let buttons = buttons
        .into_iter()
        .enumerate()
        .filter_map(|(index, table)| read_button(&format!("{place} buttons[{index}]"), table, faults))
        .collect();
    let codes = codes.map(|table| read_codes(place, table, kind, faults)).unwrap_or_default();
    Some(Text { language: language.to_owned(), codes, body: body?, footer, buttons, samples })
}

fn check_body(section: &mut Section<'_, '_>, body: &str) {
    let numbers: HashSet<usize> = body::numbers(body).into_iter().collect();
    let count = body::count_variables(body);
    if numbers.len() != count || numbers.contains(&0) {
        section.fault("body", "has variables that are not {{1}}, {{2}} and so on without a gap");
    }
    let pieces = body::pieces(body);
    let has_stray_braces = pieces.iter().any(|piece| match piece {
        Piece::Literal(literal) => literal.contains("{{") || literal.contains("}}"),
        Piece::Variable(..) => false,
    });
    if has_stray_braces {
        section.fault("body", "has {{ or }} that belong to no variable; a variable is written {{1}}");
    }
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
    if body.chars().count() > BODY_MAX_CHARS {
        section.fault("body", format!("is longer than {BODY_MAX_CHARS} characters"));
    }
}

fn check_samples(section: &mut Section<'_, '_>, body: &str, samples: &[String]) {
    let count = body::count_variables(body);
    if samples.len() != count {
        section.fault("samples", format!("are {}, and the body has {count} variables", samples.len()));
        return;
    }
    let filled = body::fill(body, samples);
    if filled.contains("..") {
        section.fault("samples", "fill the body to a text with two full stops in a row");
    }
    if filled.chars().count() > BODY_MAX_CHARS {
        section.fault("samples", format!("fill the body to more than {BODY_MAX_CHARS} characters"));
    }
    // WhatsApp refuses the same characters in the values of a send (error 132018).
    if samples.iter().any(|sample| sample.contains(['\n', '\r', '\t'])) {
        section.fault("samples", "hold a line break or a tab, which WhatsApp refuses in a variable");
    }
}

fn check_footer(section: &mut Section<'_, '_>, footer: &str) {
    if footer.chars().count() > FOOTER_MAX_CHARS {
        section.fault("footer", format!("is longer than {FOOTER_MAX_CHARS} characters"));
    }
    if footer.contains("{{") || footer.contains('\n') {
        section.fault("footer", "holds a variable or a line break; it is one fixed line");
    }
}

fn read_button(place: &str, table: &Table, faults: &mut Vec<Fault>) -> Option<Button> {
    let mut section = Section::new(place.to_owned(), table, faults).with_examples(&keys::BUTTON);
    let text = section.text("text");
    if text.as_ref().is_some_and(|text| text.chars().count() > BUTTON_MAX_CHARS) {
        section.fault("text", format!("is longer than {BUTTON_MAX_CHARS} characters"));
    }
    let url = section.text("url");
    let parsed = url.as_deref().and_then(|url| url.parse().ok()).filter(|url: &Url| url.scheme() == "https");
    if let Some(url) = &url {
        if parsed.is_none() {
            section.fault("url", "is not an address that begins with https://");
        }
        if url.chars().count() > URL_MAX_CHARS {
            section.fault("url", format!("is longer than {URL_MAX_CHARS} characters"));
        }
        // Seeds 000 to 002: "no button parameter".
        if url.contains("{{") {
            section.fault("url", "has a variable, but a send has no value for it");
        }
    }
    section.finish();
    Some(Button { text: text?, url: parsed? })
}

fn read_codes(
    place: &str,
    table: &Table,
    kind: Option<Kind>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<Provider, Language> {
    let mut codes = BTreeMap::new();
    if table.is_empty() {
        faults.push(Fault::new(format!("{place} codes"), "is empty: no provider would have this text"));
    }
    for (name, value) in table {
        let here = format!("{place} codes.{name}");
        let provider: Provider = match name.parse() {
            Ok(provider) => provider,
            Err(error) => {
                faults.push(Fault::new(here, format!("{error}")));
                continue;
            }
        };
        if !provider.has_order_status() && kind == Some(Kind::OrderStatus) {
            let problem = format!("{} documents no order_status template", provider.title());
            faults.push(Fault::new(here.as_str(), problem));
        }
        match value.as_str().filter(|code| is_language(code)) {
            Some(code) => {
                codes.insert(provider, Language::new(code));
            }
            None => faults.push(Fault::new(here, "is not a language code such as \"en\" or \"en_US\"")),
        }
    }
    codes
}

/// `en`, `fil`, `en_US`, `zh_CN`: two or three letters, and perhaps a region.
fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('_').unwrap_or((code, "XX"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && (2..=3).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Reports a language code of two texts: a provider stores one text of a template for each code.
fn report_shared_codes(file: &str, texts: &[Text], faults: &mut Vec<Fault>) {
    let mut taken = HashSet::new();
    for text in texts {
        for (provider, code) in &text.codes {
            if !taken.insert((provider, code)) {
                faults.push(Fault::new(
                    format!("{file}: [texts.{}] codes.{provider}", text.language),
                    format!("is {:?}, which another text has too", code.as_str()),
                ));
            }
        }
    }
}
