//! The server of the pages.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use super::app::App;
use super::guard::{self, Session};
use super::{attention, figures, live, orders, page, try_out};
use crate::deployment::Deployment;
use crate::failure::Failure;

/// The pages of one deployment, ready to be served.
pub struct Studio {
    listener: TcpListener,
    router: Router,
    address: String,
}

impl Studio {
    /// Prepares the pages. The listener has to be on the loopback interface: the pages act with this process's AWS credentials.
    pub fn new(deployment: Deployment, listener: TcpListener) -> Result<Self, Failure> {
        let bound = listener.local_addr().map_err(Failure::unavailable)?;
        if !bound.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "{} is not an address of the loopback interface",
                bound.ip()
            )));
        }
        let session = Arc::new(Session::new(bound.port())?);
        let address = session.address();
        let app = Arc::new(App::new(deployment, session.form_token().to_owned())?);
        let router = Router::new()
            .merge(orders::router())
            .merge(live::router())
            .merge(try_out::router())
            .merge(attention::router())
            .merge(figures::router())
            .with_state(app)
            .route("/studio.css", get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
            .route("/studio.js", get(async || ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)))
            .fallback(async || page::not_found("There is no such page."))
            .layer(from_fn_with_state(session, guard::check));
        Ok(Self { listener, router, address })
    }

    /// The address of the first page, with the token that lets a browser in.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the first page in the operator's browser. Fails if the system knows no browser.
    pub fn open_browser(&self) -> std::io::Result<()> {
        open::that_detached(&self.address)
    }

    /// Serves the pages until the future is dropped or the listener fails.
    pub async fn serve(self) -> Result<(), Failure> {
        axum::serve(self.listener, self.router).await.map_err(Failure::unavailable)
    }
}

const STYLE: &str = concat!(
    include_str!("assets/studio.css"),
    include_str!("assets/live.css"),
    include_str!("assets/try.css"),
    include_str!("assets/attention.css"),
    include_str!("assets/figures.css"),
);
const SCRIPT: &str =
    concat!(include_str!("assets/studio.js"), include_str!("assets/try.js"), include_str!("assets/live.js"));
