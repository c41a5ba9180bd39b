//! Gathers an area's facts within the time limit, and judges them.

use std::time::Duration;

use futures_util::future::join_all;
use shared::message::Sender;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::{Credentials, OneMsgWebhookSecret, Senders, WebhookSecrets};
use shared::settings::Environment;
use tokio::time::timeout;
use url::Url;

use super::area::Area;
use super::aws_error::{AwsError, Reached};
use super::deployment_kind::DeploymentKind;
use super::finding::Finding;
use super::onemsg::Ours;
use super::secrets::{Held, Secrets};
use super::{aws_channels, bus, catalogue, kaleyra, meta, onemsg, queues, secrets, settings, table, webhook};
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::providers::is_loopback;

/// The inputs that several areas share.
pub(super) struct SharedInputs<'a> {
    deployment: &'a Deployment,
    environment: Environment,
    deployment_kind: DeploymentKind,
    catalogue: catalogue::Facts,
    secrets: Secrets,
    /// The only sender to check; all senders if none.
    only: Option<&'a Sender>,
}

/// The result of an area.
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    /// Whether AWS answered any of its requests.
    pub(super) reached: Reached,
}

impl Checked {
    const fn without_aws(findings: Vec<Finding>) -> Self {
        Self { findings, reached: Reached::NotAsked }
    }

    /// The findings of both.
    fn and(mut self, other: Option<Self>) -> Self {
        if let Some(other) = other {
            self.findings.extend(other.findings);
            self.reached = self.reached.max(other.reached);
        }
        self
    }
}

impl<'a> SharedInputs<'a> {
    /// Reads the secrets if these areas need them.
    pub(super) async fn gather(
        deployment: &'a Deployment,
        areas: &[Area],
        catalogue: catalogue::Facts,
        only: Option<&'a Sender>,
        time: Duration,
    ) -> Self {
        let environment = deployment.functions_environment();
        let secrets = if areas.iter().any(|area| area.needs_secrets()) {
            let client = deployment.secrets_manager();
            // Boxed, because otherwise every future that contains this one is large.
            let read = timeout(time, Box::pin(Secrets::read(&client, &environment))).await;
            read.unwrap_or_else(|_| Secrets::unread(Some(&AwsError::Unreachable)))
        } else {
            Secrets::unread(None)
        };
        let deployment_kind = deployment.named().into();
        Self { deployment, environment, deployment_kind, catalogue, secrets, only }
    }

    pub(super) fn reached(&self) -> Reached {
        self.secrets.reached()
    }

    /// Checks an area. A check that takes longer than `time` is a finding.
    pub(super) async fn check(&self, area: Area, time: Duration) -> Checked {
        timeout(time, self.check_area(area, time)).await.unwrap_or_else(|_| {
            let calls_aws = matches!(area, Area::Table | Area::Bus | Area::Queues);
            let finding = Finding::fault(
                format!("This check took longer than {}.", humantime::format_duration(time)),
                "Faults in this part would go unnoticed.",
                format!(
                    "Run `ops doctor --only {area}` again, with a longer --timeout; then check the network."
                ),
            );
            let reached = if calls_aws { Reached::Silent } else { Reached::NotAsked };
            Checked { findings: vec![finding], reached }
        })
    }

    async fn check_area(&self, area: Area, time: Duration) -> Checked {
        match area {
            Area::Settings => {
                Checked::without_aws(settings::findings(&self.environment, self.deployment_kind))
            }
            Area::Secrets => Checked::without_aws(secrets::findings(
                &self.secrets,
                self.catalogue.catalogue(),
                &self.environment,
                self.deployment_kind,
                self.only,
            )),
            Area::Catalogue => {
                let mut findings = catalogue::findings(&self.catalogue, self.deployment_kind);
                let catalogue = self.catalogue.catalogue();
                findings.extend(
                    catalogue
                        .iter()
                        .flat_map(|catalogue| aws_channels::findings(catalogue, &self.environment)),
                );
                Checked::without_aws(findings)
            }
            Area::Table => self.table().await.unwrap_or_else(|failure| not_configured(&failure)),
            Area::Bus => {
                // Boxed, because otherwise every future that contains these is large.
                let (orders, deliveries) =
                    tokio::join!(Box::pin(self.order_rule()), Box::pin(self.delivery_rule()));
                let orders = orders.unwrap_or_else(|failure| not_configured(&failure));
                let deliveries = deliveries.map(|it| it.unwrap_or_else(|failure| not_configured(&failure)));
                orders.and(deliveries)
            }
            Area::Queues => {
                let facts = queues::gather(&self.deployment.sqs(), &self.environment).await;
                Checked {
                    reached: queues::reached(&facts),
                    findings: queues::findings(&facts, self.deployment_kind),
                }
            }
            Area::OneMsg => Checked::without_aws(self.provider(Provider::OneMsg).await),
            Area::Kaleyra => Checked::without_aws(self.provider(Provider::Kaleyra).await),
            Area::Meta => Checked::without_aws(self.provider(Provider::Meta).await),
            Area::Webhook => Checked::without_aws(self.webhook(time).await),
        }
    }

