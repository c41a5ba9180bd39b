//! The name of an I/O: operation and object, without secret or personal values.

use std::fmt;

use serde_json::Value;

/// An I/O of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Io {
    /// The service: `dynamodb`, `secrets-manager`, `event-bridge`, `sqs`, or a provider.
    pub service: &'static str,
    /// AWS's operation, or the method and the last segment of the path: the earlier segments name an account.
    pub operation: String,
    /// The kind of the item or the stage of the secret, if the request names one.
    pub object: Option<String>,
}

impl Io {
    pub(super) fn from_request(
        service: &'static str,
        method: &str,
        path: &str,
        aws_target: Option<&str>,
        body: &[u8],
    ) -> Self {
        let Some(target) = aws_target else {
            let path = path.split('?').next().unwrap_or_default();
            let segment = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            return Self { service, operation: format!("{method} {segment}"), object: None };
        };
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let sort_key = ["/Key/sk/S", "/Item/sk/S"].iter().find_map(|pointer| body.pointer(pointer));
        let object = sort_key.or_else(|| body.get("VersionStage")).and_then(Value::as_str);
        // The kind is the prefix of the key: NOTIFICATION#<key>.
        let object = object.and_then(|text| text.split('#').next()).map(str::to_lowercase);
        Self { service, operation, object }
    }

    /// Whether it writes a notification's record.
    pub fn writes_a_notification(&self) -> bool {
        self.service == "dynamodb"
            && self.operation != "GetItem"
            && self.object.as_deref() == Some("notification")
    }

    /// Whether it is a request to a provider.
    pub fn asks_a_provider(&self) -> bool {
        shared::provider::Provider::ALL.iter().any(|provider| provider.name() == self.service)
    }
}

impl fmt::Display for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.operation)?;
        match &self.object {
            Some(object) => write!(f, " {object}"),
            None => Ok(()),
        }
    }
}
