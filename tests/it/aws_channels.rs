//! The product's requests to AWS, sent to the simulated services, which verify their signatures by themselves.

use std::time::Duration;

use local::simulator::aws::{AWS_MAGIC_NUMBERS, AwsAccount, AwsEvent, AwsService, AwsTrouble};
use local::simulator::{Simulator, SimulatorOptions};
use shared::message::{
    Content, EmailAddress, Language, NotificationKey, OrderNumber, PlainText, Recipient, Reference, Template,
    TemplateMessage,
};
use shared::protocol::Answer;
use shared::provider::Provider;
use shared::providers::aws::reference_tag;
use shared::providers::{Providers, Signer};
use shared::secrets::{Credentials, Senders};
use shared::settings::{Environment, NotifierSettings};
use shared::tls::Tls;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, timeout};

struct Channels {
    simulator: Simulator,
    providers: Providers,
    credentials: Credentials,
    events: Receiver<AwsEvent>,
}

impl Channels {
    /// The product with the account's key and token, or with another secret key.
    async fn open(secret_access_key: &str) -> Self {
        let account = AwsAccount {
            session_token: Some("a role's token".to_owned()),
            ..AwsAccount::new("eu-central-1", "AKID", "secret")
        };
        let account = SimulatorOptions {
            timing: 0.0,
            aws: Some(account),
            ..SimulatorOptions::new(local::account::shipped().unwrap())
        };
        let simulator = Simulator::start(account).await.unwrap();
        let endpoint = |service| simulator.aws_endpoint(service);
        let environment = Environment::from_iter([
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKID".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key.to_owned()),
            ("AWS_SESSION_TOKEN", "a role's token".to_owned()),
            ("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", endpoint(AwsService::Sms)),
            ("AWS_ENDPOINT_URL_SESV2", endpoint(AwsService::Email)),
            ("AWS_ENDPOINT_URL_SOCIALMESSAGING", endpoint(AwsService::WhatsApp)),
            ("TABLE_NAME", "t".to_owned()),
            ("CREDENTIALS_SECRET_ID", "c".to_owned()),
            ("KEY_SECRET_ID", "k".to_owned()),
            ("RECIPIENTS", "all".to_owned()),
        ]);
        let settings = NotifierSettings::read(&environment).unwrap();
        let providers = Providers::new(settings.base_urls, &Tls::with_system_roots().unwrap()).unwrap();
        let providers = providers.with_signer(Signer::from_settings(&settings.aws));
        let secret: Senders<Credentials> = serde_json::from_str(&simulator.credentials_json()).unwrap();
        let events = simulator.aws_events();
        Self { simulator, providers, credentials: secret.default, events }
    }

    async fn send(&self, provider: Provider, recipient: Recipient) -> Answer {
        let message = message(recipient);
        let deadline = Instant::now() + Duration::from_secs(12);
        self.providers.send(&self.credentials, provider, &message, deadline).await.answer
    }

    async fn event(&mut self) -> AwsEvent {
        timeout(Duration::from_secs(5), self.events.recv()).await.unwrap().unwrap()
    }
}

fn reference() -> Reference {
    Reference {
        order: OrderNumber::parse("#10482").unwrap().into(),
        key: NotificationKey::parse("k-1:sms").unwrap(),
    }
}

fn message(recipient: Recipient) -> TemplateMessage {
    let plain =
        PlainText { subject: Some("Your order №10482".to_owned()), text: "Hi – it's\nhere.".to_owned() };
    TemplateMessage {
        recipient,
        template: Template { name: "sms".to_owned(), namespace: None },
        language: Language::new("en"),
        content: Content::Plain(plain),
        notification: "order-cancelled".to_owned(),
        reference: reference(),
    }
}

fn phone(number: &str) -> Recipient {
    Recipient::parse(number, None, false).unwrap()
}

fn mailbox(address: &str) -> Recipient {
    Recipient::Email(EmailAddress::parse(address).unwrap())
}

#[tokio::test]
async fn a_text_message_and_an_email_are_accepted_and_their_events_name_the_notification() {
    let mut channels = Channels::open("secret").await;
    for (provider, recipient) in
        [(Provider::AwsSms, phone("+12025550100")), (Provider::AwsEmail, mailbox("jane@shop.example"))]
    {
        let answer = channels.send(provider, recipient).await;
        let Answer::Accepted(Some(id)) = answer else { panic!("{answer:?}") };
        let send = channels.simulator.aws_ledger().accepted.pop().unwrap();
        assert_eq!((send.message_id.as_str(), send.text.as_str()), (id.as_str(), "Hi – it's\nhere."));
        for _report in 0..2 {
            let detail = channels.event().await.body["detail"].take();
            let (named, quoted) = if provider == Provider::AwsSms {
                let quoted = detail["context"][reference_tag::NAME].as_str().and_then(Reference::parse);
                (detail["messageId"].as_str(), quoted)
            } else {
                let mail = &detail["mail"];
                let tag = mail["tags"][reference_tag::NAME][0].as_str();
                (mail["messageId"].as_str(), tag.and_then(reference_tag::decode))
            };
            assert_eq!((named, quoted), (Some(id.as_str()), Some(reference())), "{detail}");
        }
    }
}

#[tokio::test]
async fn each_refusal_of_a_text_message_has_its_meaning() {
    let channels = Channels::open("secret").await;
    for magic in AWS_MAGIC_NUMBERS {
        // Its try takes ten seconds.
        if magic.trouble == AwsTrouble::AcceptedInSilence {
            continue;
        }
        let answer = channels.send(Provider::AwsSms, phone(&magic.phone())).await;
        let class = answer.reason().map_or("", |reason| reason.class.name());
        let expected = match magic.trouble {
            AwsTrouble::OptedOut | AwsTrouble::InvalidRecipient => ("rejected", "recipient"),
            AwsTrouble::Account => ("refused", "account"),
            AwsTrouble::AccessDenied => ("refused", "credentials"),
            AwsTrouble::Throttled => ("not_sent", "throttled"),
            AwsTrouble::ServerError => ("unknown", "unclear"),
            // A second try, signed anew, follows a throttled one.
            _ => ("accepted", ""),
        };
        assert_eq!((answer.kind().name(), class), expected, "{}", magic.summary);
    }
}

#[tokio::test]
async fn an_email_is_refused_by_a_paused_account_and_a_wrong_key_is_about_the_credentials() {
    let channels = Channels::open("secret").await;
    let paused = channels.send(Provider::AwsEmail, mailbox("paused@simulator.amazonses.com")).await;
    assert_eq!(paused.reason().unwrap().code, "SendingPausedException");
    let channels = Channels::open("another").await;
    for (provider, recipient) in
        [(Provider::AwsSms, phone("+12025550100")), (Provider::AwsEmail, mailbox("jane@shop.example"))]
    {
        let answer = channels.send(provider, recipient).await;
        let reason = answer.reason().unwrap();
        assert_eq!((reason.class.name(), reason.code.as_str()), ("credentials", "InvalidSignatureException"));
    }
    assert_eq!(channels.simulator.aws_ledger().accepted, []);
}