    async fn table(&self) -> Result<Checked, Failure> {
        let name = self.deployment.required("TABLE_NAME")?;
        // Boxed, because otherwise every future that contains this one is large.
        let facts = Box::pin(table::Facts::gather(&self.deployment.dynamodb(), name)).await;
        let mut findings = table::findings(&facts, name, self.deployment_kind);
        if facts.has_an_index() {
            findings.push(table::Waiting::count(&self.deployment.table()?).await.finding());
        }
        Ok(Checked { reached: facts.reached(), findings })
    }

    async fn order_rule(&self) -> Result<Checked, Failure> {
        let names = bus::Names {
            bus: self.deployment.order_event_bus()?,
            rule: self.deployment.required("ORDER_EVENTS_RULE_NAME")?,
            forwards: bus::Forwards::OrderEvents,
            queue_url: self.environment.get("ORDER_EVENTS_QUEUE_URL"),
            undelivered_url: self.environment.get("UNDELIVERED_EVENTS_QUEUE_URL"),
        };
        Ok(self.rule(names).await)
    }

    /// None if the deployment sends through no channel of AWS, and so has no queue of delivery events.
    async fn delivery_rule(&self) -> Option<Result<Checked, Failure>> {
        let queue_url = self.environment.get("DELIVERY_EVENTS_QUEUE_URL")?;
        let rule = match self.deployment.required("DELIVERY_EVENTS_RULE_NAME") {
            Ok(rule) => rule,
            Err(failure) => return Some(Err(failure)),
        };
        let names = bus::Names {
            // AWS's services put their events there.
            bus: "default",
            rule,
            forwards: bus::Forwards::DeliveryEvents,
            queue_url: Some(queue_url),
            undelivered_url: self.environment.get("DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL"),
        };
        Some(Ok(self.rule(names).await))
    }

    async fn rule(&self, names: bus::Names<'_>) -> Checked {
        let facts = bus::Facts::gather(&self.deployment.event_bridge(), names.bus, names.rule).await;
        Checked {
            reached: facts.reached(),
            findings: bus::findings(&facts, self.catalogue.catalogue(), names),
        }
    }

    async fn provider(&self, provider: Provider) -> Vec<Finding> {
        let Some(credentials) = self.secrets.credentials.current() else {
            return vec![without_a_secret("the provider credentials", &self.secrets.credentials)];
        };
        let urls = match BaseUrls::read(&self.environment) {
            Ok(urls) => urls,
            Err(faults) => {
                return vec![Finding::fault(
                    format!("The provider can't be called: {faults}."),
                    "Nothing can be sent to such a URL.",
                    "Unset the variable, or set it to a URL such as https://api.example.com.",
                )];
            }
        };
        let senders = credentials.all().filter(|(sender, _)| self.only.is_none() || *sender == self.only);
        // Boxed, because otherwise every future that contains this one is large.
        let checks = senders.map(|(sender, own)| Box::pin(self.account(provider, sender, own, &urls)));
        let found: Vec<Finding> = join_all(checks).await.into_iter().flatten().flatten().collect();
        if found.is_empty() { vec![not_used(provider.title())] } else { found }
    }

    /// The findings about a sender's account; none if the sender has no account with the provider.
    async fn account(
        &self,
        provider: Provider,
        sender: Option<&Sender>,
        credentials: &Credentials,
        urls: &BaseUrls,
    ) -> Option<Vec<Finding>> {
        let catalogue = self.catalogue.catalogue();
        let found = match provider {
            Provider::OneMsg => {
                let facts = onemsg::Facts::gather(urls, credentials.onemsg.as_ref()?).await;
                onemsg::findings(&facts, self.one_msg_webhook(sender))
            }
            Provider::Kaleyra => {
                let facts = kaleyra::Facts::gather(urls, credentials.kaleyra.as_ref()?).await;
                kaleyra::findings(&facts, catalogue, sender)
            }
            Provider::Meta => {
                let facts = meta::Facts::gather(urls, credentials.meta.as_ref()?).await;
                meta::findings(&facts, catalogue, sender, self.environment.get("WEBHOOK_URL"))
            }
            Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => return None,
        };
        Some(found.into_iter().map(|finding| finding.of_sender(sender)).collect())
    }

