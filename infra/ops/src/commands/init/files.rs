//! The three files: the catalogue with an additional notification, its template's definition, and the event as a sample.

use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::provider::Provider;
use toml::Table;

use crate::failure::Failure;
use crate::message_templates::placeholder;

/// The notification's values, from options, answers and guesses.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) order: String,
    pub(super) recipient: String,
    pub(super) country: Option<String>,
    pub(super) consent: String,
    pub(super) language: Option<String>,
    pub(super) body: Vec<String>,
    pub(super) providers: Vec<Provider>,
    pub(super) namespace: Option<String>,
    pub(super) template: String,
    pub(super) template_language: String,
    pub(super) text: String,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Catalogue,
    Definition,
    Event,
}

/// A file with its whole contents.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// An existing definition of the template is left unchanged.
pub(super) fn build(answers: &Answers, event: &Value, folder: &Path) -> Result<Vec<NewFile>, Failure> {
    let catalogue = catalogue_path(folder);
    let definition = definition_path(answers, folder);
    let sample = folder.join("events").join(format!("{}.json", answers.name));
    if sample.exists() {
        return Err(Failure::usage(format!("{} exists already", sample.display()))
            .with_remedy("give another --name or --folder"));
    }
    let before = match std::fs::read_to_string(&catalogue) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
        Err(error) => return Err(Failure::usage(format!("{} can't be read: {error}", catalogue.display()))),
    };
    let mut files = vec![NewFile {
        kind: Kind::Catalogue,
        path: catalogue,
        text: format!("{}\n\n{}", before.trim_end(), entry(answers)),
    }];
    if !definition.exists() {
        let text = render_definition(answers);
        files.push(NewFile { kind: Kind::Definition, path: definition, text });
    }
    let text = serde_json::to_string_pretty(event).unwrap_or_default() + "\n";
    files.push(NewFile { kind: Kind::Event, path: sample, text });
    Ok(files)
}

fn catalogue_path(folder: &Path) -> PathBuf {
    folder.join("notifications.toml")
}

/// Whether an existing catalogue reads phone numbers without `+` as international ones.
pub(super) fn has_international_digits(folder: &Path) -> bool {
    let catalogue = std::fs::read_to_string(catalogue_path(folder)).unwrap_or_default();
    let defaults = catalogue.parse::<Table>().ok().and_then(|root| root.get("defaults").cloned());
    defaults.and_then(|defaults| defaults.get("international_digits")?.as_bool()).unwrap_or(false)
}

fn definition_path(answers: &Answers, folder: &Path) -> PathBuf {
    folder.join("message-templates").join(format!("{}.toml", answers.template))
}

/// The path and the text of the template's definition: the new or the existing file's.
pub(super) fn definition(
    answers: &Answers,
    files: &[NewFile],
    folder: &Path,
) -> Result<(String, String), Failure> {
    let path = definition_path(answers, folder);
    let text = match files.iter().find(|file| file.kind == Kind::Definition) {
        Some(file) => file.text.clone(),
        None => std::fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{} can't be read: {error}", path.display())))?,
    };
    Ok((path.display().to_string(), text))
}

const HEAD: &str = "\
#:schema ./infra/catalogue.schema.json
# Which order event becomes which WhatsApp message. docs/catalogue.md has every key.

[defaults]
max_age = \"3d\"                 # an older event is not sent
";

fn entry(answers: &Answers) -> String {
    let Answers { name, order, recipient, consent, body, .. } = answers;
    let list = |items: &[String]| items.iter().map(|item| text(item)).collect::<Vec<_>>().join(", ");
    let providers: Vec<String> = answers.providers.iter().map(ToString::to_string).collect();
    let mut lines = vec![
        format!("[notifications.{}]", key(name)),
        format!("source      = [{}]", text(&answers.source)),
        format!("detail_type = [{}]", text(&answers.detail_type)),
        format!("order       = {}", text(order)),
        format!("recipient   = {}", text(recipient)),
        format!("consent     = {}", text(consent)),
    ];
    lines.extend(answers.country.as_ref().map(|country| format!("country     = {}", text(country))));
    lines.extend(answers.language.as_ref().map(|language| format!("language    = {}", text(language))));
    lines.push(format!("providers   = [{}]", list(&providers)));
    lines.push(format!("body        = [{}]", list(body)));
    lines.push(format!("\n[notifications.{}.templates]", key(name)));
    for provider in &answers.providers {
        let namespace = match (&answers.namespace, provider) {
            (Some(namespace), provider) if provider.has_namespaces() => {
                format!("namespace = {}, ", text(namespace))
            }
            _ => String::new(),
        };
        lines.push(format!(
            "{provider} = {{ name = {}, {namespace}languages = [{}] }}",
            text(&answers.template),
            text(&answers.template_language)
        ));
    }
    lines.join("\n") + "\n"
}

fn render_definition(answers: &Answers) -> String {
    let codes: Vec<String> = answers
        .providers
        .iter()
        .map(|provider| format!("{provider} = {}", text(&answers.template_language)))
        .collect();
    let samples: Vec<String> = (1..=answers.body.len()).map(|number| text(&placeholder(number))).collect();
    format!(
        "# The file's name must be the template's name. Meta reviews the body with the samples: use realistic ones.\n\n\
         name     = {}\ncategory = \"UTILITY\"\n\n[texts.{}]\ncodes   = {{ {} }}\nbody    = {}\nsamples = [{}]\n",
        text(&answers.template),
        key(&answers.template_language),
        codes.join(", "),
        text(&answers.text),
        samples.join(", ")
    )
}

/// An initial text for a template with this number of variables.
pub(super) fn first_text(variables: usize) -> String {
    match variables {
        0 => "There is news about your order. Thank you for shopping with us.".to_owned(),
        1 => "There is news about your order {{1}}. Thank you for shopping with us.".to_owned(),
        _ => {
            let rest: Vec<String> = (3..=variables).map(|number| format!(", {{{{{number}}}}}")).collect();
            format!(
                "Hello, {{{{1}}}}! There is news about your order {{{{2}}}}{}. Thank you for shopping with us.",
                rest.concat()
            )
        }
    }
}

/// `Order Packed`, `orderPacked` and `order_packed` become `order-packed`.
pub(super) fn kebab_case(name: &str) -> String {
    let mut words = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_small {
            words.push('-');
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        words.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    }
    words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A text as a TOML string.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A key in TOML's notation.
fn key(key: &str) -> String {
    let line = Table::from_iter([(key.to_owned(), toml::Value::from(0))]).to_string();
    line.split(" = ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_of_detail_type_becomes_a_name() {
        for (written, name) in [
            ("Order Packed", "order-packed"),
            ("orderPacked", "order-packed"),
            ("ORDER_PACKED", "order-packed"),
            ("com.shop.order/packed v2", "com-shop-order-packed-v2"),
        ] {
            assert_eq!(kebab_case(written), name);
        }
    }

    #[test]
    fn the_first_text_has_as_many_variables_as_there_are_values() {
        for count in 0..6 {
            assert_eq!(template_definitions::Variables::find(&first_text(count)).len(), count);
        }
    }
}
