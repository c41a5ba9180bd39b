//! An operator's set-up at the providers.

mod templates;
mod webhook;

use local::environment::{CREDENTIALS_SECRET, WEBHOOK_SECRET};
use serde_json::Value;

use crate::support::{Ran, Rig, command};

impl Rig {
    /// Changes the credentials secret.
    fn change_credentials(&self, change: impl FnOnce(&mut Value)) {
        self.change(CREDENTIALS_SECRET, &self.local.simulator().credentials_json(), change);
    }

    /// Changes the webhook secret.
    fn change_webhook_secret(&self, change: impl FnOnce(&mut Value)) {
        self.change(WEBHOOK_SECRET, &self.local.simulator().webhook_secrets_json(), change);
    }

    fn change(&self, secret: &str, json: &str, change: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_str(json).unwrap();
        change(&mut value);
        self.local.secrets().put(secret, value.to_string());
    }

    /// Runs the tool with the deployment in its environment, and one variable changed.
    async fn ops_with(&self, arguments: &[&str], (name, value): (&str, &str)) -> Ran {
        let mut variables = self.local.tool_variables().clone();
        variables.insert(name.to_owned(), value.to_owned());
        Ran::from_output(command().args(arguments).envs(variables).output().await.unwrap())
    }
}

impl Ran {
    /// Asserts that the output contains none of the accounts' secrets.
    #[track_caller]
    fn told_no_secret(&self, rig: &Rig) {
        for json in [rig.local.simulator().credentials_json(), rig.local.simulator().webhook_secrets_json()] {
            let secrets: Value = serde_json::from_str(&json).unwrap();
            for pointer in [
                "/onemsg/token",
                "/kaleyra/api_key",
                "/kaleyra/sender",
                "/meta/token",
                "/onemsg/url_secret",
                "/kaleyra/header/value",
                "/meta/app_secret",
                "/meta/verify_token",
            ] {
                if let Some(secret) = secrets.pointer(pointer).and_then(Value::as_str) {
                    assert!(
                        !self.stdout.contains(secret) && !self.stderr.contains(secret),
                        "{pointer} in {self:?}"
                    );
                }
            }
        }
    }
}