    fn one_msg_webhook(&self, sender: Option<&Sender>) -> Ours<'_> {
        Ours {
            base: self.environment.get("WEBHOOK_URL"),
            current: self.secrets.webhook.current().and_then(|secrets| one_msg_secret(secrets, sender)),
            previous: self.secrets.webhook.previous().and_then(|secrets| one_msg_secret(secrets, sender)),
        }
    }

    async fn webhook(&self, time: Duration) -> Vec<Finding> {
        let Some(base) = self.environment.get("WEBHOOK_URL") else {
            return vec![Finding::warning(
                "The webhook can't be called: WEBHOOK_URL is not set.",
                "Whether callbacks arrive is unknown.",
                "Name the deployment with --stack NAME or --local, or set WEBHOOK_URL to the URL before /webhooks/….",
            )];
        };
        let Some(secrets) = self.secrets.webhook.current() else {
            return vec![without_a_secret("the webhook secrets", &self.secrets.webhook)];
        };
        let Some(url) = Url::parse(base).ok().filter(Url::has_host) else {
            return vec![Finding::fault(
                "The webhook can't be called: WEBHOOK_URL is not a URL.",
                "Whether callbacks arrive is unknown.",
                "Set WEBHOOK_URL to the URL before /webhooks/…, such as https://abc123.execute-api.eu-central-1.amazonaws.com.",
            )];
        };
        if url.scheme() != "https" && !(is_loopback(&url) && self.deployment_kind != DeploymentKind::Stack) {
            return vec![webhook::unencrypted(base)];
        }
        // A sender without an entry of its own shares the default sender's.
        let is_called =
            |sender: Option<&Sender>| self.only.is_none() || sender.is_none() || sender == self.only;
        let has_any = |own: &WebhookSecrets| Provider::WITH_WEBHOOK.iter().any(|provider| own.has(*provider));
        let called: Vec<_> =
            secrets.all().filter(|(sender, own)| is_called(*sender) && has_any(own)).collect();
        if called.is_empty() {
            return vec![Finding::warning(
                "The webhook can't be called: no provider has a webhook secret.",
                "Every callback is refused.",
                "Store the webhook secrets (docs/deploy.md, step 4).",
            )];
        }
        // The calls have less time than the whole area, so that the report can name the late ones.
        let calls = called.into_iter().map(|(sender, own)| {
            let call = Box::pin(webhook::call(&url, own, time.mul_f64(0.9)));
            async move { (sender, call.await) }
        });
        let found = join_all(calls).await.into_iter().flat_map(|(sender, called)| {
            let found = match called {
                Ok(called) => webhook::findings(&called, base),
                Err(_) => vec![Finding::fault(
                    "The webhook can't be called: the HTTP client can't be built.",
                    "Whether callbacks arrive is unknown.",
                    "Check that this machine has root certificates (the package ca-certificates).",
                )],
            };
            found.into_iter().map(move |finding| finding.of_sender(sender)).collect::<Vec<_>>()
        });
        found.collect()
    }
}

/// The secret in the path of 1MSG's calls about this sender: its own, otherwise the default sender's.
fn one_msg_secret<'a>(
    secrets: &'a Senders<WebhookSecrets>,
    sender: Option<&Sender>,
) -> Option<&'a OneMsgWebhookSecret> {
    let own = secrets.get(sender).ok().and_then(|own| own.onemsg.as_ref());
    own.or(secrets.default.onemsg.as_ref())
}

/// The finding for a missing variable.
fn not_configured(failure: &Failure) -> Checked {
    let remedy = failure.remedy().unwrap_or_default();
    Checked::without_aws(vec![Finding::fault(
        format!("This can't be checked: {}.", failure.problem()),
        "Faults in this part would go unnoticed.",
        format!("To check it, {remedy}."),
    )])
}

fn without_a_secret<T>(which: &str, held: &Held<T>) -> Finding {
    // A missing permission proves no fault in the part that uses the secret.
    let may_not = matches!(held, Held::Unread(AwsError::AccessDenied(_)));
    let finding = if may_not { Finding::warning } else { Finding::fault };
    finding(
        format!("This can't be checked: {which} can't be read."),
        "Faults in this part would go unnoticed.",
        "Run `ops doctor --only secrets`.",
    )
}

fn not_used(provider: &str) -> Finding {
    Finding::note(
        format!("{provider} isn't used: the credentials secret has no valid entry for it."),
        "Nothing is sent through it. The area `secrets` checks whether the catalogue needs it.",
    )
}
