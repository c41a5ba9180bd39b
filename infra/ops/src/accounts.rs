//! The secrets of a deployment's accounts with the providers. Each is read on demand.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use shared::message::Sender;
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::{
    Credentials, KaleyraCredentials, KaleyraWebhookSecret, KeySecret, MetaCredentials, MetaWebhookSecret,
    NoSender, OneMsgCredentials, OneMsgWebhookSecret, Secret, SecretError, Senders, Stages, WebhookSecrets,
};
use url::Url;

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::order_id::of_sender;

const CREDENTIALS: &str = "CREDENTIALS_SECRET_ID";
const KEY: &str = "KEY_SECRET_ID";
const WEBHOOK: &str = "WEBHOOK_SECRET_ID";

/// A sender's accounts with the providers.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    deployment: &'a Deployment,
    /// None for the default sender.
    sender: Option<&'a Sender>,
}

impl<'a> Accounts<'a> {
    /// The default sender's accounts.
    pub const fn default_sender(deployment: &'a Deployment) -> Self {
        Self { deployment, sender: None }
    }

    /// The accounts of this sender, the default sender for `None`.
    pub const fn for_sender(deployment: &'a Deployment, sender: Option<&'a Sender>) -> Self {
        Self { deployment, sender }
    }

    /// The sender; `None` for the default sender.
    pub const fn sender(self) -> Option<&'a Sender> {
        self.sender
    }

    /// Every sender of the credentials secret. The default sender is one unless the secret has only others.
    pub async fn senders(self) -> Result<Vec<Option<Sender>>, Failure> {
        self.senders_with(None).await
    }

    /// The senders with credentials for this provider, and those whose credentials can't be read.
    pub async fn senders_with(self, provider: Option<Provider>) -> Result<Vec<Option<Sender>>, Failure> {
        let secret = self.all_credentials().await?;
        let has = |own: &Credentials| match provider {
            Some(provider) => own.has(provider),
            None => Provider::ALL.iter().any(|provider| own.has(*provider)),
        };
        let default = (has(&secret.default) || secret.named.is_empty()).then_some(None);
        let named = secret.named.into_iter();
        let named = named.filter(|(_, own)| provider.is_none() || own.0.as_ref().map_or(true, has));
        Ok(default.into_iter().chain(named.map(|(sender, _)| Some(sender))).collect())
    }

    pub fn base_urls(self) -> Result<BaseUrls, Failure> {
        BaseUrls::read(self.deployment.environment()).map_err(Failure::usage)
    }

    /// The credentials for sends.
    pub async fn credentials(self) -> Result<Credentials, Failure> {
        let secret = self.all_credentials().await?;
        match secret.get(self.sender) {
            Ok(credentials) => Ok(credentials.clone()),
            Err(no_sender) => Err(unknown(&no_sender, &secret)),
        }
    }

    async fn all_credentials(self) -> Result<Senders<Credentials>, Failure> {
        self.read(CREDENTIALS).await
    }

    /// The secret of the notification keys.
    pub async fn key_secret(self) -> Result<KeySecret, Failure> {
        self.read(KEY).await
    }

    /// When the key secret got its current value, and notifications their current keys; none if that is unknown.
    pub async fn keys_since(self) -> Result<Option<Timestamp>, Failure> {
        let id = self.deployment.required(KEY)?;
        let found = self.deployment.secrets_manager().get_secret_value().secret_id(id).send().await;
        let created = found.map_err(|error| Failure::aws("read the key secret", &error))?.created_date;
        Ok(created.and_then(|created| Timestamp::from_second(created.secs()).ok()))
    }

    /// The secrets that authenticate callbacks, with the default sender's entry for each provider for which the sender has none.
    async fn webhook_secrets(self) -> Result<WebhookSecrets, Failure> {
        let secret: Senders<WebhookSecrets> = self.read(WEBHOOK).await?;
        let Some(sender) = self.sender.filter(|sender| secret.named.contains_key(sender)) else {
            return Ok(secret.default);
        };
        let own = secret.get(Some(sender)).map_err(|error| match error {
            NoSender::Malformed { sender, problem } => Failure::unavailable(format!(
                "sender {sender:?} of the webhook secret can't be read: {problem}"
            )),
            NoSender::Unknown(_) => Failure::usage(error),
        })?;
        let WebhookSecrets { onemsg, kaleyra, meta } = own.clone();
        let default = secret.default;
        Ok(WebhookSecrets {
            onemsg: onemsg.or(default.onemsg),
            kaleyra: kaleyra.or(default.kaleyra),
            meta: meta.or(default.meta),
        })
    }

    /// The place of the sender's entry for a provider in the webhook secret: `meta`, or `senders.acme.meta`.
    pub async fn webhook_place(self, provider: Provider) -> Result<String, Failure> {
        let secret: Senders<WebhookSecrets> = self.read(WEBHOOK).await?;
        let own =
            self.sender.filter(|sender| secret.get(Some(sender)).is_ok_and(|secrets| secrets.has(provider)));
        Ok(own.map_or_else(|| provider.name().to_owned(), |sender| format!("senders.{sender}.{provider}")))
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
        self.deployment.required(WEBHOOK)
    }

    /// The base URL of our own webhook, without `/webhooks/…`.
    pub fn webhook_url(self) -> Result<Url, Failure> {
        let text = self.deployment.required("WEBHOOK_URL")?;
        match text.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
            _ => Err(Failure::usage("WEBHOOK_URL is not an http or https URL")
                .with_remedy("set it to the part before /webhooks/… in the stack's outputs, such as https://….amazonaws.com")),
        }
    }

    async fn read<T: DeserializeOwned + Clone>(self, variable: &str) -> Result<T, Failure> {
        let id = self.deployment.required(variable)?;
        let secret = Secret::<T>::new(self.deployment.secrets_manager(), id, Stages::Current);
        let unread = |error: SecretError| {
            Failure::unavailable(error)
                .with_remedy("store the secret as docs/deploy.md shows; `ops doctor` checks it")
        };
        Ok(secret.get().await.map_err(unread)?.current.clone())
    }

    fn absent(self, variable: &str, provider: Provider) -> Failure {
        let id = self.deployment.required(variable).unwrap_or(variable);
        let sender = of_sender(self.sender);
        let place = self.sender.map_or_else(String::new, |sender| {
            format!(" to {sender:?} under \"senders\"", sender = sender.as_str())
        });
        Failure::usage(format!("the secret {id} has no entry for {}{sender}", provider.title())).with_remedy(
            format!("add the entry {:?}{place}; docs/deploy.md shows its format", provider.name()),
        )
    }
}

fn unknown(no_sender: &NoSender, secret: &Senders<Credentials>) -> Failure {
    let failure = Failure::usage(no_sender);
    match no_sender {
        NoSender::Unknown(_) if !secret.named.is_empty() => {
            let names: Vec<&str> = secret.named.keys().map(Sender::as_str).collect();
            failure.with_remedy(format!("check --sender; the secret's senders are {}", names.join(", ")))
        }
        NoSender::Unknown(_) | NoSender::Malformed { .. } => {
            failure.with_remedy("docs/senders.md shows the format; `ops doctor` checks it")
        }
    }
}
