//! `ops templates show`: prints the templates for submission, as text or as Meta's request.

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use shared::message::Sender;
use shared::provider::Provider;
use shared::settings::{Environment, NotifierSettings};
use template_definitions::{Button, Header, Text, TimeToLive, Variables};

use super::selection::{Selected, Selection, placeholders};
use crate::catalogue;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::labels;
use crate::output::{Output, Report, style};
use crate::provider_name::ProviderName;
use crate::providers::meta::template_request;

/// Prints what is defined, as each provider wants it submitted.
///
/// Reads the definitions and nothing else: no deployment is needed. For 1MSG and Kaleyra these are the fields of the forms
/// in their cabinets, for Meta the request that `ops templates apply` makes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ops templates show --provider onemsg --language en
  ops templates show --provider meta --language es --json
  ops templates show --definitions infra/message-templates")]
pub struct Arguments {
    /// Only this provider.
    #[arg(long, value_enum)]
    provider: Option<ProviderName>,

    #[command(flatten)]
    selection: Selection,

    /// Only the templates that this sender's messages use, by the catalogue (`CATALOGUE_PATH`, or the built-in one).
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(Vec<Submission>);

/// A template in the format of a provider's submission.
#[derive(Debug, Serialize)]
struct Submission {
    provider: Provider,
    template: String,
    language: String,
    category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_send_ttl_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<Header>,
    body: String,
    /// In the order of the body's variables.
    samples: Vec<String>,
    #[serde(skip)]
    variables: Variables,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<String>,
    buttons: Vec<Button>,
    /// Meta's request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Value>,
    warnings: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let environment = Environment::from_process();
    let definitions = arguments.selection.definitions(&environment)?;
    let catalogue = if arguments.sender.is_some() {
        let (_, read) = catalogue::read(NotifierSettings::catalogue_path(&environment))?;
        Some(read.map_err(|faults| Failure::usage(format!("the catalogue has faults:\n{faults}")))?)
    } else {
        None
    };
    let providers =
        arguments.provider.map_or_else(|| Provider::WITH_WEBHOOK.to_vec(), |name| vec![name.into()]);
    let submissions: Vec<Submission> = providers
        .into_iter()
        .flat_map(|provider| {
            let mut selected = arguments.selection.select(&definitions, provider);
            if let Some(sender) = &arguments.sender {
                selected = Selection::used_by(&selected, catalogue.as_ref(), provider, Some(sender));
            }
            selected.into_iter().map(move |selected| Submission::from_selected(provider, selected))
        })
        .collect();
    if submissions.is_empty() {
        return Err(arguments.selection.nothing_selected());
    }
    if let Some(provider) = arguments.provider.map(Provider::from) {
        for name in Selection::without(&definitions, provider) {
            output.remark(format!("{name} isn't shown: it isn't {}'s.", provider.title()));
        }
    }
    output.show(&Shown(submissions));
    Ok(Exit::Fine)
}

impl Submission {
    fn from_selected(provider: Provider, selected: Selected<'_>) -> Self {
        let Selected { definition, text, language } = selected;
        Self {
            provider,
            template: definition.name.clone(),
            language: language.as_str().to_owned(),
            category: definition.category.name(),
            sub_category: definition.kind.sub_category(),
            message_send_ttl_seconds: definition.time_to_live.map(TimeToLive::seconds),
            header: text.header.clone(),
            body: text.body.clone(),
            samples: text.samples.clone(),
            variables: text.variables(),
            footer: text.footer.clone(),
            buttons: text.buttons.clone(),
            request: (provider == Provider::Meta)
                .then(|| template_request(definition, text, language, handle(text).as_deref())),
            warnings: placeholders([selected]),
        }
    }

    fn lines(&self) -> Vec<String> {
        if let Some(request) = &self.request {
            // The path depends on the account.
            let body = serde_json::to_string_pretty(request).unwrap_or_default();
            return vec![format!("  POST /<version>/<waba_id>/message_templates\n{body}")];
        }
        let kind = self.sub_category.map(|word| format!(" / {word}")).unwrap_or_default();
        let mut lines = vec![
            format!("  name       {}", self.template),
            format!("  category   {}{kind}", self.category),
            format!("  language   {}", self.language),
        ];
        let time_to_live = self.message_send_ttl_seconds;
        lines
            .extend(time_to_live.map(|seconds| format!("  validity   {}", labels::count(seconds, "second"))));
        lines.extend(self.header.as_ref().map(header_line));
        lines.push(format!("  body       {}", self.body));
        for (variable, sample) in self.variables.names().iter().zip(&self.samples) {
            lines.push(format!("  {:<10} {sample}", format!("sample {variable}")));
        }
        lines.extend(self.footer.as_ref().map(|footer| format!("  footer     {footer}")));
        lines.extend(self.buttons.iter().map(button_line));
        if self.provider.has_namespaces() {
            lines.push(
                "  then       once it is approved, put its namespace into notifications.toml".to_owned(),
            );
        }
        lines
    }
}

/// What stands in Meta's request for the handle, which only an upload gives.
fn handle(text: &Text) -> Option<String> {
    match &text.header {
        Some(Header::Media { sample, .. }) => Some(format!("<the handle of the uploaded {sample}>")),
        _ => None,
    }
}

fn header_line(header: &Header) -> String {
    let text = match header {
        Header::Text { text, sample: None } => text.clone(),
        Header::Text { text, sample: Some(sample) } => format!("{text} (sample: {sample})"),
        Header::Media { media, sample } => format!("{} (sample: {sample})", media.name()),
        Header::Location => "location".to_owned(),
    };
    format!("  header     {text}")
}

fn button_line(button: &Button) -> String {
    let label = button.label();
    let text = match button {
        Button::Url { url, sample: None, .. } => format!("{label} > {url} (static URL)"),
        Button::Url { url, sample: Some(sample), .. } => {
            format!("{label} > {url} (dynamic URL, sample: {sample})")
        }
        Button::QuickReply { .. } => format!("{label} (quick reply)"),
        Button::OrderDetails { .. } => format!("{label} (order details)"),
        Button::CopyCode { sample } => format!("{label} (sample: {sample})"),
        Button::Phone { number, .. } => format!("{label} > {number}"),
    };
    format!("  button     {text}")
}

impl Report for Shown {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        for submission in &self.0 {
            let title =
                format!("{}: {} ({})", submission.provider.title(), submission.template, submission.language);
            parts.push(style::strong(title));
            parts.extend(submission.lines());
            let warning = |text: &String| format!("  {} {text}", style::pending("warning:"));
            parts.extend(submission.warnings.iter().map(warning));
            parts.push(String::new());
        }
        parts.join("\n")
    }
}
