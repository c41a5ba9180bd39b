//! `ops webhook register meta`: prints the settings of Meta's webhook, which an operator enters in the app's dashboard.

use clap::Args;
use secrecy::ExposeSecret as _;

use super::recipe::{Entry, Recipe, Secrets};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::our_webhook::OurWebhook;
use crate::output::Output;

/// Says what to enter at Meta, and checks the handshake and the signature.
///
/// Writes nothing. It reads the webhook secret and calls our webhook as Meta does: the handshake with the right and with
/// a wrong verify token, and an empty call with a right and with a wrong signature.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 where our webhook does not let Meta in, or lets a stranger in.

Examples:
  ops webhook register meta --local
  ops webhook register meta --show-secrets --local")]
pub struct Arguments {
    /// Prints the verify token in place of where it stands.
    #[arg(long)]
    show_secrets: bool,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::of(deployment);
    let secret = accounts.meta_webhook().await?;
    let webhook = OurWebhook::at(&accounts.webhook_url()?)?;
    let id = accounts.webhook_secret_id()?;
    let token = Secrets::of(arguments.show_secrets).value(
        secret.verify_token.expose_secret(),
        "meta.verify_token",
        id,
    );
    let (version, account) = match accounts.meta().await {
        Ok(credentials) => (credentials.version, credentials.waba_id),
        // The recipe is useful without these values.
        Err(_) => ("<version>".to_owned(), None),
    };
    let account = account.unwrap_or_else(|| "<id of the WhatsApp business account>".to_owned());
    let recipe = Recipe {
        place: "Meta: the app's dashboard, WhatsApp > Configuration > Webhook",
        entries: vec![
            Entry::new("Callback URL", webhook.address(&["meta"])),
            Entry::new("Verify token", token),
            Entry::new("Webhook fields", "messages (statuses come in it), account_update and account_review_update (restrictions, bans and reviews come in them)"),
        ],
        then: vec![
            "Verify and save: Meta calls the URL at once and saves only what answers.".to_owned(),
            "Subscribe the business account to the app, with the access token, where `ops webhook show` says that it isn't:"
                .to_owned(),
            format!("  POST https://graph.facebook.com/{version}/{account}/subscribed_apps"),
            format!(
                "The app secret (App settings > Basic) has to be meta.app_secret in the secret {id}: calls are signed \
                     with it."
            ),
        ],
        checks: webhook.as_meta(&secret).await,
    };
    Ok(recipe.show(output))
}
