//! The upload of a template's sample file.

use reqwest::Method;
use serde_json::json;

use super::administration::code;
use super::desk::{Desk, Got, got};
use crate::{Endpoint, Provider};

const META: Provider = Provider::Meta;

impl Desk {
    async fn open_upload(&self, query: &str) -> Got {
        let app = self.simulator.account().meta.app_id;
        let url = format!("{}/v25.0/{app}/uploads?{query}", self.simulator.base_url(META));
        got(self.client.post(url)).await
    }

    async fn upload(&self, id: &str, authorization: &str, offset: Option<&str>, file: &'static [u8]) -> Got {
        let url = format!("{}/v25.0/{id}", self.simulator.base_url(META));
        let mut request = self.client.post(url).header("Authorization", authorization).body(file);
        if let Some(offset) = offset {
            request = request.header("file_offset", offset);
        }
        got(request).await
    }

    /// Uploads a file of three bytes; the result is its handle.
    pub async fn handle(&self, file_type: &str) -> String {
        let token = self.simulator.account().meta.token;
        let query = format!("file_name=sample&file_length=3&file_type={file_type}&access_token={token}");
        let opened = self.open_upload(&query).await;
        let id = opened.body["id"].as_str().unwrap_or_else(|| panic!("{}", opened.text)).to_owned();
        let uploaded = self.upload(&id, &format!("OAuth {token}"), Some("0"), b"abc").await;
        uploaded.body["h"].as_str().unwrap_or_else(|| panic!("{}", uploaded.text)).to_owned()
    }
}

#[tokio::test]
async fn a_file_is_uploaded_in_two_steps() {
    let desk = Desk::start().await;
    let token = desk.simulator.account().meta.token;
    let query = format!("file_length=3&file_type=image/png&file_name=box.png&access_token={token}");
    let opened = desk.open_upload(&query).await;
    let id = opened.body["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("upload:") && id.contains("?sig=AR"), "{id}");
    assert_eq!(opened.body, json!({"id": id}));
    let uploaded = desk.upload(&id, &format!("OAuth {token}"), Some("0"), b"abc").await;
    let handle = uploaded.body["h"].as_str().unwrap();
    assert!(handle.starts_with("4:aW1hZ2UvcG5n:"), "{handle}");
    assert_eq!(uploaded.body, json!({"h": handle}));
    assert_eq!(desk.simulator.ledger().requests_to(META, Endpoint::Upload), 2);
    // A session takes one file.
    assert_eq!(code(&desk.upload(&id, &format!("OAuth {token}"), Some("0"), b"abc").await), (400, 100, 33));
}

#[tokio::test]
async fn a_session_needs_a_token_an_app_and_a_description() {
    let desk = Desk::start().await;
    let account = desk.simulator.account().meta;
    let right = format!("file_name=a&file_length=3&file_type=image/png&access_token={}", account.token);
    for (from, to, expected) in [
        (account.token.as_str(), "EAA0", (401, 190, 0)),
        ("file_name=a&", "", (400, 100, 0)),
        ("file_length=3", "file_length=three", (400, 100, 0)),
        ("&file_length=3", "", (400, 100, 0)),
        ("image/png", "image/gif", (400, 100, 0)),
    ] {
        let got = desk.open_upload(&right.replace(from, to)).await;
        assert_eq!(code(&got), expected, "{to}: {}", got.text);
    }
    let base = desk.simulator.base_url(META);
    let elsewhere = format!("{base}/v25.0/{}/uploads?{right}", account.waba_id);
    assert_eq!(code(&got(desk.client.post(elsewhere)).await), (400, 100, 33));
    let read = format!("{base}/v25.0/{}/uploads?{right}", account.app_id);
    assert_eq!(code(&got(desk.client.get(read)).await), (400, 100, 33));
    // The token may be in the header in place of the query.
    let plain = right.replace(&format!("&access_token={}", account.token), "");
    let url = format!("{base}/v25.0/{}/uploads?{plain}", account.app_id);
    assert_eq!(got(desk.request(META, Method::POST, &url)).await.status, 200);
}

#[tokio::test]
async fn a_file_needs_its_session_its_headers_and_its_length() {
    let desk = Desk::start().await;
    let token = desk.simulator.account().meta.token;
    let query = format!("file_name=a&file_length=3&file_type=image/png&access_token={token}");
    let id = desk.open_upload(&query).await.body["id"].as_str().unwrap().to_owned();
    let oauth = format!("OAuth {token}");
    let (unsigned, _) = id.split_once('?').unwrap();
    let encoded = id.replace('?', "%3F");
    for (id, authorization, offset, file, expected) in [
        (id.as_str(), "OAuth EAA0", Some("0"), b"abc".as_slice(), (401, 190, 0)),
        (&id, &format!("Bearer {token}"), Some("0"), b"abc", (401, 190, 0)),
        (unsigned, &oauth, Some("0"), b"abc", (400, 100, 33)),
        (&encoded, &oauth, Some("0"), b"abc", (400, 100, 33)),
        ("upload:nothing", &oauth, Some("0"), b"abc", (400, 100, 33)),
        (&id, &oauth, None, b"abc", (400, 100, 0)),
        (&id, &oauth, Some("1"), b"bc", (400, 100, 0)),
        (&id, &oauth, Some("0"), b"ab", (400, 100, 0)),
    ] {
        let got = desk.upload(id, authorization, offset, file).await;
        assert_eq!(code(&got), expected, "{}", got.text);
    }
    assert_eq!(desk.upload(&id, &oauth, Some("0"), b"abc").await.status, 200);
}
