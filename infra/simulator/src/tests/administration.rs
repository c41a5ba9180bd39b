//! The accounts' contents: templates, the number, the webhooks and the settings.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, Got, body_message, got};
use crate::{Acknowledgements, Provider, Reviews, TemplateKind, TemplateStatus, WebhookList};

const META: Provider = Provider::Meta;

impl Desk {
    fn templates_url(&self) -> String {
        format!(
            "{}/v25.0/{}/message_templates",
            self.simulator.base_url(META),
            self.simulator.account().meta.waba_id
        )
    }

    pub async fn list(&self, query: &str) -> Got {
        got(self.request(META, Method::GET, &format!("{}?{query}", self.templates_url()))).await
    }

    pub async fn create(&self, body: &Value) -> Got {
        got(self.request(META, Method::POST, &self.templates_url()).body(body.to_string())).await
    }
}

fn new_template() -> Value {
    json!({
        "name": "order_delayed", "language": "en_US", "category": "UTILITY",
        "components": [
            {"type": "BODY", "text": "Hello, {{1}}! Order #{{2}} is late.", "example": {"body_text": [["Alexey", "10482"]]}},
            {"type": "FOOTER", "text": "Sorry"},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Details", "url": "https://shop.example/orders"}]}
        ]
    })
}

pub fn code(got: &Got) -> (u16, u64, u64) {
    let number = |name| got.body["error"][name].as_u64().unwrap_or_default();
    (got.status, number("code"), number("error_subcode"))
}

