//! The secrets of a deployment's accounts with the providers. Each is read on demand.

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

const CREDENTIALS: &str = "CREDENTIALS_SECRET_ID";
const KEY: &str = "KEY_SECRET_ID";
const WEBHOOK: &str = "WEBHOOK_SECRET_ID";

/// The deployment's accounts with the providers.
#[derive(Clone, Copy)]
pub struct Accounts<'a>(&'a Deployment);

impl<'a> Accounts<'a> {
    pub const fn of(deployment: &'a Deployment) -> Self {
        Self(deployment)
    }

    pub fn base_urls(self) -> Result<BaseUrls, Failure> {
        BaseUrls::read(self.0.environment()).map_err(Failure::usage)
    }

    /// The credentials for sends.
    pub async fn credentials(self) -> Result<Credentials, Failure> {
        self.read(CREDENTIALS).await
    }

    /// The secret of the notification keys.
    pub async fn key_secret(self) -> Result<KeySecret, Failure> {
        self.read(KEY).await
    }

    /// When the key secret got its current value, and notifications their current keys; none if that is unknown.
    pub async fn keys_since(self) -> Result<Option<Timestamp>, Failure> {
        let id = self.0.required(KEY)?;
        let found = self.0.secrets_manager().get_secret_value().secret_id(id).send().await;
        let created = found.map_err(|error| Failure::aws("read the key secret", &error))?.created_date;
        Ok(created.and_then(|created| Timestamp::from_second(created.secs()).ok()))
    }

    /// The secrets that authenticate callbacks.
    pub async fn webhook_secrets(self) -> Result<WebhookSecrets, Failure> {
        self.read(WEBHOOK).await
    }

    /// The 1MSG channel's credentials; an error if the secret has none.
    pub async fn one_msg(self) -> Result<OneMsgCredentials, Failure> {
        self.credentials().await?.onemsg.ok_or_else(|| self.absent(CREDENTIALS, Provider::OneMsg))
    }

    /// The Kaleyra account's credentials; an error if the secret has none.
    pub async fn kaleyra(self) -> Result<KaleyraCredentials, Failure> {
        self.credentials().await?.kaleyra.ok_or_else(|| self.absent(CREDENTIALS, Provider::Kaleyra))
    }

    /// The Meta account's credentials; an error if the secret has none.
    pub async fn meta(self) -> Result<MetaCredentials, Failure> {
        self.credentials().await?.meta.ok_or_else(|| self.absent(CREDENTIALS, Provider::Meta))
    }

    /// The secret in the path of 1MSG's callbacks.
    pub async fn one_msg_webhook(self) -> Result<OneMsgWebhookSecret, Failure> {
        let secret = self.webhook_secrets().await?.onemsg;
        secret
            .filter(|secret| !secret.url_secret.expose_secret().is_empty())
            .ok_or_else(|| self.absent(WEBHOOK, Provider::OneMsg))
    }

    /// The credentials of Kaleyra's callback profile.
    pub async fn kaleyra_webhook(self) -> Result<KaleyraWebhookSecret, Failure> {
        self.webhook_secrets().await?.kaleyra.ok_or_else(|| self.absent(WEBHOOK, Provider::Kaleyra))
    }

    /// The secrets of Meta's signature and handshake.
    pub async fn meta_webhook(self) -> Result<MetaWebhookSecret, Failure> {
        self.webhook_secrets().await?.meta.ok_or_else(|| self.absent(WEBHOOK, Provider::Meta))
    }

    /// The webhook secret's name or ARN.
    pub fn webhook_secret_id(self) -> Result<&'a str, Failure> {
        self.0.required(WEBHOOK)
    }

    /// The base URL of our own webhook, without `/webhooks/…`.
    pub fn webhook_url(self) -> Result<Url, Failure> {
        let text = self.0.required("WEBHOOK_URL")?;
        match text.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err(Failure::usage("WEBHOOK_URL is not an http or https URL")
                .with_remedy("set it to the part before /webhooks/… in the stack's outputs, such as https://….amazonaws.com")),
        }
    }

    async fn read<T: DeserializeOwned + Clone>(self, variable: &str) -> Result<T, Failure> {
        let id = self.0.required(variable)?;
        let secret = Secret::<T>::new(self.0.secrets_manager(), id, Stages::Current);
        let unread = |error: SecretError| {
            Failure::unavailable(error)
                .with_remedy("store the secret as docs/deploy.md shows; `ops doctor` checks it")
        };
        Ok(secret.get().await.map_err(unread)?.current.clone())
    }

    fn absent(self, variable: &str, provider: Provider) -> Failure {
        let id = self.0.required(variable).unwrap_or(variable);
        Failure::usage(format!("the secret {id} has no entry for {}", provider.title()))
            .with_remedy(format!("add the entry {:?}; docs/deploy.md shows its format", provider.name()))
    }
}
