//! A browser in which a story happens.

use serde_json::{Value, json};
use url::Url;

use crate::chromedriver::Chromedriver;
use crate::site::Site;
use crate::webdriver::Session;

/// The arguments of every browser. For the user root there is no sandbox, and only our own pages are opened.
const ARGUMENTS: [&str; 7] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    // A click would come while the page still scrolls.
    "--force-prefers-reduced-motion",
];
/// Of Chromium's settings, the one that blocks every page's scripts.
const NO_JAVASCRIPT: &str = "profile.managed_default_content_settings.javascript";
const BLOCKED: u8 = 2;
/// The time zone of a browser for whose story it doesn't matter.
const TIME_ZONE: &str = "UTC";

/// The colours that the operator's system asks for.
#[derive(Debug, Clone, Copy)]
pub enum Colours {
    Light,
    Dark,
}

/// A new browser without history, cookies or access. It is closed when this is dropped.
pub struct Browser {
    pub session: Session,
    _chromedriver: Chromedriver,
}

impl Browser {
    pub async fn open() -> Self {
        Self::start(TIME_ZONE, &json!({})).await
    }

    pub async fn in_time_zone(time_zone: &str) -> Self {
        Self::start(time_zone, &json!({})).await
    }

    /// A browser whose user has turned JavaScript off.
    pub async fn without_javascript() -> Self {
        Self::start(TIME_ZONE, &json!({ NO_JAVASCRIPT: BLOCKED })).await
    }

    async fn start(time_zone: &str, preferences: &Value) -> Self {
        let chromedriver = Chromedriver::start(time_zone);
        let options = json!({ "args": ARGUMENTS, "prefs": preferences });
        let session = Session::open(&chromedriver.url(), &options).await;
        Self { session, _chromedriver: chromedriver }
    }

    /// Opens the address that the Studio has printed, as an operator does.
    pub async fn enter(&self, site: &Site) {
        self.go(site.address()).await;
    }

    pub async fn go(&self, address: &str) {
        self.session.post("/url", json!({ "url": address })).await;
    }

    /// The address without the scheme, the host and the port.
    pub async fn path(&self) -> String {
        let url: Url = self.session.get("/url").await.as_str().unwrap().parse().unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    pub async fn title(&self) -> String {
        self.session.get("/title").await.as_str().unwrap().to_owned()
    }

    /// Runs a script in the page and returns its result. The page's own policy doesn't concern it.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.session.post("/execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// Like [`run`](Self::run), for a script that calls its last argument with the result.
    pub async fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        self.session.post("/execute/async", json!({ "script": script, "args": arguments })).await
    }

    pub async fn set_colours(&self, colours: Colours) {
        let value = match colours {
            Colours::Light => "light",
            Colours::Dark => "dark",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.session.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// A window can't be as narrow as a phone's: only what the page sees of it changes.
    pub async fn set_size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.session.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// From now on, commands are about the page in the first frame, or about the whole page again.
    pub async fn look_into_frame(&self, is_inside: bool) {
        self.session.post("/frame", json!({ "id": is_inside.then_some(0) })).await;
    }
}
