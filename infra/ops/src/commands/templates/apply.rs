//! `ops templates apply`: creates the defined templates that are missing at Meta.

use std::path::Path;

use clap::Args;
use serde::Serialize;
use shared::provider::Provider;
use template_definitions::{Header, Media};

use super::compare::{Finding, compare};
use super::plan::account_id;
use super::sample;
use super::selection::{Selected, Selection, placeholders};
use crate::accounts::Accounts;
use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::labels;
use crate::output::{Output, Progress, Report, Table, style};
use crate::providers::meta::{Created, LiveStatus};
use crate::providers::{CallError, Meta};
use crate::senders::WriteChoice;

/// Meta's subcode for a variable at the start or the end of a body.
const DANGLING_VARIABLE: u64 = 2_388_299;

/// Creates at Meta the templates that are defined and missing there.
///
/// Reads the definitions, the credentials secret and the account's list of templates; creates what is missing. It never
/// edits nor deletes a template, so that running it again creates nothing twice. A template whose button opens a
/// placeholder isn't submitted: put your shop's addresses into the definitions first.
///
/// The sample of a picture, video or document in a header is downloaded, or read from the definitions' folder, and uploaded to
/// the app that owns the token: `app_id` in the secret's entry of meta, or --app-id.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1 where a template was refused or not submitted, or is different from its definition.

Examples:
  ops templates apply --dry-run --local
  ops templates apply --local
  ops templates apply --language es --allow-placeholders --local"
)]
pub struct Arguments {
    /// Says what would be created, and creates nothing.
    #[arg(long)]
    dry_run: bool,

    /// Submits templates whose buttons open a placeholder, too.
    #[arg(long)]
    allow_placeholders: bool,

    /// The id of the WhatsApp business account, in place of the secret's.
    #[arg(long, value_name = "ID")]
    waba_id: Option<String>,

    /// The id of the app that owns the token, in place of the secret's. Only a header's sample needs it.
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,

    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    senders: WriteChoice,
}

#[derive(Debug, Serialize)]
struct Applied {
    dry_run: bool,
    templates: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    template: String,
    language: String,
    #[serde(flatten)]
    done: Done,
}

/// The result for a template.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "done", rename_all = "snake_case")]
enum Done {
    /// Unchanged: it exists.
    AlreadyThere,
    /// Unchanged: it exists and is different. The command edits no template.
    LeftDifferent,
    /// Unchanged, because this is a dry run.
    WouldCreate,
    /// It was created.
    Created {
        id: String,
        status: LiveStatus,
        #[serde(skip_serializing_if = "Option::is_none")]
        other_category: Option<String>,
    },
    /// Meta was not asked: the sample of its header is missing.
    NotSubmitted { reason: String, next: String },
    /// Meta refused it.
    Refused { reason: String, next: String },
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let definitions = arguments.selection.definitions(deployment.environment())?;
    let selected = arguments.selection.select(&definitions, Provider::Meta);
    if selected.is_empty() {
        return Err(arguments.selection.nothing_selected());
    }
    let chosen = arguments.senders.chosen(deployment, Some(Provider::Meta)).await?;
    chosen.only_one_for("--waba-id", arguments.waba_id.is_some())?;
    let catalogue = catalogue::for_deployment(deployment).ok();
    let folder = arguments.selection.folder(deployment.environment());
    let apply = async |accounts: Accounts<'_>| {
        let selected = Selection::used_by(&selected, catalogue.as_ref(), Provider::Meta, accounts.sender());
        apply(arguments, &selected, folder, accounts).await
    };
    let (reports, exit) = chosen.run(deployment, apply).await?;
    output.show(&reports);
    Ok(exit)
}

