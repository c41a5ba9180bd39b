//! A slow 1MSG that counts concurrent requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Long enough for all concurrent requests to overlap.
const REPLY_AFTER: Duration = Duration::from_millis(300);

/// The provider. It stops listening when it is dropped.
pub struct SlowProvider {
    address: SocketAddr,
    count: Arc<Count>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Count {
    requests: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl SlowProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(Count::default());
        let counted = Arc::clone(&count);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&counted)));
            }
        });
        Self { address, count, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.count.requests.load(Ordering::SeqCst)
    }

    pub fn max_concurrent(&self) -> usize {
        self.count.most.load(Ordering::SeqCst)
    }
}

impl Drop for SlowProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Every request uses its own connection, and its head and body arrive in a few reads. Bytes that arrive after the
/// reply don't matter.
async fn answer(mut connection: TcpStream, count: Arc<Count>) {
    let mut request = vec![0; 16 * 1024];
    let Ok(1..) = connection.read(&mut request).await else { return };
    let number = count.requests.fetch_add(1, Ordering::SeqCst) + 1;
    let now = count.now.fetch_add(1, Ordering::SeqCst) + 1;
    count.most.fetch_max(now, Ordering::SeqCst);
    tokio::time::sleep(REPLY_AFTER).await;
    count.now.fetch_sub(1, Ordering::SeqCst);
    let body = format!(r#"{{"sent":true,"id":"wamid.slow{number}"}}"#);
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let reply = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
    connection.write_all(reply.as_bytes()).await.unwrap();
}
