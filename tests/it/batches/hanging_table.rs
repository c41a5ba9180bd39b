//! A table that never answers an update of one order's items, and forwards every other request.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

struct Upstream {
    url: String,
    hanging: String,
    client: reqwest::Client,
}

/// The table's endpoint. It stops listening when it is dropped.
pub struct HangingTable {
    url: String,
    task: JoinHandle<()>,
}

impl HangingTable {
    /// Starts to listen in front of the table at `upstream`.
    pub async fn start(upstream: &str, order: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = Upstream {
            url: upstream.to_owned(),
            hanging: format!("ORDER#{order}\""),
            client: reqwest::Client::new(),
        };
        let router = Router::new().fallback(pass_on).with_state(Arc::new(upstream));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, task }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for HangingTable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(State(upstream): State<Arc<Upstream>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let target = head.headers["x-amz-target"].to_str().unwrap();
    if target.ends_with("UpdateItem") && std::str::from_utf8(&body).unwrap().contains(&upstream.hanging) {
        std::future::pending::<()>().await;
    }
    let mut passed_on = upstream.client.post(&upstream.url).body(body);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != "host") {
        passed_on = passed_on.header(name, value);
    }
    let reply = passed_on.send().await.unwrap();
    let mut response = Response::builder().status(reply.status());
    for (name, value) in reply.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.bytes().await.unwrap())).unwrap()
}
