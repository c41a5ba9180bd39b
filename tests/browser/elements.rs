//! What a person does with the elements of a page. Each is named by a CSS selector and may still have to appear.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::browser::Browser;
use crate::webdriver::Element;

/// A page needs a few milliseconds; a busy machine may need many times that.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

impl Browser {
    pub async fn find(&self, css: &str) -> Element {
        let started = Instant::now();
        loop {
            if let Some(element) = self.session.find_all(css).await.into_iter().next() {
                return element;
            }
            if started.elapsed() > PATIENCE {
                let page = self.session.get("/source").await;
                panic!("no {css} at {}: {page}", self.path().await);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.session.post(&element.path("click"), json!({})).await;
    }

    /// Types into a field, after what is there.
    pub async fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.session.post(&element.path("value"), json!({ "text": text })).await;
    }

    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let element = self.find(css).await;
        self.session.get(&element.path(&format!("attribute/{name}"))).await.as_str().map(str::to_owned)
    }

    /// What can be seen of the first of these elements.
    pub async fn text(&self, css: &str) -> String {
        let element = self.find(css).await;
        self.text_of(&element).await
    }

    /// What can be seen of all of these elements, without those that are hidden.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.session.find_all(css).await {
            texts.push(self.text_of(&element).await);
        }
        texts.retain(|text| !text.is_empty());
        texts
    }

    async fn text_of(&self, element: &Element) -> String {
        self.session.get(&element.path("text")).await.as_str().unwrap().to_owned()
    }

    /// Waits until one of these elements shows this text. Reads them by one script, because a script of the page may replace them
    /// at any time.
    pub async fn until_shown(&self, css: &str, text: &str) {
        let started = Instant::now();
        loop {
            let script =
                "return [...document.querySelectorAll(arguments[0])].map(element => element.innerText);";
            let shown = self.run(script, &[css.into()]).await;
            let mut texts = shown.as_array().unwrap().iter().filter_map(|shown| shown.as_str());
            if texts.any(|shown| shown.contains(text)) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "waited for {text:?} in {css}; there is {shown}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