async fn apply(
    arguments: &Arguments,
    selected: &[Selected<'_>],
    folder: Option<&Path>,
    accounts: Accounts<'_>,
) -> Result<(Applied, Exit), Failure> {
    let credentials = accounts.meta().await?;
    let waba = account_id(Provider::Meta, arguments.waba_id.as_deref(), credentials.waba_id.as_deref())?;
    let app = arguments.app_id.as_deref().or(credentials.app_id.as_deref());
    let account = Account { client: Meta::new(&accounts.base_urls()?, &credentials)?, waba, app, folder };
    let held = account.client.templates(&account.waba).await?;
    let found: Vec<(Selected<'_>, Finding)> =
        selected.iter().map(|selected| (*selected, compare(*selected, &held))).collect();
    let missing: Vec<Selected<'_>> = found
        .iter()
        .filter(|(_, finding)| *finding == Finding::Missing)
        .map(|(selected, _)| *selected)
        .collect();
    if !arguments.allow_placeholders && !arguments.dry_run {
        refuse_placeholders(&missing)?;
    }

    let progress = Progress::bar("creating templates", missing.len() as u64);
    let mut rows = Vec::new();
    for (selected, finding) in found {
        let done = match finding {
            Finding::Missing if arguments.dry_run => Done::WouldCreate,
            Finding::Missing => {
                let done = account.create(selected).await.map_err(|error| broken_off(&error, &rows))?;
                progress.step();
                done
            }
            Finding::Different { .. } => Done::LeftDifferent,
            Finding::Matches | Finding::Unusable { .. } => Done::AlreadyThere,
        };
        rows.push(Row {
            template: selected.definition.name.clone(),
            language: selected.language.as_str().to_owned(),
            done,
        });
    }
    drop(progress);
    let applied = Applied { dry_run: arguments.dry_run, templates: rows };
    let is_fine = applied.templates.iter().all(|row| match row.done {
        Done::Refused { .. } | Done::NotSubmitted { .. } | Done::LeftDifferent => false,
        Done::AlreadyThere | Done::WouldCreate | Done::Created { .. } => true,
    });
    Ok((applied, if is_fine { Exit::Fine } else { Exit::Attention }))
}

/// The account in which templates are created.
struct Account<'a> {
    client: Meta,
    waba: String,
    /// The app for uploads, if it is known.
    app: Option<&'a str>,
    /// The folder of the definitions, unless they are built in.
    folder: Option<&'a Path>,
}

impl Account<'_> {
    async fn create(&self, selected: Selected<'_>) -> Result<Done, CallError> {
        let handle = match &selected.text.header {
            Some(Header::Media { media, sample }) => match self.upload(*media, sample).await? {
                Ok(handle) => Some(handle),
                Err(done) => return Ok(done),
            },
            Some(Header::Text { .. } | Header::Location) | None => None,
        };
        self.submit(selected, handle.as_deref()).await
    }

    /// The handle of a header's sample, or why the template isn't submitted.
    async fn upload(&self, media: Media, sample: &str) -> Result<Result<String, Done>, CallError> {
        let not_submitted = |reason: String, next: &str| {
            Ok(Err(Done::NotSubmitted {
                reason,
                next: format!("{next}, or create this template in WhatsApp Manager"),
            }))
        };
        let Some(app) = self.app else {
            let reason = format!(
                "the sample of its header ({}) can't be uploaded: the app's id is not known",
                media.name()
            );
            return not_submitted(
                reason,
                "add \"app_id\" to the entry \"meta\" of the credentials secret, or name it with --app-id",
            );
        };
        let file = match sample::read(media, sample, self.folder).await {
            Ok(file) => file,
            Err(problem) => {
                let reason = format!("the sample of its header ({}): {problem}", media.name());
                return not_submitted(reason, "fix the sample in its definition");
            }
        };
        match self.client.upload(app, file).await {
            Ok(handle) => Ok(Ok(handle)),
            Err(CallError::Refused { refusal, .. }) => {
                let reason = format!("Meta refused the sample of its header ({}): {refusal}", media.name());
                not_submitted(reason, "check the app's id, and that the token belongs to that app")
            }
            Err(error) => Err(error),
        }
    }

    async fn submit(&self, selected: Selected<'_>, handle: Option<&str>) -> Result<Done, CallError> {
        let Selected { definition, text, language } = selected;
        match self.client.create_template(&self.waba, definition, text, language, handle).await {
            Ok(Created::New { id, status, category }) => {
                let other_category = category.filter(|given| given != definition.category.name());
                Ok(Done::Created { id, status, other_category })
            }
            // A concurrent request created it first.
            Ok(Created::AlreadyThere) => Ok(Done::AlreadyThere),
            // A fault in one template doesn't affect the next one.
            Err(CallError::Refused { refusal, .. })
                if refusal.code.as_deref() == Some("100") && refusal.subcode != Some(33) =>
            {
                let next = if refusal.subcode == Some(DANGLING_VARIABLE) {
                    "put words behind the last variable (a full stop is none), here and at every provider"
                } else {
                    "change the definition, then run it again"
                };
                Ok(Done::Refused { reason: refusal.to_string(), next: next.to_owned() })
            }
            Err(error) => Err(error),
        }
    }
}

/// The failure that ends the command, because every later request would fail as well.
fn broken_off(error: &CallError, done: &[Row]) -> Failure {
    let created: Vec<String> = done
        .iter()
        .filter(|row| matches!(row.done, Done::Created { .. }))
        .map(|row| format!("{} ({})", row.template, row.language))
        .collect();
    let created = if created.is_empty() { "nothing".to_owned() } else { created.join(", ") };
    Failure::unavailable(format!("{error}. Created before that: {created}")).with_remedy(error.remedy())
}

fn refuse_placeholders(missing: &[Selected<'_>]) -> Result<(), Failure> {
    let warnings = placeholders(missing.iter().copied());
    if warnings.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "nothing was created, for buttons open placeholders:\n{}",
        warnings.join("\n")
    ))
    .with_remedy(
        "put your shop's addresses into the definitions (--definitions DIR), or submit them as they are with \
             --allow-placeholders",
    ))
}

impl Report for Applied {
    fn text(&self) -> String {
        let done = if self.dry_run { "what would be done" } else { "what was done" };
        let mut table = Table::new(["template", "language", done]);
        for row in &self.templates {
            table.row([row.template.clone(), row.language.clone(), summary(&row.done)]);
        }
        let count = |wanted: fn(&Done) -> bool| self.templates.iter().filter(|row| wanted(&row.done)).count();
        let line = if self.dry_run {
            let planned = templates(count(|done| *done == Done::WouldCreate));
            format!("A dry run, nothing was created; without --dry-run it would be {planned}.")
        } else {
            format!("Created: {}.", templates(count(|done| matches!(done, Done::Created { .. }))))
        };
        format!("{table}\n{}", style::strong(line))
    }
}

fn templates(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        some => labels::count(some, "template"),
    }
}

fn summary(done: &Done) -> String {
    match done {
        Done::AlreadyThere => style::weak("nothing: it is there"),
        Done::LeftDifferent => style::bad("nothing: it is there and different, see `ops templates plan`"),
        Done::WouldCreate => style::pending("would be created"),
        Done::Created { id, status, other_category } => {
            let category = other_category.as_deref().map(|word| format!(", as {word}")).unwrap_or_default();
            let text = format!("created{category}: {status}, id {id}");
            if *status == LiveStatus::Approved { style::good(text) } else { style::pending(text) }
        }
        Done::NotSubmitted { reason, next } => style::bad(format!("not submitted: {reason}; {next}")),
        Done::Refused { reason, next } => style::bad(format!("refused: {reason}; {next}")),
    }
}
