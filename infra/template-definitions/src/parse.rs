//! Parses one definition and reports all its faults.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;

use domain::catalogue::Section;
use domain::fault::Fault;
use domain::message::Language;
use domain::provider::Provider;
use toml::Table;

use super::header::Header;
use super::variables::Variables;
use super::{Button, Category, Definition, Kind, Text, TimeToLive, body, button, header, keys};

/// The longest name (seed 003: "Maximum 512 characters").
const NAME_MAX_CHARS: usize = 512;
/// The longest footer:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components#footer>.
const FOOTER_MAX_CHARS: usize = 60;

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
    let time_to_live = section.optional_integer("message_send_ttl_seconds");
    let time_to_live = match (time_to_live, category) {
        (Some(seconds), Some(category)) => TimeToLive::new(seconds, category)
            .map_err(|problem| section.fault("message_send_ttl_seconds", problem))
            .ok(),
        _ => None,
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
    Some(Definition { name: name?, category: category?, kind: kind?, time_to_live, texts })
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
    let header = section.optional_table("header");
    let body = section.text("body");
    let footer = section.optional_text("footer");
    let mut samples = Vec::new();
    if let Some(body) = &body {
        body::check(&mut section, body);
        samples = body::read_samples(&mut section, body);
    } else {
        // Without a body, nothing says what they should be.
        section.get("samples");
    }
    let buttons = section.optional_tables("buttons");
    if let Some(footer) = &footer {
        check_footer(&mut section, footer);
    }
    section.finish();
    let header = header.and_then(|table| header::read(place, table, faults));
    let buttons = button::read(place, &buttons, faults);
    let codes = codes.map(|table| read_codes(place, table, kind, faults)).unwrap_or_default();
    let text = Text { language: language.to_owned(), codes, header, body: body?, footer, buttons, samples };
    check_whole(place, &text, kind, faults);
    Some(text)
}

/// Reports parts that are right by themselves and wrong together.
fn check_whole(place: &str, text: &Text, kind: Option<Kind>, faults: &mut Vec<Fault>) {
    let header = text.header.as_ref().map(Header::variables);
    if let (Some(Variables::Positional(1..)), Variables::Named(_))
    | (Some(Variables::Named(_)), Variables::Positional(1..)) = (&header, text.variables())
    {
        let problem =
            "has numbered variables where the body has named ones, or the reverse; a template has one kind";
        faults.push(Fault::new(format!("{place} header text"), problem));
    }
    if kind == Some(Kind::OrderStatus) {
        // A send of an order status has the order's component and no other (seeds 003 and 004).
        let parts = [
            ("header", text.header.as_ref().is_some_and(Header::needs_value)),
            ("body", !text.variables().is_empty()),
            ("buttons", text.buttons.iter().any(Button::needs_value)),
        ];
        for (part, _) in parts.into_iter().filter(|(_, needs_value)| *needs_value) {
            let problem = "needs a value, and an order status template's message brings none";
            faults.push(Fault::new(format!("{place} {part}"), problem));
        }
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
