//! `ops webhook register kaleyra`: prints the settings of Kaleyra's callback profile, which an operator enters in
//! Kaleyra's console.

use clap::Args;
use secrecy::ExposeSecret as _;
use shared::secrets::KaleyraWebhookSecret;

use super::recipe::{Entry, Recipe, Secrets};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::our_webhook::OurWebhook;
use crate::output::Output;

/// Says what to enter at Kaleyra, and checks the authentication.
///
/// Writes nothing. It reads the webhook secret and calls our webhook as Kaleyra does: an empty call with what the callback
/// profile sends along, which must be let in, and one without it, which must be refused.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 where our webhook does not let Kaleyra in, or lets a stranger in.

Examples:
  ops webhook register kaleyra --local
  ops webhook register kaleyra --show-secrets --local")]
pub struct Arguments {
    /// Prints the header's value, the password or the token in place of where it stands.
    #[arg(long)]
    show_secrets: bool,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::of(deployment);
    let secret = accounts.kaleyra_webhook().await?;
    let webhook = OurWebhook::at(&accounts.webhook_url()?)?;
    let id = accounts.webhook_secret_id()?;
    let mut entries = vec![
        Entry::new("Channel API", "whatsapp - WhatsApp Callbacks"),
        Entry::new("Events", "message status updates: sent, delivered, read, failed, not sent"),
        Entry::new("API version", "V2"),
        Entry::new("HTTP method", "POST"),
        Entry::new("Content type", "application/json"),
        Entry::new("Endpoint", webhook.address(&["kaleyra"])),
    ];
    entries.extend(authentication(&secret, Secrets::of(arguments.show_secrets), id));
    // The variables that our parser uses; `mobile` is a phone number that no function needs.
    entries.push(Entry::new(
        "Attributes",
        "all of meta_object and extra_info (ref is what a lost reply is recognised by), message_id, status, code, reason",
    ));
    let recipe = Recipe {
        place: "Kaleyra: the profile menu, Callback Profiles > Add New",
        entries,
        then: vec![
            "Attach the callback profile to the WhatsApp number, for status updates of outgoing messages.".to_owned(),
            "A profile of version V1 works too, with GET or POST. Choose id, status, timestamp, error, error_code, ref."
                .to_owned(),
            "Leave mobile out: it isn't used, and query strings end up in logs elsewhere.".to_owned(),
        ],
        checks: webhook.as_kaleyra(&secret).await,
    };
    Ok(recipe.show(output))
}

fn authentication(secret: &KaleyraWebhookSecret, secrets: Secrets, id: &str) -> Vec<Entry> {
    match secret {
        KaleyraWebhookSecret::Header { name, value } => vec![
            Entry::new("HTTP header", name.as_str()),
            Entry::new("Its value", secrets.value(value.expose_secret(), "kaleyra.header.value", id)),
        ],
        KaleyraWebhookSecret::Basic { username, password } => vec![
            Entry::new("Basic, user", username.as_str()),
            Entry::new(
                "Basic, password",
                secrets.value(password.expose_secret(), "kaleyra.basic.password", id),
            ),
        ],
        KaleyraWebhookSecret::Bearer(token) => {
            vec![Entry::new("Bearer token", secrets.value(token.expose_secret(), "kaleyra.bearer", id))]
        }
    }
}
