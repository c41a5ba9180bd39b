//! Executes a plan.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

use anyhow::Context as _;
use shared::provider::{Channel, Provider};
use simulator::aws::{AwsService, AwsTrouble};
use simulator::{Intake, TemplateStatus};

use super::catalogues::Catalogues;
use super::evidence::Delivery;
use super::plan::{Action, Plan};
use super::planned_event::PlannedEvent;
use super::progress::Progress;
use super::waits;
use crate::Local;
use crate::aws::uuid;
use crate::environment::{CREDENTIALS_SECRET, WEBHOOK_SECRET};
use crate::publisher::Publisher;
use crate::truth::simulated;

/// The executed steps, as far as the judge needs them.
#[derive(Debug, Default)]
pub(super) struct Driven {
    /// Every message that arrived at the queue.
    pub deliveries: Vec<Delivery>,
    /// When order-notifier was killed.
    pub kills: Vec<SystemTime>,
    /// How many messages became dead letters.
    pub buried: usize,
    is_down: bool,
}

impl Driven {
    pub(super) fn kill(&mut self, local: &mut Local) {
        local.crash_notifier();
        self.kills.push(SystemTime::now());
        self.is_down = true;
    }

    pub(super) fn start(&mut self, local: &mut Local) -> anyhow::Result<()> {
        self.is_down = false;
        local.start_notifier()
    }
}

/// Executes all planned steps, each at its time or as soon as possible. Skips the steps that are left at the deadline.
pub(super) async fn drive(
    local: &mut Local,
    plan: &Plan,
    catalogues: &Catalogues,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<Driven> {
    let publisher = local.publisher()?;
    // From here on the webhook has cached its secrets; it reads them again at the earliest ten seconds later.
    let _handshake = local.simulator().verify_meta_webhook().await;
    let started = tokio::time::Instant::now();
    let mut driven = Driven::default();
    let mut first_ids = BTreeMap::new();
    for (done, step) in plan.steps.iter().enumerate() {
        if Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep_until(started + step.at).await;
        progress
            .show(|| format!("{done} of {} steps done; {}", plan.steps.len(), super::progress::state(local)));
        match step.action {
            Action::Publish(event) => {
                let id = publish(local, &publisher, planned(plan, event)?).await?;
                first_ids.entry(event).or_insert_with(|| id.clone());
                driven.deliveries.push(Delivery { event, id });
            }
            Action::Redeliver(event) => {
                let id: &String = first_ids.get(&event).context("it was never published")?;
                local.queue().send(planned(plan, event)?.text(id));
                driven.deliveries.push(Delivery { event, id: id.clone() });
            }
            Action::Kill => driven.kill(local),
            Action::Start if driven.is_down => driven.start(local)?,
            Action::Start => {}
            Action::ChangeCatalogue => {
                driven.kill(local);
                catalogues.change()?;
                driven.start(local)?;
            }
            Action::Bury => driven.buried += local.queue().bury_all(),
            other => happen(local, other).await?,
        }
    }
    Ok(driven)
}

/// Executes the steps that affect the providers, the secrets and the connection to the table.
async fn happen(local: &Local, action: Action) -> anyhow::Result<()> {
    let simulator = local.simulator();
    let renew = || local.secrets().put(CREDENTIALS_SECRET, simulator.credentials_json());
    match action {
        Action::RotateCredentials(provider) => {
            simulator.rotate_credentials(simulated(provider));
            renew();
        }
        Action::ExpireCredentials(provider) => simulator.rotate_credentials(simulated(provider)),
        Action::RenewCredentials => renew(),
        Action::StopPayment(provider) => {
            simulator.set_trouble(simulated(provider), Some(Intake::AccountTrouble));
        }
        Action::Pay(provider) => simulator.set_trouble(simulated(provider), None),
        Action::PauseTemplates(provider) => set_templates(local, provider, TemplateStatus::Paused),
        Action::ResumeTemplates(provider) => set_templates(local, provider, TemplateStatus::Approved),
        Action::StopChannel(channel) => set_channel(local, channel, Some(AwsTrouble::Account)),
        Action::ResumeChannel(channel) => set_channel(local, channel, None),
        Action::EndWaits => waits::end(local).await?,
        Action::LoseClaimReplies => set_losing(local, true),
        Action::KeepClaimReplies => set_losing(local, false),
        Action::RotateWebhookSecrets => {
            for provider in Provider::WITH_WEBHOOK {
                simulator.rotate_webhook_secret(simulated(provider));
            }
            local.secrets().put(WEBHOOK_SECRET, simulator.webhook_secrets_json());
        }
        Action::Redrive => _ = local.queue().redrive(),
        // The steps that `Driven` records.
        Action::Publish(_)
        | Action::Redeliver(_)
        | Action::Kill
        | Action::Start
        | Action::ChangeCatalogue
        | Action::Bury => {}
    }
    Ok(())
}

fn set_templates(local: &Local, provider: Provider, status: TemplateStatus) {
    local.simulator().change_templates(simulated(provider), |templates| {
        for template in templates {
            template.status = status;
        }
    });
}

/// Sets what AWS's service for a channel does; WhatsApp has none here.
fn set_channel(local: &Local, channel: Channel, trouble: Option<AwsTrouble>) {
    let service = match channel {
        Channel::WhatsApp => return,
        Channel::Sms => AwsService::Sms,
        Channel::Email => AwsService::Email,
    };
    local.simulator().set_aws_trouble(service, trouble);
}

fn set_losing(local: &Local, is_losing: bool) {
    if let Some(replies) = local.lost_replies() {
        replies.set_losing(is_losing);
    }
}

/// Publishes through the bus, or directly on the queue if the event isn't valid JSON.
async fn publish(local: &Local, publisher: &Publisher, event: &PlannedEvent) -> anyhow::Result<String> {
    if event.is_json() {
        return publisher.publish(&event.envelope).await;
    }
    let id = uuid();
    local.queue().send(event.text(&id));
    Ok(id)
}

fn planned(plan: &Plan, event: usize) -> anyhow::Result<&PlannedEvent> {
    plan.events.get(event).context("no such event is planned")
}
