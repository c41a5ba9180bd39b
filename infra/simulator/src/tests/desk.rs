//! The tests' harness: a simulator, a webhook and a client, and requests that are valid by default.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::{
    Account, Provider, Simulator, SimulatorOptions, Template, TemplateButton, TemplateKind, Templates,
};

/// Quick, but slow enough to distinguish "before the reply" from "ten times later".
const TIMING: f64 = 0.02;

pub struct Desk {
    pub simulator: Simulator,
    pub receiver: Receiver,
    pub client: Client,
}

/// A reply's status and body.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Desk {
    pub async fn start() -> Self {
        Self::with(account()).await
    }

    pub async fn with(account: Account) -> Self {
        Self::with_senders(account, BTreeMap::new()).await
    }

    pub async fn with_senders(account: Account, senders: BTreeMap<String, Account>) -> Self {
        let options = SimulatorOptions { timing: TIMING, senders, ..SimulatorOptions::new(account) };
        let simulator = Simulator::start(options).await.unwrap();
        let receiver = Receiver::start().await;
        simulator.set_webhook_url(&receiver.base);
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { simulator, receiver, client }
    }

    pub fn url(&self, provider: Provider) -> String {
        self.url_of(&self.simulator.account(), provider)
    }

    pub fn url_of(&self, account: &Account, provider: Provider) -> String {
        let base = self.simulator.base_url(provider);
        match provider {
            Provider::OneMsg => format!("{base}/{}/sendTemplate", account.one_msg.channel),
            Provider::Kaleyra => {
                format!("{base}/v2/{}/whatsapp/{}/messages", account.kaleyra.sid, account.kaleyra.sender)
            }
            Provider::Meta => format!("{base}/v25.0/{}/messages", account.meta.phone_number_id),
        }
    }

    /// A request with valid credentials and content type.
    pub fn request(&self, provider: Provider, method: Method, url: &str) -> RequestBuilder {
        self.request_as(&self.simulator.account(), provider, method, url)
    }

    /// Like [`request`](Self::request), with this account's credentials.
    pub fn request_as(
        &self,
        account: &Account,
        provider: Provider,
        method: Method,
        url: &str,
    ) -> RequestBuilder {
        let request = self.client.request(method, url).header("Content-Type", "application/json");
        match provider {
            Provider::OneMsg => request.header("Authorization", format!("Bearer {}", account.one_msg.token)),
            Provider::Kaleyra => request.header("api-key", &account.kaleyra.api_key),
            Provider::Meta => request.header("Authorization", format!("Bearer {}", account.meta.token)),
        }
    }

    pub async fn post(&self, provider: Provider, body: &Value) -> Got {
        got(self.request(provider, Method::POST, &self.url(provider)).body(body.to_string())).await
    }

    /// Sends a valid message to an address of one account, with the credentials of another.
    pub async fn send_to(&self, addressed: &Account, credentials: &Account, provider: Provider) -> Got {
        let url = self.url_of(addressed, provider);
        let request = self.request_as(credentials, provider, Method::POST, &url);
        got(request.body(body_message(provider, 0).to_string())).await
    }

    /// Sends a valid body template message to a magic number.
    pub async fn send(&self, provider: Provider, magic: u8) -> Got {
        self.post(provider, &body_message(provider, magic)).await
    }
}

/// Accounts with three body templates of four variables and one for order statuses, each in two languages.
pub fn account() -> Account {
    let english = [
        ("order_cancelled", "Hello, {{1}}! Order #{{2}} for \"{{3}}\" has been cancelled. {{4}}."),
        ("order_return", "Hello, {{1}}! A return has been initiated for order #{{2}} for \"{{3}}\". {{4}}."),
        ("stock_arrived", "Hello, {{1}}! For order #{{2}}, item \"{{3}}\" is now in stock. {{4}}."),
    ];
    let spanish = "¡Hola, {{1}}! Hay novedades de tu pedido {{2}}, {{3}}. {{4}}.";
    let button = || TemplateButton::url("Order details", "https://shop.example/orders");
    let template = |name: &str, code: &str, text: &str| Template {
        buttons: vec![button()],
        ..Template::approved(name, code, TemplateKind::Body, text)
    };
    let bodies = |code: &str| -> Vec<Template> {
        let in_both = |(name, text)| [template(name, code, text), template(name, "es", spanish)];
        english.into_iter().flat_map(in_both).collect()
    };
    let statuses = ["en_US", "es"].map(|code| {
        Template::approved("order_status", code, TemplateKind::OrderStatus, "There is news about your order.")
    });
    let with_statuses = [bodies("en_US"), statuses.to_vec()].concat();
    Account::with_templates(Templates {
        namespace: "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61".to_owned(),
        onemsg: bodies("en"),
        kaleyra: with_statuses.clone(),
        meta: with_statuses,
    })
}

pub async fn got(request: RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Got { status, body: serde_json::from_str(&text).unwrap_or_default(), text, headers }
}

/// A valid `order_cancelled` message to a magic number.
pub fn body_message(provider: Provider, magic: u8) -> Value {
    let texts = ["Alexey", "10482", "Wireless headphones", "The money is on its way"];
    let parameters: Vec<_> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
    match provider {
        Provider::OneMsg => json!({
            "phone": format!("120255501{magic:02}"),
            "template": "order_cancelled",
            "namespace": "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61",
            "language": {"policy": "deterministic", "code": "en"},
            "params": [{"type": "body", "parameters": parameters}],
        }),
        Provider::Kaleyra => json!({
            "messaging_object": cloud_message(magic, &json!({
                "name": "order_cancelled",
                "language": {"policy": "deterministic", "code": "en_US"},
                "components": [{"type": "body", "parameters": parameters}],
            })),
            "extra_info": {"ref": "our-key", "ref1": "one", "ref2": "two", "wa_source": "api"},
        }),
        Provider::Meta => {
            let mut message = cloud_message(
                magic,
                &json!({
                    "name": "order_cancelled",
                    "language": {"policy": "deterministic", "code": "en_US"},
                    "components": [{"type": "body", "parameters": parameters}],
                }),
            );
            message["biz_opaque_callback_data"] = json!("our-key");
            message
        }
    }
}

/// A valid `order_status` message to a magic number, for Kaleyra or Meta.
pub fn status_message(provider: Provider, magic: u8, reference_id: &str, status: &str) -> Value {
    let template = json!({
        "name": "order_status",
        "language": {"policy": "deterministic", "code": "en_US"},
        "components": [{"type": "order_status", "parameters": [{"type": "order_status", "order_status": {
            "reference_id": reference_id,
            "order": {"status": status, "description": "This order has news."},
        }}]}],
    });
    let message = cloud_message(magic, &template);
    match provider {
        Provider::Kaleyra => json!({"messaging_object": message, "extra_info": {"ref": "our-key"}}),
        Provider::OneMsg | Provider::Meta => message,
    }
}

fn cloud_message(magic: u8, template: &Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": format!("+120255501{magic:02}"),
        "type": "template",
        "template": template,
    })
}