#[tokio::test]
async fn all_templates_come_page_by_page() {
    let desk = Desk::start().await;
    let (mut names, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = desk.list(&format!("fields=name,language&limit=100&after={after}")).await.body;
        pages += 1;
        for template in page["data"].as_array().unwrap() {
            assert_eq!(template.as_object().unwrap().len(), 3, "what was asked for, and the id: {template}");
            names.push(format!(
                "{}/{}",
                template["name"].as_str().unwrap(),
                template["language"].as_str().unwrap()
            ));
        }
        if page["paging"]["next"].is_null() {
            break;
        }
        after = page["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    }
    assert!(pages > 1);
    names.sort();
    assert_eq!(
        names,
        [
            "order_cancelled/en_US",
            "order_cancelled/es",
            "order_return/en_US",
            "order_return/es",
            "order_status/en_US",
            "order_status/es",
            "stock_arrived/en_US",
            "stock_arrived/es"
        ]
    );
    assert_eq!(desk.list("limit=2").await.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_template_is_shown_with_its_components() {
    let desk = Desk::start().await;
    let list = desk.list("limit=1").await.body;
    assert_eq!(
        list["data"][0]["components"],
        json!([
            {"type": "BODY", "text": "Hello, {{1}}! Order #{{2}} for \"{{3}}\" has been cancelled. {{4}}."},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Order details", "url": "https://shop.example/orders"}
            ]}
        ])
    );
    assert_eq!(list["data"][0]["status"], "APPROVED");
    assert_eq!(list["data"][0]["parameter_format"], "POSITIONAL");
    assert!(list["data"][0].get("rejected_reason").is_none());
}

#[tokio::test]
async fn wrong_fields_limits_cursors_accounts_and_tokens_are_refused() {
    let desk = Desk::start().await;
    for query in ["fields=name,colour", "limit=0", "limit=many", "after=nonsense"] {
        assert_eq!(code(&desk.list(query).await), (400, 100, 0), "{query}");
    }
    let account = desk.simulator.account().meta;
    let elsewhere = desk.templates_url().replace(&account.waba_id, &account.phone_number_id);
    assert_eq!(code(&got(desk.request(META, Method::GET, &elsewhere)).await), (400, 100, 33));
    let stranger = desk.client.get(desk.templates_url()).header("Authorization", "Bearer EAA0");
    assert_eq!(code(&got(stranger).await), (401, 190, 0));
    assert_eq!(code(&got(desk.client.post(desk.templates_url())).await), (401, 190, 0));
    assert_eq!(code(&got(desk.request(META, Method::DELETE, &desk.templates_url())).await), (400, 100, 33));
}

#[tokio::test]
async fn a_new_template_is_listed_and_can_be_sent() {
    let desk = Desk::start().await;
    let created = desk.create(&new_template()).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!((&created.body["status"], &created.body["category"]), (&json!("APPROVED"), &json!("UTILITY")));
    let templates = desk.simulator.account().meta.templates;
    let held = templates.iter().find(|template| template.name == "order_delayed").unwrap();
    assert_eq!(json!(held.id), created.body["id"]);
    assert_eq!((held.variables(), held.footer.as_deref()), (2, Some("Sorry")));

    let mut message = body_message(META, 0);
    message["template"]["name"] = json!("order_delayed");
    message["template"]["components"][0]["parameters"].as_array_mut().unwrap().truncate(2);
    assert_eq!(desk.post(META, &message).await.status, 200);

    assert_eq!(code(&desk.create(&new_template()).await), (400, 100, 2_388_024));
    let mut spanish = new_template();
    spanish["language"] = json!("es");
    assert_eq!(desk.create(&spanish).await.status, 200);
}

#[tokio::test]
async fn an_order_status_template_needs_its_sub_category() {
    let desk = Desk::start().await;
    let mut body = new_template();
    body["sub_category"] = json!("ORDER_STATUS");
    body["components"] = json!([{"type": "BODY", "text": "News."}, {"type": "FOOTER", "text": "Thanks"}]);
    assert_eq!(desk.create(&body).await.status, 200);
    let templates = desk.simulator.account().meta.templates;
    assert_eq!(templates.last().unwrap().kind, TemplateKind::OrderStatus);
    body["category"] = json!("MARKETING");
    assert_eq!(code(&desk.create(&body).await), (400, 100, 0));
    body["sub_category"] = json!("ORDER_NEWS");
    assert_eq!(code(&desk.create(&body).await), (400, 100, 0));
}

#[tokio::test]
async fn a_new_template_that_is_wrong_is_refused() {
    let text = |text: &str| ("/components/0/text", json!(text));
    for ((place, value), subcode) in [
        (("/name", json!("Order Delayed")), 0),
        (("/name", json!("n".repeat(513))), 0),
        (("/name", Value::Null), 0),
        (("/language", json!("english")), 0),
        (("/language", json!("en-US")), 0),
        (("/category", json!("ORDER")), 0),
        (("/components", json!([])), 2_388_043),
        (("/components", json!("BODY")), 0),
        (("/components/0/type", json!("VIDEO")), 0),
        (text("{{1}} is late, {{2}}."), 2_388_299),
        (text("Late: {{1}} and {{2}}"), 2_388_299),
        (text("Hello, {{1}}! Order #{{3}} is late."), 2_388_072),
        (text("Hello, {{name}}! Order #{{2}} is late."), 2_388_072),
        (text("Hello, {{1}}! It is late."), 2_388_043),
        (text(&format!("{}{{{{1}}}}{{{{2}}}}.", "x".repeat(1014))), 2_388_040),
        (("/components/0/example", Value::Null), 2_388_043),
        (("/components/0/example/body_text", json!([["Alexey"]])), 2_388_043),
        (("/components/1/text", json!("x".repeat(61))), 2_388_040),
        (("/components/1/text", json!("Sorry, {{1}}")), 2_388_073),
        (("/components/2/buttons", json!([])), 0),
        (("/components/2/buttons/0/text", json!("x".repeat(26))), 2_388_040),
        (("/components/2/buttons/0/url", json!("shop.example")), 0),
    ] {
        let desk = Desk::start().await;
        let before = desk.simulator.account().meta.templates;
        let mut body = new_template();
        *body.pointer_mut(place).unwrap() = value;
        let got = desk.create(&body).await;
        assert_eq!(code(&got), (400, 100, subcode), "{place}: {}", got.text);
        assert_eq!(desk.simulator.account().meta.templates, before);
    }
}

#[tokio::test]
async fn a_review_may_take_its_time() {
    let desk = Desk::start().await;
    desk.simulator.set_reviews(Reviews::Later);
    assert_eq!(desk.create(&new_template()).await.body["status"], "PENDING");
}

#[tokio::test]
async fn a_template_that_is_not_approved_can_not_be_sent() {
    for (status, code, listed) in [
        (TemplateStatus::Pending, (404, 132_001, 0), "PENDING"),
        (TemplateStatus::Rejected, (404, 132_001, 0), "REJECTED"),
        (TemplateStatus::Paused, (400, 132_015, 0), "PAUSED"),
        (TemplateStatus::Disabled, (400, 132_016, 0), "DISABLED"),
    ] {
        let desk = Desk::start().await;
        desk.simulator.change_templates(META, |templates| {
            for template in templates.iter_mut() {
                template.status = status;
            }
        });
        assert_eq!(self::code(&desk.send(META, 0).await), code);
        let list = desk.list("fields=status,rejected_reason&limit=1").await.body;
        assert_eq!(list["data"][0]["status"], listed);
        assert_eq!(list["data"][0]["rejected_reason"] == "NONE", status != TemplateStatus::Rejected);
    }
}

#[tokio::test]
async fn the_number_is_read_with_its_own_token() {
    let desk = Desk::start().await;
    let account = desk.simulator.account().meta;
    let url = format!("{}/v25.0/{}", desk.simulator.base_url(META), account.phone_number_id);
    let number = got(desk.request(META, Method::GET, &format!("{url}?fields=verified_name"))).await;
    assert_eq!(number.body, json!({"verified_name": "The Shop", "id": account.phone_number_id}));
    assert_eq!(got(desk.request(META, Method::GET, &url)).await.body["quality_rating"], "GREEN");
    assert_eq!(
        code(&got(desk.request(META, Method::GET, &format!("{url}?fields=colour"))).await),
        (400, 100, 0)
    );
    assert_eq!(code(&got(desk.client.get(&url)).await), (401, 190, 0));
    assert_eq!(code(&got(desk.request(META, Method::GET, &format!("{url}0"))).await), (400, 100, 33));
}

#[tokio::test]
async fn the_number_shows_where_its_callbacks_go() {
    let desk = Desk::start().await;
    let id = desk.simulator.account().meta.phone_number_id;
    let url = format!("{}/v25.0/{id}?fields=webhook_configuration", desk.simulator.base_url(META));
    let reply = got(desk.request(META, Method::GET, &url)).await.body;
    let webhook = format!("{}/webhooks/meta", desk.receiver.base);
    assert_eq!(reply, json!({"webhook_configuration": {"application": webhook}, "id": id}));
}

#[tokio::test]
async fn an_account_without_a_subscribed_app_gets_no_callbacks() {
    let desk = Desk::start().await;
    let url = desk.templates_url().replace("message_templates", "subscribed_apps");
    let read = async || got(desk.request(META, Method::GET, &url)).await.body;
    assert_eq!(read().await["data"].as_array().unwrap().len(), 1);
    desk.simulator.change_subscribed_apps(Vec::clear);
    assert_eq!(read().await, json!({"data": []}));
    desk.send(META, 3).await;
    desk.simulator.callbacks_settled().await;
    assert!(desk.receiver.calls().is_empty());

    assert_eq!(got(desk.request(META, Method::POST, &url)).await.body, json!({"success": true}));
    assert_eq!(read().await["data"][0]["whatsapp_business_api_data"]["name"], "The shop's notifications");
    desk.send(META, 3).await;
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["failed"]);
    assert_eq!(code(&got(desk.client.get(&url)).await), (401, 190, 0));
}

#[tokio::test]
async fn kaleyra_tells_the_templates_of_its_account() {
    const P: Provider = Provider::Kaleyra;
    let desk = Desk::start().await;
    let account = desk.simulator.account().kaleyra;
    let base = desk.simulator.base_url(P);
    let url = format!("{base}/v2/{}/whatsapp/{}/message_templates", account.sid, account.waba_id);
    let list = got(desk.request(P, Method::GET, &url)).await;
    assert_eq!((list.status, &list.body["code"]), (200, &json!("WA200")));
    assert_eq!(list.body["data"].as_array().unwrap().len(), 8);
    assert_eq!(list.body["data"][0]["components"][0]["type"], "BODY");
    let stranger = got(desk.client.get(&url).header("api-key", "A0")).await;
    assert_eq!((stranger.status, &stranger.body["code"]), (401, &json!("RBC001")));
    let elsewhere = url.replace(&account.waba_id, "100000000000000");
    assert_eq!(got(desk.request(P, Method::GET, &elsewhere)).await.body["code"], "WA401");
}

#[tokio::test]
async fn one_msgs_webhooks_and_settings_are_told_as_they_are() {
    const P: Provider = Provider::OneMsg;
    let desk = Desk::start().await;
    let url = |path: &str| desk.url(P).replace("sendTemplate", path);
    let read = async |path: &str| got(desk.request(P, Method::GET, &url(path))).await.body;
    desk.simulator
        .set_one_msg_webhooks(vec!["https://a.example/x".to_owned(), "https://b.example".to_owned()]);
    assert_eq!(read("webhook").await, json!({"webhookUrl": ["https://a.example/x", "https://b.example"]}));
    desk.simulator.set_one_msg_webhook_list_format(WebhookList::Text);
    let text = json!({"webhookUrl": "https://a.example/x,https://b.example", "ackNotificationsOn": true});
    assert_eq!(read("settings").await, text);

    desk.simulator.set_acknowledgements(Acknowledgements::Off);
    assert_eq!(read("settings").await["ackNotificationsOn"], false);
    let nothing = got(desk.request(P, Method::POST, &url("settings")).body("{}")).await;
    assert_eq!(nothing.body, json!({"ackNotificationsOn": false}), "what isn't named stays as it is");

    let one = json!({"webhookUrl": "https://c.example"});
    assert_eq!(got(desk.request(P, Method::POST, &url("webhook")).body(one.to_string())).await.status, 200);
    assert_eq!(desk.simulator.one_msg_webhooks(), ["https://c.example"]);
    assert_eq!(got(desk.client.get(url("settings"))).await.status, 401);
    assert_eq!(got(desk.client.get(url("webhook"))).await.status, 401);
}
