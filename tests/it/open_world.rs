//! Undocumented events, replies, callbacks and calls, as public bug reports, SDKs and recordings show them, through
//! the whole system. The tests check the customer's message and the shop's status events.

mod callbacks;
mod calls;
mod events;
mod payments;
mod refusals;
mod replies;
mod waits;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use shared::provider::Provider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::Opening;

/// A provider whose replies are scripted byte for byte, for each order. It speaks HTTP/1.1, and closes every
/// connection.
#[derive(Clone)]
struct Scripted {
    provider: Provider,
    url: String,
    scripts: Arc<Mutex<BTreeMap<String, Script>>>,
}

/// The replies about one order.
struct Script {
    /// Sent in this order; the last one is repeated.
    replies: Vec<Vec<u8>>,
    requests: Vec<Value>,
}

impl Scripted {
    async fn start(provider: Provider) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let scripted = Self { provider, url, scripts: Arc::default() };
        let accepting = scripted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        scripted
    }

    /// A shop that asks this provider first.
    fn opening(&self) -> Opening {
        let setting = format!("{}_BASE_URL", self.provider.name().to_uppercase());
        Opening::default().preferring(self.provider).setting(&setting, &self.url)
    }

    /// A shop with this provider alone for arrived stock.
    fn opening_alone(&self) -> Opening {
        let name = self.provider.name();
        self.opening().catalogue(move |catalogue| {
            catalogue["notifications"]["stock-arrived"]["providers"] = toml::Value::from(vec![name]);
        })
    }

    /// Answers the sends about an order with these replies.
    fn answer(&self, order: &str, replies: Vec<Vec<u8>>) {
        let script = Script { replies, requests: Vec::new() };
        self.scripts.lock().unwrap().insert(order.to_owned(), script);
    }

    /// The number of send requests about an order.
    fn asked(&self, order: &str) -> usize {
        self.scripts.lock().unwrap()[order].requests.len()
    }

    /// Our reference in the last request about an order.
    fn reference(&self, order: &str) -> String {
        let scripts = self.scripts.lock().unwrap();
        let request = scripts[order].requests.last().unwrap();
        let member = ["/extra_info/ref", "/biz_opaque_callback_data"];
        let reference = member.iter().find_map(|member| request.pointer(member)).unwrap();
        reference.as_str().unwrap().to_owned()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(request) = body(&mut stream).await else { return };
        let text = request.to_string();
        let reply = {
            let mut scripts = self.scripts.lock().unwrap();
            // The order's number is one of the message's variables.
            let is_about = |order: &str| text.contains(&format!("\"text\":\"{order}\""));
            let script = scripts.iter_mut().find(|(order, _)| is_about(order)).unwrap().1;
            script.requests.push(request);
            let turn = script.requests.len().min(script.replies.len()) - 1;
            script.replies[turn].clone()
        };
        let _written = stream.write_all(&reply).await;
        let _closed = stream.shutdown().await;
    }
}

/// A request's body; none if the connection ends before.
async fn body(stream: &mut TcpStream) -> Option<Value> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if request.len() >= end + 4 + length.parse::<usize>().unwrap() {
                return Some(serde_json::from_slice(&request[end + 4..]).unwrap());
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

/// A complete reply with this status line, headers and body.
fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn json_reply(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    http(status, "content-type: application/json\r\n", body)
}

/// A text in UTF-16, little-endian.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
