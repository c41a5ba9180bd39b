//! A proxy to the table that loses replies to claims, both of notifications and of an order's place in its sequence of
//! statuses: the claim is written, and the connection ends before the reply. The function's retry finds its own write.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::exchange::{self, Request};

/// Half of the replies, so that sometimes every try of a claim gets no reply.
const SHARE: f64 = 0.5;

/// The proxy. It closes when it is dropped.
#[derive(Debug)]
pub struct LostReplies {
    address: SocketAddr,
    book: Arc<Book>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Book {
    rng: Mutex<StdRng>,
    is_losing: AtomicBool,
    lost: AtomicUsize,
}

impl Drop for LostReplies {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl LostReplies {
    /// Opens a proxy to the table at this address, which loses no reply yet.
    pub(crate) async fn open(table: &str, seed: u64) -> anyhow::Result<Self> {
        let table = table.strip_prefix("http://").and_then(|address| address.parse().ok());
        let table: SocketAddr = table.context("the table has no local address")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("the proxy to the table can't listen")?;
        let address = listener.local_addr()?;
        let book = Arc::new(Book {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            is_losing: AtomicBool::new(false),
            lost: AtomicUsize::new(0),
        });
        let server = tokio::spawn(serve(listener, table, Arc::clone(&book)));
        Ok(Self { address, book, server })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts or stops losing replies.
    pub fn set_losing(&self, is_losing: bool) {
        self.book.is_losing.store(is_losing, Ordering::Release);
    }

    /// The number of lost replies until now.
    pub fn count(&self) -> usize {
        self.book.lost.load(Ordering::Acquire)
    }
}

impl Book {
    /// Whether the reply to this request is lost.
    fn loses(&self, request: &Request) -> bool {
        let is_lost = self.is_losing.load(Ordering::Acquire)
            && claims(request)
            && self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_bool(SHARE);
        self.lost.fetch_add(usize::from(is_lost), Ordering::AcqRel);
        is_lost
    }
}

/// Whether the request claims a notification, or an order's progress for a status.
fn claims(request: &Request) -> bool {
    let target = request.header("x-amz-target").unwrap_or_default();
    let state = match target.rsplit('.').next() {
        Some("PutItem") => "/Item/state/S",
        Some("UpdateItem") => "/ExpressionAttributeValues/:state/S",
        _ => return false,
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    body.pointer(state).is_some_and(|state| state == "sending")
        || body.pointer("/ExpressionAttributeValues/:sending").is_some()
}

async fn serve(listener: TcpListener, table: SocketAddr, book: Arc<Book>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let book = Arc::clone(&book);
        connections.spawn(async move {
            if let Err(error) = serve_one(stream, table, &book).await {
                tracing::debug!(%error, "an exchange with the table was interrupted");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_one(mut stream: TcpStream, table: SocketAddr, book: &Book) -> io::Result<()> {
    let Some(request) = Request::read(&mut stream).await? else { return Ok(()) };
    let is_lost = book.loses(&request);
    let reply = request.send(table, &request.path).await?;
    if is_lost {
        exchange::swallow(reply).await;
        return Ok(());
    }
    exchange::pass_on(reply, stream).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::routing::post;
    use serde_json::json;

    use super::*;
    use crate::server::{Ports, Server};

    #[tokio::test]
    async fn only_replies_to_written_claims_are_lost() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answer = move || {
            count.fetch_add(1, Ordering::AcqRel);
            async { "{}" }
        };
        let listener = Ports::Any.listen(0, "a table").await.unwrap();
        let table = Server::start(listener, Router::new().route("/", post(answer))).unwrap();
        let replies = LostReplies::open(&table.url(), 1).await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        let claim = json!({"Item": {"state": {"S": "sending"}}});
        let place = json!({"ExpressionAttributeValues": {":sending": {"M": {}}}});
        let move_on = json!({"ExpressionAttributeValues": {":state": {"S": "sending"}}});
        let settle = json!({"ExpressionAttributeValues": {
            ":known_state": {"S": "sending"}, ":state": {"S": "accepted"}}});
        let mut lost = [0; 4];
        for is_losing in [false, true] {
            replies.set_losing(is_losing);
            for _ in 0..20 {
                let updates = [&place, &move_on, &settle].map(|body| ("UpdateItem", body));
                let requests = [("PutItem", &claim)].into_iter().chain(updates);
                for (number, (operation, body)) in requests.enumerate() {
                    let request = client.post(replies.url()).body(body.to_string());
                    let request = request.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
                    lost[number] += usize::from(request.send().await.is_err());
                }
            }
            assert!(is_losing || lost == [0; 4]);
        }
        assert!(lost[..3].iter().all(|lost| *lost > 3) && lost[3] == 0, "{lost:?}");
        assert_eq!(replies.count(), lost[..3].iter().sum::<usize>());
        assert_eq!(asked.load(Ordering::Acquire), 160, "the engine executed each of them");
    }
}
