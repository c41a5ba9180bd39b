//! `ops templates plan`: compares an account's templates with the definitions.

use clap::Args;
use serde::Serialize;
use shared::catalogue::Catalogue;
use shared::provider::Provider;
use template_definitions::{Definitions, DisagreementKind};

use super::compare::{Finding, compare};
use super::selection::{Selected, Selection, placeholders};
use crate::accounts::Accounts;
use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, Report, Table, style};
use crate::provider_name::ProviderName;
use crate::providers::{Kaleyra, LiveTemplate, Meta};
use crate::senders::Choice;

/// Compares what an account holds with what is defined.
///
/// Reads the definitions, the credentials secret and the account's list of templates; writes nothing. The account's id is
/// `waba_id` in the secret's entry of the provider, or --waba-id. What the account holds besides doesn't matter.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 where a template is missing, different, or may not be used.

Examples:
  ops templates plan --local
  ops templates plan --provider kaleyra --language es --local
  ops templates plan --definitions infra/message-templates --local --json")]
pub struct Arguments {
    /// Whose account: meta, or kaleyra. 1MSG's is managed in its own cabinet.
    #[arg(long, value_enum, default_value = "meta")]
    provider: ProviderName,

    /// The id of the WhatsApp business account, in place of the secret's.
    #[arg(long, value_name = "ID")]
    waba_id: Option<String>,

    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    senders: Choice,
}

#[derive(Debug, Serialize)]
struct Plan {
    provider: &'static str,
    templates: Vec<Row>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    template: String,
    language: String,
    #[serde(flatten)]
    finding: Finding,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let provider = arguments.provider.into();
    let definitions = arguments.selection.definitions(deployment.environment())?;
    let selected = arguments.selection.select(&definitions, provider);
    if selected.is_empty() {
        return Err(arguments.selection.nothing_selected());
    }
    if provider == Provider::OneMsg {
        return Err(in_the_cabinet());
    }
    let chosen = arguments.senders.chosen(deployment, Some(provider)).await;
    chosen.only_one_for("--waba-id", arguments.waba_id.is_some())?;
    let catalogue = catalogue::for_deployment(deployment).ok();
    let plan = async |accounts: Accounts<'_>| {
        let selected = Selection::used_by(&selected, catalogue.as_ref(), provider, accounts.sender());
        let held = held(provider, arguments.waba_id.as_deref(), accounts).await?;
        let mut plan = Plan::compare(provider, &selected, &held);
        plan.warnings.extend(late_deliveries(&definitions, catalogue.as_ref(), &selected));
        let is_fine = plan.templates.iter().all(|row| row.finding == Finding::Matches);
        Ok((plan, if is_fine { Exit::Fine } else { Exit::Attention }))
    };
    let (reports, exit) = chosen.run(deployment, plan).await?;
    output.show(&reports);
    Ok(exit)
}

