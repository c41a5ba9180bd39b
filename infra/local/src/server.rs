//! An HTTP server on the loopback interface that ends when it is dropped.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use axum::Router;
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
