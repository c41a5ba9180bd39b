//! Caches one secret.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::SecretError;

/// How long a secret is used before it is read again. A rotation reaches every instance within this time.
const MAX_AGE: Duration = Duration::from_mins(5);
/// The pause before another try to read a secret after a failure; the cached value is still used.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Which versions of a secret are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stages {
    /// `AWSCURRENT`.
    Current,
    /// `AWSCURRENT` and `AWSPREVIOUS`, so that calls made with the old secret are still accepted after a
    /// rotation.
    CurrentAndPrevious,
}

/// The versions of a secret.
#[derive(Debug, Clone)]
pub struct Versions<T> {
    /// `AWSCURRENT`.
    pub current: T,
    /// `AWSPREVIOUS`, if it was requested and exists.
    pub previous: Option<T>,
}

/// A secret in Secrets Manager whose value is the JSON form of `T`.
#[derive(Debug)]
pub struct Secret<T> {
    client: Client,
    id: String,
    stages: Stages,
    cached: Mutex<Option<Cached<T>>>,
}

#[derive(Debug)]
struct Cached<T> {
    versions: Arc<Versions<T>>,
    tried_at: Instant,
    /// Why the last read failed; `None` if it succeeded.
    failure: Option<SecretError>,
    stale_at: Instant,
}

impl<T: DeserializeOwned> Secret<T> {
    /// `id` is the name or ARN of the secret, which is not read yet.
    pub fn new(client: Client, id: impl Into<String>, stages: Stages) -> Self {
        Self { client, id: id.into(), stages, cached: Mutex::new(None) }
    }

    /// The secret, read again after five minutes. If that fails, the cached value is returned.
    pub async fn get(&self) -> Result<Arc<Versions<T>>, SecretError> {
        let mut cached = self.cached.lock().await;
        if let Some(known) = &*cached
            && known.stale_at > Instant::now()
        {
            return Ok(Arc::clone(&known.versions));
        }
        match (self.read().await, &mut *cached) {
            (Ok(versions), cached) => Ok(keep(cached, versions)),
            (Err(error), Some(known)) => {
                tracing::warn!(secret = self.id, %error, "the secret can't be read again; the cached value is still used");
                known.stale_at = Instant::now() + RETRY_AFTER;
                Ok(Arc::clone(&known.versions))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// A newer version than `seen`, which was refused. `None` if the last read was less than `min_age` ago or
    /// this read fails.
    pub async fn newer_than(&self, seen: &Arc<Versions<T>>, min_age: Duration) -> Option<Arc<Versions<T>>> {
        self.reread(seen, min_age).await.unwrap_or_default()
    }

    /// Like [`newer_than`](Self::newer_than), but an error if the last read failed: there may be a newer version.
    pub async fn reread(
        &self,
        seen: &Arc<Versions<T>>,
        min_age: Duration,
    ) -> Result<Option<Arc<Versions<T>>>, SecretError> {
        let mut cached = self.cached.lock().await;
        if let Some(known) = &*cached {
            if !Arc::ptr_eq(&known.versions, seen) {
                return Ok(Some(Arc::clone(&known.versions)));
            }
            if known.tried_at.elapsed() < min_age {
                return known.failure.clone().map_or(Ok(None), Err);
            }
        }
        match self.read().await {
            Ok(versions) => Ok(Some(keep(&mut cached, versions))),
            Err(error) => {
                tracing::warn!(secret = self.id, %error, "the refused secret can't be read again");
                // A failure counts as a read: otherwise every unauthenticated call would read again and wait.
                if let Some(known) = &mut *cached {
                    (known.tried_at, known.failure) = (Instant::now(), Some(error.clone()));
                }
                Err(error)
            }
        }
    }

    async fn read(&self) -> Result<Versions<T>, SecretError> {
        let current = self.read_stage("AWSCURRENT").await?;
        let previous = match self.stages {
            Stages::Current => None,
            // An unusable previous version must not block the current one.
            Stages::CurrentAndPrevious => self.read_stage("AWSPREVIOUS").await.unwrap_or_else(|error| {
                tracing::warn!(secret = self.id, %error, "the previous version can't be used");
                None
            }),
        };
        let current = current.ok_or_else(|| {
            SecretError::invalid_value(&self.id, "does not exist, or has no current version")
        })?;
        Ok(Versions { current, previous })
    }

    async fn read_stage(&self, stage: &str) -> Result<Option<T>, SecretError> {
        let found = self.client.get_secret_value().secret_id(&self.id).version_stage(stage).send().await;
        let value = match found {
            Ok(found) => found.secret_string,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(SecretError::from_sdk(&self.id, &error)),
        };
        let value =
            value.ok_or_else(|| SecretError::invalid_value(&self.id, "is binary; it must be a JSON text"))?;
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&value))
            .map(Some)
            .map_err(|error| SecretError::malformed(&self.id, &error))
    }
}

fn keep<T>(cached: &mut Option<Cached<T>>, versions: Versions<T>) -> Arc<Versions<T>> {
    let versions = Arc::new(versions);
    let now = Instant::now();
    let versions_kept = Arc::clone(&versions);
    *cached = Some(Cached { versions: versions_kept, tried_at: now, failure: None, stale_at: now + MAX_AGE });
    versions
}

#[cfg(test)]
mod tests {
    use super::super::{Credentials, NoSender, SecretError, Senders, WebhookSecrets};
    use crate::message::Sender;

    fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, String> {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json))
            .map_err(|error| SecretError::malformed("shop/credentials", &error).to_string())
    }

    #[test]
    fn the_documented_json_is_parsed() {
        let credentials: Credentials = parse(
            r#"{"onemsg": {"channel": "VID1", "token": "t"},
                "kaleyra": {"base_url": "https://api.in.kaleyra.io", "sid": "HX", "api_key": "k", "sender": "+91"},
                "meta": {"phone_number_id": "1", "token": "t"}}"#,
        )
        .unwrap();
        let meta = credentials.meta.unwrap();
        assert_eq!((meta.version.as_str(), meta.waba_id), ("v25.0", None));
        let with_account: Credentials =
            parse(r#"{"meta": {"phone_number_id": "1", "token": "t", "waba_id": "102"}}"#).unwrap();
        assert_eq!(with_account.meta.unwrap().waba_id.as_deref(), Some("102"));
        for kaleyra in [
            r#"{"header": {"name": "x-key", "value": "v"}}"#,
            r#"{"basic": {"username": "u", "password": "p"}}"#,
            r#"{"bearer": "b"}"#,
        ] {
            let secrets: WebhookSecrets = parse(&format!(
                r#"{{"onemsg": {{"url_secret": "s"}}, "kaleyra": {kaleyra},
                    "meta": {{"app_secret": "a", "verify_token": "v"}}}}"#
            ))
            .unwrap();
            assert!(secrets.kaleyra.is_some());
        }
    }

    #[test]
    fn an_error_contains_its_place_and_no_value() {
        for (json, said) in [
            (r#"{"onemsg": {"channel": "VID1"}}"#, "at onemsg: missing field `token`"),
            (
                r#"{"meta": {"phone_number_id": "1", "token": 123456789}}"#,
                "at meta.token: the value is of the wrong type",
            ),
            (r#"{"metta": {}}"#, "unknown field `metta`"),
            (r#"{"onemsg": "#, "is not JSON: line 1"),
            (
                r#"{"kaleyra": {"sid": "s", "api_key": "k", "sender": "1", "base_url": "hush"}}"#,
                "at kaleyra.base_url",
            ),
        ] {
            let error = parse::<Credentials>(json).unwrap_err();
            assert!(error.contains(said), "{error}");
            assert!(!error.contains("123456789") && !error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn each_sender_has_its_own_values_and_a_mistake_in_one_stops_no_other() {
        let credentials: Senders<Credentials> = parse(
            r#"{"meta": {"phone_number_id": "1", "token": "t"}, "senders": {
                "acme": {"meta": {"phone_number_id": "2", "token": "hush"}},
                "beta": {"onemsg": {"channel": "hush"}}}}"#,
        )
        .unwrap();
        let get = |name: &str| credentials.get(Some(&Sender::parse(name).unwrap()));
        let number = |own: &Credentials| own.meta.as_ref().unwrap().phone_number_id.clone();
        assert_eq!(number(credentials.get(None).unwrap()), "1");
        assert_eq!(number(get("acme").unwrap()), "2");
        let malformed = get("beta").unwrap_err().to_string();
        assert!(
            malformed.contains("at onemsg: missing field `token`") && !malformed.contains("hush"),
            "{malformed}"
        );
        assert_eq!(get("gamma").unwrap_err(), NoSender::Unknown("gamma".to_owned()));
        assert!(!format!("{credentials:?}").contains("hush"));
        assert_eq!(credentials.all().count(), 2);

        let json = r#"{"senders": {"a b": {}, "acme": {}, "b": 7}}"#;
        let with_bad_names: Senders<Credentials> = parse(json).unwrap();
        assert!(with_bad_names.get(Some(&Sender::parse("acme").unwrap())).is_ok());
        let [bad_name, bad_values] = &with_bad_names.problems()[..] else { panic!("two problems") };
        assert!(bad_name.starts_with("senders.a b: the name of a sender is"), "{bad_name}");
        assert_eq!(bad_values, "senders.b: at the top level: the value is of the wrong type");
        assert!(parse::<Senders<Credentials>>(r#"{"senders": null}"#).unwrap().named.is_empty());
        let webhook: Senders<WebhookSecrets> =
            parse(r#"{"senders": {"acme": {"onemsg": {"url_secret": "s"}}}}"#).unwrap();
        assert_eq!(webhook.all().count(), 2);
    }

    #[test]
    fn debug_shows_no_secret() {
        let credentials: Credentials = parse(r#"{"onemsg": {"channel": "VID1", "token": "hush"}}"#).unwrap();
        assert!(!format!("{credentials:?}").contains("hush"));
    }
}
