//! The header of a new template.

use serde_json::{Value, json};

use super::variables::{Variables, read_example};
use super::{parameter, refused, too_long};
use crate::meta::Uploads;
use crate::meta::reply::MetaError;
use crate::random;
use crate::templates::{Template, TemplateHeader};
use crate::whatsapp::Field;

const HEADER_MAX_CHARS: usize = 60;

/// Reads a component of type HEADER. A file's `header_handle` is one that was uploaded before.
pub(super) fn read(
    component: &Field<'_>,
    template: &mut Template,
    uploads: &Uploads,
) -> Result<(), MetaError> {
    let format = component.child("format")?.word(&["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])?;
    template.header = Some(match format {
        "TEXT" => {
            let text = component.child("text")?.text()?;
            template.samples.header = check_text(component, text, template)?;
            TemplateHeader::Text(text.to_owned())
        }
        "LOCATION" => TemplateHeader::Location,
        file => {
            template.samples.header = Some(read_sample(component, file, uploads)?);
            match file {
                "IMAGE" => TemplateHeader::Image,
                "VIDEO" => TemplateHeader::Video,
                _ => TemplateHeader::Document,
            }
        }
    });
    Ok(())
}

/// The sample of the header's variable.
fn check_text(component: &Field<'_>, text: &str, template: &Template) -> Result<Option<Value>, MetaError> {
    if text.chars().count() > HEADER_MAX_CHARS {
        return Err(too_long("HEADER", HEADER_MAX_CHARS));
    }
    let incorrect = || parameter("(#100) A header has plain text in one line, with one variable at most.");
    let variables = Variables::read(text, template.parameters).ok_or_else(incorrect)?;
    if text.is_empty() || text.contains(['\n', '*', '~', '`']) || variables.0.len() > 1 {
        return Err(incorrect());
    }
    read_example(
        component,
        "HEADER",
        ("header_text", "header_text_named_params"),
        template.parameters,
        &variables,
    )
}

/// The sample as the list of templates gives it back: the address of Meta's copy. A handle of another kind of file is
/// refused like a missing one (inferred).
fn read_sample(component: &Field<'_>, format: &str, uploads: &Uploads) -> Result<Value, MetaError> {
    let no_sample = || {
        // Reported in German; the title and the message are translated.
        let message = format!(
            "Templates with header type {format} need a sample, which was not provided. Change the header type or provide a valid sample parameter."
        );
        refused(2_388_273, "Sample Parameter Is Missing for the Header Type", &message)
    };
    let example = component.optional("example")?.ok_or_else(no_sample)?;
    let handles = example.optional("header_handle")?.ok_or_else(no_sample)?.items()?;
    let handle = handles.first().ok_or_else(no_sample)?.text()?;
    let file_type = uploads.file_type(handle).ok_or_else(no_sample)?;
    let is_right = match format {
        "IMAGE" => file_type.starts_with("image/"),
        "VIDEO" => file_type == "video/mp4",
        _ => file_type == "application/pdf",
    };
    if !is_right {
        return Err(no_sample());
    }
    let copy = format!("https://scontent.whatsapp.net/v/{}", random::hexadecimal::<12>());
    Ok(json!({"header_handle": [copy]}))
}
