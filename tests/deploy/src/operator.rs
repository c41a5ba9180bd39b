//! The operator's tool and its Studio, on the deployed stack.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;

use crate::harness::{Harness, wait_for};
use crate::stack::STACK;

/// The time limit of a page. The page Live reads each function's log several times.
const PAGE_LIMIT: Duration = Duration::from_mins(1);

/// Reads the order of a message that fell back to a text message, by `ops status` and on the pages of `ops studio`.
pub async fn look_at(harness: &Harness, order: &str) -> anyhow::Result<()> {
    let status = harness.aws.ops(&["status", order, "--stack", STACK, "--json"]).await?;
    let status: Value = serde_json::from_str(&status).context("ops status printed no JSON")?;
    let notifications = status.get("notifications").and_then(Value::as_array).into_iter().flatten();
    let is_delivered =
        |follower: &Value| follower["message"] == "a text message" && follower["delivery"] == "delivered";
    let mut followers = notifications.filter_map(|it| it.get("followed_by")?.as_array()).flatten();
    anyhow::ensure!(followers.any(is_delivered), "ops status says {status:#}");

    let started = harness.aws.start_ops(&["studio", "--stack", STACK]).await?;
    let mut words = started.first_line().split_whitespace();
    let address = words.find(|word| word.starts_with("http://")).context("ops studio printed no address")?;
    let browser = Browser::enter(address.parse()?).await?;
    browser.expect("/", "A stack keeps no list of its orders").await?;
    let order = format!("/orders/{order}");
    for expected in ["Then: a text message", "reported: delivered"] {
        browser.expect(&order, expected).await?;
    }
    browser.expect("/attention", "Held notifications").await?;
    // The emulator doesn't know searches among metrics.
    browser.expect("/figures", "answer is not complete").await?;
    // The lines come to the log a little later.
    wait_for("the log lines on the page Live", async || {
        let page = browser.page("/live").await?;
        Ok(if page.contains(&format!("href=\"{order}\"")) { Ok(()) } else { Err(page) })
    })
    .await
}

/// Reads pages as a browser without script does.
struct Browser {
    client: Client,
    address: Url,
    cookie: String,
}

impl Browser {
    /// Opens the printed address, which gives the browser its cookie.
    async fn enter(address: Url) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().tls_certs_only([]).redirect(Policy::none());
        let client = client.timeout(PAGE_LIMIT).build()?;
        let answer = client.get(address.clone()).send().await?;
        let cookie = answer.headers().get(SET_COOKIE).context("the Studio sets no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { client, address, cookie })
    }

    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.client.get(self.address.join(path)?).header(COOKIE, &self.cookie).send().await?;
        let (status, page) = (answer.status(), answer.text().await?);
        anyhow::ensure!(status == StatusCode::OK, "the Studio's {path} answers {status}: {page}");
        Ok(page)
    }

    async fn expect(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let page = self.page(path).await?;
        anyhow::ensure!(page.contains(text), "the Studio's {path} doesn't show {text:?}: {page}");
        Ok(())
    }
}
