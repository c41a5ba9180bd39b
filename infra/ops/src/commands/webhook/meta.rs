//! `ops webhook register meta`: prints the settings of Meta's webhook.

use clap::Args;
use secrecy::ExposeSecret as _;
use shared::provider::Provider;

use super::instructions::{Entry, Instructions, Secrets};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::senders::WriteChoice;
use crate::webhook_probe::WebhookProbe;

/// Prints the settings of Meta's webhook, and checks the handshake and the signature.
///
/// Enter the settings in the app's dashboard; this command writes nothing. It calls the webhook as Meta does, with correct
/// and wrong verify tokens and signatures.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 if the webhook refuses Meta's calls or accepts unauthenticated ones.

Examples:
  ops webhook register meta --local
  ops webhook register meta --show-secrets --local")]
pub struct Arguments {
    /// Prints the verify token instead of the name of its field.
    #[arg(long)]
    show_secrets: bool,

    #[command(flatten)]
    senders: WriteChoice,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let chosen = arguments.senders.chosen(deployment, Some(Provider::Meta)).await?;
    let secrets = Secrets::from_flag(arguments.show_secrets);
    let instruct =
        async |accounts: Accounts<'_>| instructions(secrets, accounts).await.map(Instructions::with_exit);
    let (reports, exit) = chosen.run(deployment, instruct).await?;
    output.show(&reports);
    Ok(exit)
}

async fn instructions(secrets: Secrets, accounts: Accounts<'_>) -> Result<Instructions, Failure> {
    let secret = accounts.meta_webhook().await?;
    let webhook = WebhookProbe::new(&accounts.webhook_url()?)?;
    let id = accounts.webhook_secret_id()?;
    let place = accounts.webhook_place(Provider::Meta).await?;
    let token = secrets.value(secret.verify_token.expose_secret(), &format!("{place}.verify_token"), id);
    let (version, account) = match accounts.meta().await {
        Ok(credentials) => (credentials.version, credentials.waba_id),
        // The instructions are useful without these values.
        Err(_) => ("<version>".to_owned(), None),
    };
    let account = account.unwrap_or_else(|| "<id of the WhatsApp business account>".to_owned());
    Ok(Instructions {
        place: "Meta: the app's dashboard, WhatsApp > Configuration > Webhook",
        entries: vec![
            Entry::new("Callback URL", webhook.url(&["meta"])),
            Entry::new("Verify token", token),
            Entry::new("Webhook fields", "messages (with the statuses), account_update and account_review_update (with restrictions, bans and reviews)"),
        ],
        then: vec![
            "Verify and save: Meta calls the URL, and saves it only if the webhook answers correctly.".to_owned(),
            "If `ops webhook show` shows no subscribed app, subscribe the app to the business account with the access token:"
                .to_owned(),
            format!("  POST https://graph.facebook.com/{version}/{account}/subscribed_apps"),
            format!(
                "Store the app secret (App settings > Basic) as {place}.app_secret in the secret {id}: Meta signs its calls \
                     with it."
            ),
        ],
        checks: webhook.as_meta(&secret).await,
    })
}
