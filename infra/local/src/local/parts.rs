//! Starts the parts of an instance that depend on its options.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::clock::Clock;
use shared::provider::Provider;
use shared::settings::EVENT_RETENTION;
use simulator::aws::AwsAccount;
use simulator::{Account, Simulator, SimulatorOptions, Templates};

use super::LocalOptions;
use crate::aws::REGION;
use crate::aws::dynamodb::DynamoDb;
use crate::aws::event_source_mapping::Function;
use crate::aws::schedule::Schedule;
use crate::environment::{AWS_KEY, Variables};
use crate::interruption::LostReplies;
use crate::server::{Ports, Server};
use crate::{Functions, account, environment, gateway};

/// delivery-sweeper's timeout in the template.
const SWEEPER_TIMEOUT: Duration = Duration::from_mins(4);

/// The proxy to the table that can lose replies, if there is a seed.
pub(super) async fn open_lost_replies(
    seed: Option<u64>,
    dynamodb: &DynamoDb,
) -> anyhow::Result<Option<LostReplies>> {
    match seed {
        Some(seed) => Ok(Some(LostReplies::open(&dynamodb.url(), seed).await?)),
        None => Ok(None),
    }
}

/// Stored events live for the catalogue's longest `max_age`, unless the settings say otherwise. A deployment uses the template's
/// parameter, which `ops check` verifies.
pub(super) fn with_retention(
    mut settings: BTreeMap<String, String>,
    catalogue: &Catalogue,
) -> BTreeMap<String, String> {
    let retention = catalogue.longest_max_age().max(EVENT_RETENTION);
    settings
        .entry("EVENT_RETENTION".to_owned())
        .or_insert_with(|| humantime::format_duration(retention).to_string());
    settings
}

/// delivery-sweeper's schedule; none if that runs elsewhere, or only if it is invoked.
pub(super) fn start_sweeper(
    every: Option<Duration>,
    functions: &Functions,
    variables: &Variables,
    clock: &Clock,
) -> anyhow::Result<Option<Schedule>> {
    let Some(every) = every else { return Ok(None) };
    let function = functions.sweeper(variables, clock)?;
    Ok(function.map(|it| Schedule::start(every, "delivery-sweeper", SWEEPER_TIMEOUT, it)))
}

/// API Gateway in front of delivery-webhook; none if that runs elsewhere.
pub(super) async fn start_gateway(
    ports: Ports,
    webhook: Option<&Function>,
) -> anyhow::Result<Option<Server>> {
    let Some(function) = webhook else { return Ok(None) };
    let listener = ports.listen(4, "the webhook").await?;
    Ok(Some(Server::start(listener, gateway::router(Arc::clone(function)))?))
}

/// delivery-webhook's base URL.
pub(super) fn webhook_url(functions: &Functions, gateway: Option<&Server>) -> String {
    match functions {
        Functions::Elsewhere { webhook_url, .. } => webhook_url.clone(),
        Functions::Here | Functions::Programs(_) => gateway.map(Server::url).unwrap_or_default(),
    }
}

/// The endpoints of AWS's messaging services, if they are there.
pub(super) fn add_aws_channels(
    settings: &mut BTreeMap<String, String>,
    is_wanted: bool,
    catalogue: &Catalogue,
    simulator: &Simulator,
) {
    if has_aws_channels(is_wanted, catalogue) {
        environment::add_messaging_endpoints(settings, simulator);
    }
}

/// Whether AWS's messaging services are there.
fn has_aws_channels(is_wanted: bool, catalogue: &Catalogue) -> bool {
    is_wanted || catalogue.names(Provider::is_aws)
}

/// The simulated providers, with the accounts of all senders.
pub(super) async fn start_simulator(
    options: &LocalOptions,
    templates: Templates,
    catalogue: &Catalogue,
) -> anyhow::Result<Simulator> {
    let mut senders = account::of_senders(&options.senders, &templates, catalogue);
    let account = Account::with_templates(templates);
    if options.senders_share_app {
        for own in senders.values_mut() {
            own.share_app_of(&account);
        }
    }
    let aws = has_aws_channels(options.aws_channels, catalogue)
        .then(|| AwsAccount { topic: options.aws_topic, ..AwsAccount::new(REGION, AWS_KEY, AWS_KEY) });
    let (ports, timing, open_world) = (options.ports, options.timing, options.open_world);
    let options = SimulatorOptions { account, senders, aws, port: ports.number(3)?, timing, open_world };
    Simulator::start(options).await.with_context(|| ports.taken(3, "the provider simulator"))
}
