//! A local server that handles each connection according to the test's script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What to do with a connection after its request was read.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Send these bytes and close the connection.
    Reply(Vec<u8>),
    /// Send these bytes, then leave the connection open without sending anything more.
    ReplyThenHang(Vec<u8>),
    /// Send these bytes, and again after the next request on the same connection.
    Keep(Vec<u8>),
    /// Send these bytes without a `Connection: close` header, and close the connection a moment later.
    ReplyThenClose(Vec<u8>),
    /// Reset the connection.
    Reset,
    /// Close the connection.
    Close,
}

/// A reply whose content length is correct.
pub(super) fn reply(status: &str, headers: &str, body: &str) -> Act {
    cut(status, headers, body, body.len())
}

/// A reply that announces `length` bytes of body.
pub(super) fn cut(status: &str, headers: &str, body: &str, length: usize) -> Act {
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    Act::Reply((head + body).into_bytes())
}

pub(super) struct Server {
    pub(super) url: Url,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Handles one connection per act; the last act is repeated for all further connections.
    pub(super) async fn start(script: impl Into<Vec<Act>>) -> Self {
        let script = script.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let act = script[connection.min(script.len() - 1)].clone();
                tokio::spawn(serve(stream, act, Arc::clone(&log)));
            }
        });
        Self { url, requests, connections }
    }

    /// The number of connections so far.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests so far, in order of arrival.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, act: Act, log: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read(&mut stream).await else { return };
    log.lock().unwrap().push(request);
    match act {
        Act::Keep(bytes) => {
            let _ = stream.write_all(&bytes).await;
            while let Some(request) = read(&mut stream).await {
                log.lock().unwrap().push(request);
                let _ = stream.write_all(&bytes).await;
            }
        }
        Act::ReplyThenClose(bytes) => {
            let _ = stream.write_all(&bytes).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Act::Reply(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::ReplyThenHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        Act::Reset => stream.set_zero_linger().unwrap(),
        Act::Close => {}
    }
}

/// The next request; `None` if the connection has ended.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !is_complete(&request) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
    Some(String::from_utf8(request).unwrap())
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= length.parse().unwrap()
}
