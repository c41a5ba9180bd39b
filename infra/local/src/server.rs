//! An HTTP server on the loopback interface that ends when it is dropped.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The ports of one instance's servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// Any free port for each server, so that several instances can run side by side.
    Any,
    /// This port and the following ones.
    From(u16),
}

impl Ports {
    /// The port with this offset; 0 means any.
    pub fn number(self, offset: u16) -> anyhow::Result<u16> {
        match self {
            Self::Any => Ok(0),
            Self::From(base) => base.checked_add(offset).context("the port is above 65535"),
        }
    }

    /// Listens on the loopback interface, on the port with this offset; `what` names the server in the error.
    pub async fn listen(self, offset: u16, what: &str) -> anyhow::Result<TcpListener> {
        let address = (Ipv4Addr::LOCALHOST, self.number(offset)?);
        TcpListener::bind(address).await.with_context(|| self.taken(offset, what))
    }

    /// The error message if a server can't listen.
    pub fn taken(self, offset: u16, what: &str) -> String {
        match self.number(offset) {
            Ok(port) if port > 0 => format!(
                "{what} can't listen on port {port}: another local run may use it; --port chooses other ports"
            ),
            _ => format!("{what} can't listen"),
        }
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves `router` on `listener`.
    pub fn start(listener: TcpListener, router: Router) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the address of the listening socket can't be read")?;
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, %address, "a local server ended");
            }
        });
        Ok(Self { address, task })
    }

    /// Like [`start`](Self::start), for requests whose `Host` is this machine: the name of a web page that resolves to 127.0.0.1 is
    /// refused, so that no page in the browser reads the answers (<https://owasp.org/www-community/attacks/DNS_Rebinding>).
    pub fn start_private(listener: TcpListener, router: Router) -> anyhow::Result<Self> {
        Self::start(listener, router.layer(from_fn(check_host)))
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn check_host(request: Request, next: Next) -> Response {
    if is_own_host(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "This server answers to 127.0.0.1 and localhost only.\n")
        .into_response()
}

/// With any port: behind a port forwarding it is another one.
fn is_own_host(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.split_once(':').map_or(host, |(name, _port)| name));
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    #[tokio::test]
    async fn only_this_machines_names_are_answered() {
        let listener = Ports::Any.listen(0, "a server").await.unwrap();
        let server = Server::start_private(listener, Router::new().route("/", get(async || "kept"))).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for (host, status) in
            [("127.0.0.1:1", 200), ("LOCALHOST", 200), ("shop.example", 421), ("127.0.0.1.shop.example", 421)]
        {
            let answer = client.get(server.url()).header(HOST, host).send().await.unwrap();
            assert_eq!(answer.status(), status, "{host}");
        }
    }
}
