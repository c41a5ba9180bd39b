//! `ops webhook register kaleyra`: prints the settings of Kaleyra's callback profile.

use clap::Args;
use secrecy::ExposeSecret as _;
use shared::provider::Provider;
use shared::secrets::KaleyraWebhookSecret;

use super::instructions::{Entry, Instructions, Secrets};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::senders::WriteChoice;
use crate::webhook_probe::WebhookProbe;

/// Prints the settings of Kaleyra's callback profile, and checks the webhook's authentication.
///
/// Enter the settings in Kaleyra's console; this command writes nothing. It calls the webhook as Kaleyra does, with the
/// callback profile's credentials and without.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 if the webhook refuses Kaleyra's call or accepts an unauthenticated one.

Examples:
  ops webhook register kaleyra --local
  ops webhook register kaleyra --show-secrets --local")]
pub struct Arguments {
    /// Prints the header's value, the password or the token instead of the name of its field.
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
    let chosen = arguments.senders.chosen(deployment, Some(Provider::Kaleyra)).await?;
    let secrets = Secrets::from_flag(arguments.show_secrets);
    let instruct =
        async |accounts: Accounts<'_>| instructions(secrets, accounts).await.map(Instructions::with_exit);
    let (reports, exit) = chosen.run(deployment, instruct).await?;
    output.show(&reports);
    Ok(exit)
}

async fn instructions(secrets: Secrets, accounts: Accounts<'_>) -> Result<Instructions, Failure> {
    let secret = accounts.kaleyra_webhook().await?;
    let webhook = WebhookProbe::new(&accounts.webhook_url()?)?;
    let id = accounts.webhook_secret_id()?;
    let place = accounts.webhook_place(Provider::Kaleyra).await?;
    let mut entries = vec![
        Entry::new("Channel API", "whatsapp - WhatsApp Callbacks"),
        Entry::new("Events", "message status updates: sent, delivered, read, failed, not sent"),
        Entry::new("API version", "V2"),
        Entry::new("HTTP method", "POST"),
        Entry::new("Content type", "application/json"),
        Entry::new("Endpoint", webhook.url(&["kaleyra"])),
    ];
    entries.extend(authentication(&secret, secrets, &place, id));
    // The variables that our parser uses; `mobile` is a phone number that no function needs.
    entries.push(Entry::new(
        "Attributes",
        "all of meta_object and extra_info (ref identifies the message if the reply is lost), message_id, status, code, reason",
    ));
    Ok(Instructions {
        place: "Kaleyra: the profile menu, Callback Profiles > Add New",
        entries,
        then: vec![
            "Attach the callback profile to the WhatsApp number, for status updates of outgoing messages.".to_owned(),
            "A profile of version V1 works too, with GET or POST. Choose id, status, timestamp, error, error_code, ref."
                .to_owned(),
            "Leave out mobile: it isn't used, and other systems log query strings.".to_owned(),
        ],
        checks: webhook.as_kaleyra(&secret).await,
    })
}

fn authentication(secret: &KaleyraWebhookSecret, secrets: Secrets, place: &str, id: &str) -> Vec<Entry> {
    match secret {
        KaleyraWebhookSecret::Header { name, value } => vec![
            Entry::new("HTTP header", name.as_str()),
            Entry::new(
                "Its value",
                secrets.value(value.expose_secret(), &format!("{place}.header.value"), id),
            ),
        ],
        KaleyraWebhookSecret::Basic { username, password } => vec![
            Entry::new("Basic, user", username.as_str()),
            Entry::new(
                "Basic, password",
                secrets.value(password.expose_secret(), &format!("{place}.basic.password"), id),
            ),
        ],
        KaleyraWebhookSecret::Bearer(token) => {
            vec![Entry::new(
                "Bearer token",
                secrets.value(token.expose_secret(), &format!("{place}.bearer"), id),
            )]
        }
    }
}
