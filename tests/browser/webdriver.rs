//! A client of the protocol that drives browsers: <https://www.w3.org/TR/webdriver2/>.
//!
//! The protocol is a dozen of JSON requests. The crates for it cost more: fantoccini links an older HTTP crate, an older ICU and
//! other features of the AWS SDK's crates, and thirtyfour keeps the order of keys in every development build's JSON
//! (`serde_json/preserve_order`), which no function does.

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The key of an element's id: <https://www.w3.org/TR/webdriver2/#elements>.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session: one browser.
pub struct Session {
    client: Client,
    url: String,
}

/// An element of the page that is open.
#[derive(Debug, Clone)]
pub struct Element(Value);

impl Session {
    /// Opens a browser with these options:
    /// <https://developer.chrome.com/docs/chromedriver/capabilities#chromeoptions_object>.
    pub async fn open(driver: &str, options: &Value) -> Self {
        let client = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let mut session = Self { client, url: format!("{driver}/session") };
        let capabilities =
            json!({ "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } });
        let opened = session.post("", json!({ "capabilities": capabilities })).await;
        session.url = format!("{}/{}", session.url, opened["sessionId"].as_str().unwrap());
        session
    }

    pub async fn get(&self, path: &str) -> Value {
        self.command(Method::GET, path, None).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, Some(body)).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The command's value, or the driver's error.
    async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = body.iter().fold(request, reqwest::RequestBuilder::json);
        let answer =
            request.send().await.map_err(|error| format!("chromedriver doesn't answer: {error:?}"))?;
        let is_success = answer.status().is_success();
        let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
        if is_success { Ok(answer["value"].take()) } else { Err(answer["value"]["message"].to_string()) }
    }

    /// Runs a command of Chromium's own protocol, for what the standard one has no command for:
    /// <https://chromedevtools.github.io/devtools-protocol/>.
    pub async fn devtools(&self, name: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": name, "params": parameters })).await
    }

    /// The elements, in the order of the page.
    pub async fn find_all(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css })).await;
        found.as_array().unwrap().iter().cloned().map(Element).collect()
    }
}

impl Element {
    /// The path of a command about it.
    pub fn path(&self, command: &str) -> String {
        format!("/element/{}/{command}", self.0[ELEMENT].as_str().unwrap())
    }
}
