//! What a deployment has of the providers: its secrets, read once, and clients made of them.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::{
    Credentials, KaleyraCredentials, KaleyraWebhookSecret, KeySecret, MetaCredentials, MetaWebhookSecret,
    OneMsgCredentials, OneMsgWebhookSecret, Secret, SecretError, Stages, WebhookSecrets,
};
use url::Url;

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::providers::called;

const CREDENTIALS: &str = "CREDENTIALS_SECRET_ID";
const KEY: &str = "KEY_SECRET_ID";
const WEBHOOK: &str = "WEBHOOK_SECRET_ID";

/// The deployment's accounts with the providers.
#[derive(Clone, Copy)]
pub struct Accounts<'a>(&'a Deployment);

impl<'a> Accounts<'a> {
    /// Those of this deployment.
    pub const fn of(deployment: &'a Deployment) -> Self {
        Self(deployment)
    }

    /// Where the providers are.
    pub fn base_urls(self) -> Result<BaseUrls, Failure> {
        BaseUrls::read(self.0.environment()).map_err(Failure::usage)
    }

    /// What it takes to send.
    pub async fn credentials(self) -> Result<Credentials, Failure> {
        self.read(CREDENTIALS).await
    }

    /// What the keys of notifications are made with.
    pub async fn key_secret(self) -> Result<KeySecret, Failure> {
        self.read(KEY).await
    }

    /// Since when keys are made as they are made now: since the key secret has its current value. None where that can't be told.
    pub async fn keys_since(self) -> Result<Option<Timestamp>, Failure> {
        let id = self.0.required(KEY)?;
        let found = self.0.secrets_manager().get_secret_value().secret_id(id).send().await;
        let created = found.map_err(|error| Failure::aws("read the key secret", &error))?.created_date;
        Ok(created.and_then(|created| Timestamp::from_second(created.secs()).ok()))
    }

    /// What authenticates callbacks.
    pub async fn webhook_secrets(self) -> Result<WebhookSecrets, Failure> {
        self.read(WEBHOOK).await
    }

    /// The 1MSG channel's credentials.
    pub async fn one_msg(self) -> Result<OneMsgCredentials, Failure> {
        self.credentials().await?.onemsg.ok_or_else(|| self.absent(CREDENTIALS, Provider::OneMsg))
    }

    /// The Kaleyra account's credentials.
    pub async fn kaleyra(self) -> Result<KaleyraCredentials, Failure> {
        self.credentials().await?.kaleyra.ok_or_else(|| self.absent(CREDENTIALS, Provider::Kaleyra))
    }

    /// The Meta account's credentials.
    pub async fn meta(self) -> Result<MetaCredentials, Failure> {
        self.credentials().await?.meta.ok_or_else(|| self.absent(CREDENTIALS, Provider::Meta))
    }

    /// What 1MSG's calls carry in their path.
    pub async fn one_msg_webhook(self) -> Result<OneMsgWebhookSecret, Failure> {
        let secret = self.webhook_secrets().await?.onemsg;
        secret
            .filter(|secret| !secret.url_secret.expose_secret().is_empty())
            .ok_or_else(|| self.absent(WEBHOOK, Provider::OneMsg))
    }

    /// What Kaleyra's calls carry.
    pub async fn kaleyra_webhook(self) -> Result<KaleyraWebhookSecret, Failure> {
        self.webhook_secrets().await?.kaleyra.ok_or_else(|| self.absent(WEBHOOK, Provider::Kaleyra))
    }

    /// What Meta's calls carry.
    pub async fn meta_webhook(self) -> Result<MetaWebhookSecret, Failure> {
        self.webhook_secrets().await?.meta.ok_or_else(|| self.absent(WEBHOOK, Provider::Meta))
    }

    /// The webhook secret's name.
    pub fn webhook_secret_id(self) -> Result<&'a str, Failure> {
        self.0.required(WEBHOOK)
    }

    /// Our own webhook, in front of `/webhooks/…`.
    pub fn webhook_url(self) -> Result<Url, Failure> {
        let text = self.0.required("WEBHOOK_URL")?;
        match text.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err(Failure::usage("WEBHOOK_URL is no address")
                .with_remedy("it is what stands before /webhooks/… in the stack's outputs, such as https://….amazonaws.com")),
        }
    }

    async fn read<T: DeserializeOwned + Clone>(self, variable: &str) -> Result<T, Failure> {
        let id = self.0.required(variable)?;
        let secret = Secret::<T>::new(self.0.secrets_manager(), id, Stages::Current);
        let unread = |error: SecretError| {
            Failure::unavailable(error)
                .with_remedy("put the secret as docs/deploy.md shows it; `ops doctor` checks it")
        };
        Ok(secret.get().await.map_err(unread)?.current.clone())
    }

    fn absent(self, variable: &str, provider: Provider) -> Failure {
        let id = self.0.required(variable).unwrap_or(variable);
        Failure::usage(format!("the secret {id} says nothing of {}", called(provider)))
            .with_remedy(format!("give it an entry {:?}, as docs/deploy.md shows it", provider.name()))
    }
}
