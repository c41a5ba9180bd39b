//! Runs every path that could disclose personal data or secrets, in one shop.

use std::sync::Arc;
use std::time::Duration;

use delivery_webhook::Webhook;
use local::samples;
use local::simulator::MAGIC_NUMBERS;
use order_notifier::{Notifier, handler};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::protocol::State;
use shared::provider::Provider;
use shared::settings::Environment;
use shared::telemetry::{Metrics, Namespace};

use crate::sensitive_values::SensitiveValues;
use crate::support::call::{BodyForm, Call, Reply};
use crate::support::{Event, Opening, Shop, eventually, invocation, simulated, with};
use crate::transcript::Transcript;

const NAME: &str = "Zwetlana Quorx";
const PRODUCT: &str = "Hyperflux lamp";
const NEXT_STEP: &str = "A xylograph of the refund follows within 3 days.";
const DESCRIPTION: &str = "The brontide is on its way";
const ADDRESS: &str = "zq@shop.example";
/// A credential that an unauthenticated caller sends.
const WRONG_CREDENTIAL: &str = "gu3ss-0f-a-str4nger";
const AWS_SECRET: &str = "aws-s3cr3t-access-k3y";
/// Six seconds are reserved, so a send has three: enough for providers that answer, and short for those that don't.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(9);
const INVOCATION: Duration = Duration::from_secs(20);

struct Run {
    shop: Shop,
    provider: Provider,
    transcript: Transcript,
}