/// The selected templates that live longer than a fallback of the catalogue waits.
fn late_deliveries(
    definitions: &Definitions,
    catalogue: Option<&Catalogue>,
    selected: &[Selected<'_>],
) -> Vec<String> {
    let disagreements = catalogue.map(|catalogue| definitions.disagreements(catalogue)).unwrap_or_default();
    let late = disagreements.into_iter().filter(|it| it.kind == DisagreementKind::LateDelivery);
    let of_selected = late.filter(|it| selected.iter().any(|known| known.definition.name == it.template));
    of_selected
        .map(|it| {
            let write = it.write.unwrap_or_default();
            format!("{}: {}; write {write} in the definition of {}", it.template, it.fault, it.template)
        })
        .collect()
}

async fn held(
    provider: Provider,
    waba_id: Option<&str>,
    accounts: Accounts<'_>,
) -> Result<Vec<LiveTemplate>, Failure> {
    let base_urls = accounts.base_urls()?;
    match provider {
        Provider::OneMsg => Err(in_the_cabinet()),
        Provider::Kaleyra => {
            let credentials = accounts.kaleyra().await?;
            let waba = account_id(provider, waba_id, credentials.waba_id.as_deref())?;
            Ok(Kaleyra::new(&base_urls, &credentials)?.templates(&waba).await?)
        }
        Provider::Meta => {
            let credentials = accounts.meta().await?;
            let waba = account_id(provider, waba_id, credentials.waba_id.as_deref())?;
            Ok(Meta::new(&base_urls, &credentials)?.templates(&waba).await?)
        }
        Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => Err(in_the_console(provider)),
    }
}

fn in_the_console(provider: Provider) -> Failure {
    Failure::usage(format!("the templates of {} are managed in the AWS console", provider.title()))
        .with_remedy("`ops templates show` prints what to submit there")
}

fn in_the_cabinet() -> Failure {
    Failure::usage("1MSG's templates are managed in its own cabinet")
        .with_remedy("`ops templates show --provider onemsg` prints what to submit there")
}

/// The id of the business account: from the command line, otherwise from the secret.
pub(super) fn account_id(
    provider: Provider,
    given: Option<&str>,
    secrets: Option<&str>,
) -> Result<String, Failure> {
    given.or(secrets).map(str::to_owned).ok_or_else(|| {
        let name = provider.title();
        Failure::usage(format!("the id of the WhatsApp business account at {name} is not known")).with_remedy(format!(
            "add \"waba_id\" to the entry {:?} of the credentials secret, or name it with --waba-id; WhatsApp Manager \
             shows it under Account tools > Phone numbers",
            provider.name()
        ))
    })
}

impl Plan {
    fn compare(provider: Provider, selected: &[Selected<'_>], held: &[LiveTemplate]) -> Self {
        let row = |selected: &Selected<'_>| Row {
            template: selected.definition.name.clone(),
            language: selected.language.as_str().to_owned(),
            finding: compare(*selected, held),
        };
        Self {
            provider: provider.name(),
            templates: selected.iter().map(row).collect(),
            warnings: placeholders(selected.iter().copied()),
        }
    }
}

impl Plan {
    fn table(&self) -> Table {
        let cells = |row: &Row| [row.template.clone(), row.language.clone(), summary(&row.finding)];
        let is_settled = self.templates.iter().all(|row| row.finding.remedy().is_none());
        if is_settled {
            let mut table = Table::new(["template", "language", "at the provider"]);
            self.templates.iter().for_each(|row| table.row(cells(row)));
            return table;
        }
        let mut table = Table::new(["template", "language", "at the provider", "next"]);
        for row in &self.templates {
            let [template, language, finding] = cells(row);
            table.row([template, language, finding, row.finding.remedy().unwrap_or_default().to_owned()]);
        }
        table
    }
}

impl Report for Plan {
    fn text(&self) -> String {
        let table = self.table();
        let details: Vec<String> = self.templates.iter().filter_map(differences).collect();
        let warnings: Vec<String> =
            self.warnings.iter().map(|warning| format!("{} {warning}", style::pending("warning:"))).collect();
        [vec![table.to_string()], details, warnings].concat().join("\n")
    }
}

fn summary(finding: &Finding) -> String {
    match finding {
        Finding::Matches => style::good("the same, approved"),
        Finding::Missing => style::bad("missing"),
        Finding::Different { status, differences } => {
            let parts: Vec<&str> = differences.iter().map(|difference| difference.part).collect();
            style::bad(format!("different: {} ({status})", parts.join(", ")))
        }
        Finding::Unusable { status, reason } => {
            let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            style::pending(format!("{status}{reason}"))
        }
    }
}

fn differences(row: &Row) -> Option<String> {
    let Finding::Different { differences, .. } = &row.finding else { return None };
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let lines: Vec<String> = differences
        .iter()
        .map(|it| {
            format!("  {}\n    defined: {}\n    held:    {}", it.part, value(&it.defined), value(&it.held))
        })
        .collect();
    Some(format!("\n{} ({})\n{}", style::strong(&row.template), row.language, lines.join("\n")))
}
