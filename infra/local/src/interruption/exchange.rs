//! One exchange over raw TCP, so that hangs, resets and interrupted replies pass unchanged.
//!
//! Every connection carries one exchange: the request is forwarded with `Connection: close`, so that the reply ends
//! with the connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const MAX_HEAD_BYTES: usize = 64 * 1024;
const CHUNK: usize = 16 * 1024;
/// A peer that is silent for this long has finished its work. Shorter than any send's timeout.
const SILENCE: Duration = Duration::from_millis(1500);
/// DynamoDB's reply to a write that returns nothing.
const FORGED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\
    connection: close\r\n\r\n{}";

/// A request as it was received.
pub(super) struct Request {
    pub(super) method: String,
    /// With the query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads a request; none if the client has closed the connection without sending any bytes.
    pub(super) async fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if bytes.len() > MAX_HEAD_BYTES {
                return Err(invalid("the head of a request is too long"));
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return if bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let mut body = bytes.split_off(head + 4);
        let mut request = Self::parse(&bytes).ok_or_else(|| invalid("no HTTP request"))?;
        let length = match request.header("content-length") {
            Some(length) => length.parse().map_err(|_| invalid("a content length that is no number"))?,
            None if request.header("transfer-encoding").is_some() => {
                return Err(invalid("a chunked request"));
            }
            None => 0,
        };
        while body.len() < length {
            if stream.read_buf(&mut body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = body;
        Ok(Some(request))
    }

    fn parse(head: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(head).ok()?.trim_end().split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<_>>()?;
        Some(Self { method, path, headers, body: Vec::new() })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(of, value)| of.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }

    /// Sends the request to this address and path.
    pub(super) async fn send(&self, to: SocketAddr, path: &str) -> io::Result<TcpStream> {
        let mut head = format!("{} {path} HTTP/1.1\r\n", self.method);
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("connection") {
                for part in [name, ": ", value, "\r\n"] {
                    head.push_str(part);
                }
            }
        }
        head += "connection: close\r\n\r\n";
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(&bytes).await?;
        Ok(stream)
    }
}

/// Forwards the reply until either side ends. A reset is forwarded as a reset.
pub(super) async fn pass_on(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let (mut reply, mut gone) = (vec![0; CHUNK], [0; 1]);
    loop {
        let read = tokio::select! {
            read = from.read(&mut reply) => read,
            // The client sends nothing more, so this read returns only when it disconnects.
            _ended = to.read(&mut gone) => return Ok(()),
        };
        match read {
            Ok(0) => return to.shutdown().await,
            Ok(count) => to.write_all(reply.get(..count).unwrap_or_default()).await?,
            Err(_reset) => return to.set_zero_linger(),
        }
    }
}

/// Waits until the server has processed the request, and discards its reply.
pub(super) async fn swallow(mut from: TcpStream) {
    let mut reply = vec![0; CHUNK];
    while let Ok(Ok(1..)) = timeout(SILENCE, from.read(&mut reply)).await {}
}

/// Replies that a write succeeded.
pub(super) async fn forge(to: &mut TcpStream) -> io::Result<()> {
    to.write_all(FORGED).await?;
    to.shutdown().await
}

/// Sends nothing until the client has disconnected.
pub(super) async fn until_gone(mut stream: TcpStream) {
    let mut byte = [0; 1];
    while let Ok(1..) = stream.read(&mut byte).await {}
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