/// Runs all paths with one provider preferred, and returns the values that must not be disclosed.
pub async fn run_all(provider: Provider, transcript: Transcript) -> SensitiveValues {
    let shop = Opening::default()
        .preferring(provider)
        .function_timeout(FUNCTION_TIMEOUT)
        .unknown_outcome("onemsg=hold,kaleyra=hold,meta=hold", "1s")
        .setting("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
        .open()
        .await;
    let mut sensitive = SensitiveValues::default();
    for name in ["Zwetlana", "Quorx", "Hyperflux", "xylograph", "brontide"] {
        sensitive.add("a customer's name or text", name);
    }
    for magic in &MAGIC_NUMBERS {
        sensitive.add_phone(&magic.phone());
    }
    sensitive.add("a phone number with spaces", "202 555 01");
    sensitive.add("a wrong credential", WRONG_CREDENTIAL);
    sensitive.add("the secret key of AWS", AWS_SECRET);
    sensitive.add("an e-mail address", ADDRESS);
    sensitive.add_secrets(shop.simulator());

    let run = Run { shop, provider, transcript };
    run.publish_everything().await;
    tokio::join!(
        run.invoke_without_queue(),
        run.call_without_credentials(),
        run.post_unusual_callbacks(),
        run.deliver_events_of_aws(),
        run.invoke_with_faults(),
        run.wait_for_outcomes(),
    );
    run.shop.simulator().callbacks_settled().await;
    sensitive.add_message_ids(&run.shop.ledger());
    sensitive.add_secrets(run.shop.simulator());
    sensitive
}

/// The event with a customer whose data is unique and can be searched for.
fn personal(event: Event) -> Event {
    let mut event = event.with("/detail/customer/name", NAME);
    for (pointer, value) in [
        ("/detail/product/name", PRODUCT),
        ("/detail/next_step", NEXT_STEP),
        ("/detail/order/description", DESCRIPTION),
    ] {
        if event.0.pointer(pointer).is_some() {
            event = event.with(pointer, value);
        }
    }
    event
}

fn cancelled(order: &str) -> Event {
    personal(Event::sample("order-cancelled")).order(order)
}

/// Events that are invalid, each for another reason.
fn invalid() -> Vec<Event> {
    let with = |pointer: &str, value: Value| cancelled("7001").with(pointer, value);
    let phone = "/detail/customer/phone";
    let status = personal(Event::sample("order-status-shipped"));
    vec![
        with(phone, json!("2025550100")),
        with(phone, json!("+1 202 555 01")),
        with(phone, json!("202 555 0100")),
        with(phone, json!(12_025_550_100_u64)),
        with(phone, json!(NAME)),
        with(phone, json!({"number": "+12025550100"})),
        with("/detail/customer/name", json!({"first": NAME})),
        with("/detail/customer/name", json!([NAME])),
        with("/detail/customer/name", json!(NAME.repeat(100))),
        with("/detail/customer/name", json!("  ")),
        with("/detail/customer/language", json!("+12025550100")),
        with("/detail/customer/whatsapp_opt_in", json!(NAME)),
        with("/detail/next_step", json!(NEXT_STEP.repeat(100))),
        with("/detail/order/number", json!(NAME.repeat(50))),
        with("/detail", json!(NAME)),
        with("/time", json!(NAME)),
        with("/source", json!([NAME])),
        cancelled("7002").without("/detail/customer/phone"),
        status.clone().with("/detail/order/status", NAME),
        status.clone().with("/detail/order/description", DESCRIPTION.repeat(20)),
        status.with("/detail/order/reference_id", NAME.repeat(100)),
    ]
}

/// Events in an envelope, and similar envelopes without an event.
fn wrapped() -> Vec<Value> {
    let notification = |message: String| {
        json!({"Type": "Notification", "MessageId": "n", "TopicArn": "arn", "Message": message,
            "UnsubscribeURL": "https://sns.example/unsubscribe"})
    };
    let person = json!({"name": NAME, "phone": "+12025550100"});
    vec![
        notification(cancelled("7010").0.to_string()),
        notification(cancelled("7011").with("/detail/customer/phone", NAME).0.to_string()),
        notification(format!("Order of {NAME}, +12025550100")),
        notification(person.to_string()),
        json!({"messageId": "m", "body": person.to_string(), "eventSource": "aws:sqs"}),
        json!({"messageId": "m", "body": [NAME]}),
        json!([person, NAME]),
        json!({"eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {"name": {"S": NAME}, "phone": {"S": "+12025550100"}}}}),
        json!({"specversion": "1.0", "source": NAME, "type": NAME, "data": person}),
        person,
    ]
}

impl Run {
    async fn publish_everything(&self) {
        let simulator = self.shop.simulator();
        for sample in samples::read(&[samples::shipped()]).unwrap() {
            let event = Event::sample(&sample.name);
            // An invalid sample stays as it is, with its fault.
            self.shop.publish(&if sample.name.contains("invalid") { event } else { personal(event) }).await;
        }
        for magic in &MAGIC_NUMBERS {
            self.shop.publish(&cancelled(&order(magic.number)).magic(magic.number)).await;
        }
        for event in invalid() {
            self.shop.redeliver(&event.0);
        }
        for body in [
            format!("{{\"phone\": \"+12025550100\", \"name\": \"{NAME}\""),
            format!("[\"{NAME}\"]"),
            format!("\"{NAME}\""),
            "+12025550100".to_owned(),
        ] {
            self.shop.redeliver(&body);
        }
        for body in wrapped() {
            self.shop.redeliver(&body);
        }
        // Without a number the fallback's e-mail follows.
        for phone in [json!(NAME), json!("2025550100")] {
            let pickup =
                personal(Event::sample("pickup-ready")).order("7004").with("/detail/customer/phone", phone);
            self.shop.publish(&pickup.with("/detail/customer/email", ADDRESS)).await;
        }
        let other = cancelled("7003").with("/source", "shop").with("/detail-type", "Something Else");
        self.shop.redeliver(&other.0);
        // The provider refuses the credentials, and its refusal repeats them.
        simulator.fail_next(simulated(self.provider), 2, local::simulator::Intake::RefuseCredentialsAlways);
    }

    /// Metrics that are written into the transcript. The shop's own functions write none.
    fn metrics(&self) -> Metrics {
        Metrics::to(Namespace::default(), self.transcript.clone())
    }

    fn notifier(&self, environment: &Environment) -> Arc<Notifier> {
        Arc::new(Notifier::from_environment(environment).unwrap().with_metrics(self.metrics()))
    }

    async fn invoke_without_queue(&self) {
        let environment = self.shop.local.variables().environment();
        let notifier = self.notifier(&environment);
        for number in [0, 2, 3, 11, 12, 22, 23, 24, 25, 26, 30, 31, 32, 33, 34] {
            let event = cancelled(&format!("8{number:02}")).magic(number);
            self.transcript.record_reply(invoke(&notifier, event.0).await);
        }
        for event in invalid() {
            self.transcript.record_reply(invoke(&notifier, event.0).await);
        }
        let body = cancelled("8100").0.to_string();
        for payload in [
            json!({"Records": NAME}),
            json!({"Records": [{"messageId": "m", "body": body}, {"messageId": "n", "body": NAME}]}),
            json!(NAME),
            json!({"phone": "+12025550100"}),
            json!([cancelled("8101").0, {"phone": "+12025550100"}, NAME]),
        ] {
            self.transcript.record_reply(invoke(&notifier, payload).await);
        }
    }

    async fn call(&self, call: Call) {
        let Reply { status, body } = call.over_http(&self.shop).await;
        self.transcript.record(format!("{status} {body}"));
    }

    async fn call_without_credentials(&self) {
        let account = self.shop.simulator().account();
        let (path_secret, app_secret) = (&account.one_msg.url_secret, &account.meta.app_secret);
        let body =
            json!({"name": NAME, "phone": "+12025550100", "entry": [{"changes": [{"value": {"statuses": [
            {"id": format!("wamid.{WRONG_CREDENTIAL}"), "status": "read", "recipient_id": "12025550100"}]}}]}]})
            .to_string();
        let post = |path: &str| Call::post(path, body.clone());
        for call in [
            post("/webhooks/meta"),
            post("/webhooks/meta").signed(WRONG_CREDENTIAL),
            post("/webhooks/meta").signed(app_secret).body(NAME),
            post("/webhooks/meta").header("X-Hub-Signature-256", WRONG_CREDENTIAL),
            post("/webhooks/kaleyra"),
            post("/webhooks/kaleyra").header("X-Callback-Key", WRONG_CREDENTIAL),
            post("/webhooks/kaleyra").header("Authorization", format!("Bearer {WRONG_CREDENTIAL}")),
            post(&format!("/webhooks/onemsg/{WRONG_CREDENTIAL}")),
            post(&format!("/webhooks/onemsg/{path_secret}0")),
            post(&format!("/webhooks/onemsg/{path_secret}/more")),
            post(&format!("/webhooks/{WRONG_CREDENTIAL}")),
            Call::get(format!("/webhooks/onemsg/{WRONG_CREDENTIAL}")),
            Call::get("/webhooks/meta")
                .query(format!("hub.mode=subscribe&hub.challenge=7&hub.verify_token={WRONG_CREDENTIAL}")),
            Call::get("/webhooks/kaleyra").query("id=1&status=read&mobile=12025550100"),
        ] {
            self.call(call).await;
        }
    }

    /// Posts authentic and malformed callbacks that contain personal data.
    /// AWS's events about messages, with the recipient in every text, and bodies that are none.
    async fn deliver_events_of_aws(&self) {
        let detail = |status: &str| {
            json!({"messageStatus": status, "isFinal": true, "messageId": "12025550100-sms",
                "messageStatusDescription": format!("{status}: no route to +12025550100"),
                "destinationPhoneNumber": "+12025550100", "context": {"customer": NAME}})
        };
        let bounce = json!({"eventType": "Bounce", "mail": {"messageId": "m-1", "destination": [ADDRESS],
            "commonHeaders": {"subject": PRODUCT, "to": [format!("{NAME} <{ADDRESS}>")]}},
            "bounce": {"bounceType": "Permanent", "bounceSubType": ADDRESS, "bouncedRecipients": [
                {"emailAddress": ADDRESS, "diagnosticCode": format!("550 <{ADDRESS}>: unknown")}]}});
        let sms = "Text Message Delivery Status Updated";
        let queue = self.shop.local.delivery_events();
        for (source, detail_type, detail) in [
            ("aws.sms-voice", sms, detail("UNREACHABLE")),
            ("aws.sms-voice", sms, detail("+12025550100")),
            ("aws.ses", "Email Bounced", bounce),
            ("aws.social-messaging", NAME, json!({"status": NAME})),
        ] {
            let event = json!({"source": source, "detail-type": detail_type, "detail": detail});
            queue.send(event.to_string());
        }
        queue.send(format!("{NAME}, +12025550100"));
        eventually("an empty queue of delivery events", async || {
            let depth = queue.depth();
            if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
        })
        .await;
    }

    async fn post_unusual_callbacks(&self) {
        let account = self.shop.simulator().account();
        let token = &account.meta.token;
        let text = format!("Wrong token \"{token}\" of 12025550100, +1 (202) 555-0112");
        let error = json!({"code": 131_048, "title": text, "message": text, "error_data": {"details": text}});
        let unknown = json!({"code": "+12025550100", "title": text});
        let statuses = json!([
            {"id": "wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI", "status": "failed", "errors": [error]},
            {"id": "wamid.HBgLMTIwMjU1NTAxMDAVAgARGBJ", "status": "failed", "errors": [unknown], "error": text},
            {"id": "wamid.HBgLMTIwMjU1NTAxMDAVAgARGBK", "status": "12025550100"},
            {"id": "+1 202 555 0100", "status": "read"}, {"status": token}]);
        let value = json!({"statuses": statuses, "errors": [error, unknown, text],
            "contacts": [{"wa_id": "12025550100", "profile": {"name": NAME}}],
            "messages": [{"from": "12025550100", "text": {"body": NAME}}]});
        let update = json!({"phone_number": "12025550100", "event": NAME, "ban_info": {"waba_ban_state": text},
            "restriction_info": [{"restriction_type": "12025550100"}], "violation_info": {"violation_type": NAME}});
        let changes =
            json!([{"field": "messages", "value": value}, {"field": "account_update", "value": update}]);
        let body = json!({"ack": statuses, "entry": [{"changes": changes}],
            "meta_object": {"value": value}});
        let cut_off = format!("{{\"phone\": \"12025550100\", \"name\": \"{NAME}\"");
        for text in [body.to_string(), cut_off, NAME.to_owned(), format!("{{\"a\": {NAME}}}")] {
            for provider in Provider::WITH_WEBHOOK {
                let answer = self.shop.simulator().post_callback(simulated(provider), text.as_bytes()).await;
                self.transcript.record(format!("{answer:?}"));
            }
        }
    }

    /// Invokes the functions with faulty settings, malformed secrets and unreachable services.
    async fn invoke_with_faults(&self) {
        self.start_with_malformed_recipients();
        let account = self.shop.simulator().account();
        let token = &account.meta.token;
        let secrets = self.shop.local.secrets();
        secrets.put(
            "malformed",
            json!({"onemsg": {"url_secret": account.one_msg.url_secret, "channel": 7,
            "token": account.one_msg.token}, "meta": account.meta.token})
            .to_string(),
        );
        secrets.put("no-json", account.meta.token.clone());
        let body =
            json!({"hooks": [{"id": "wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI", "status": "read"}]}).to_string();
        let call = Call::post(format!("/webhooks/onemsg/{}", account.one_msg.url_secret), body);
        for (name, value) in [
            ("TABLE_NAME", "nowhere"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9"),
            ("WEBHOOK_SECRET_ID", "malformed"),
            ("WEBHOOK_SECRET_ID", "no-json"),
            ("WEBHOOK_SECRET_ID", "nowhere"),
        ] {
            let webhook = Webhook::from_environment(&self.environment(name, value)).unwrap();
            let webhook = webhook.with_metrics(self.metrics());
            let Reply { status, body } = call.to(&webhook, "$default", BodyForm::Text).await;
            self.transcript.record(format!("{status} {body} {webhook:?}"));
        }
        for (n, (name, value)) in [
            ("TABLE_NAME", "nowhere"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9"),
            ("CREDENTIALS_SECRET_ID", "malformed"),
            ("CREDENTIALS_SECRET_ID", "no-json"),
            ("CREDENTIALS_SECRET_ID", "nowhere"),
            ("ONEMSG_BASE_URL", "http://127.0.0.1:9/onemsg"),
            ("KALEYRA_BASE_URL", "http://127.0.0.1:9/kaleyra"),
            ("META_BASE_URL", "http://127.0.0.1:9/meta"),
            ("RECIPIENTS", "none"),
            ("RECIPIENTS", "+12025550112, 001 202 555-01-13"),
        ]
        .into_iter()
        .enumerate()
        {
            let notifier = self.notifier(&self.environment(name, value));
            let event = cancelled(&format!("82{n:02}")).0;
            self.transcript.record_reply(invoke(&notifier, event).await);
            self.transcript.record(format!("{notifier:?}"));
        }
        for name in ["META_BASE_URL", "AWS_ENDPOINT_URL"] {
            for url in [token.clone(), format!("ftp://user:{token}@127.0.0.1"), format!("http://:{token}@")] {
                let error = Notifier::from_environment(&self.environment(name, &url)).unwrap_err();
                self.transcript.record(format!("{error:#} {error:?}"));
            }
        }
    }

    /// Starts order-notifier with malformed lists of recipients.
    fn start_with_malformed_recipients(&self) {
        for list in ["2025550112", "+12025550112,2025550113", "+12025550112,all", "hmac:2025550112", NAME] {
            let error = Notifier::from_environment(&self.environment("RECIPIENTS", list)).unwrap_err();
            self.transcript.record(format!("{error:#} {error:?}"));
        }
    }

    fn environment(&self, name: &str, value: &str) -> Environment {
        with(&self.shop.local.variables().environment(), &[(name, value)])
    }

    /// Waits until no magic number's notification is in `sending` or `unknown`.
    async fn wait_for_outcomes(&self) {
        for magic in &MAGIC_NUMBERS {
            let views = self
                .shop
                .until(&order(magic.number), "a state other than sending and unknown", |view| {
                    !matches!(view.record.state, State::Sending | State::Unknown)
                })
                .await;
            // `ops status` shows the stored answers.
            for answer in views.iter().flat_map(|view| &view.answers) {
                self.transcript.record(format!("stored answer: {}", json!(answer)));
            }
        }
    }
}

async fn invoke(notifier: &Arc<Notifier>, payload: Value) -> Result<Value, lambda_runtime::Error> {
    handler::handle(Arc::clone(notifier), invocation(payload, &Clock::default(), INVOCATION)).await
}

fn order(magic: u8) -> String {
    format!("90{magic:02}")
}
