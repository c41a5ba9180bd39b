//! The server of the pages.

use std::io;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use super::app::App;
use super::entrance::Entrance;
use super::guard::{self, Session};
use super::{attention, figures, live, orders, page, random, try_out};
use crate::deployment::Deployment;
use crate::failure::Failure;

/// An event has at most 1 MB (EventBridge's limit for an entry), and a catalogue is smaller; a form's encoding triples them at worst.
const MAX_FORM_BYTES: usize = 8 * 1024 * 1024;

/// The pages of one deployment, ready to be served.
pub struct Studio {
    listener: TcpListener,
    router: Router,
    app: Arc<App>,
    address: String,
    /// Created when a browser is opened.
    entrance: OnceLock<Entrance>,
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
            .with_state(Arc::clone(&app))
            .route("/studio.css", get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
            .merge(scripts())
            .fallback(async || page::not_found("There is no such page."))
            .method_not_allowed_fallback(async || {
                page::refused(StatusCode::METHOD_NOT_ALLOWED, "This address takes no such request.")
            })
            .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
            .layer(from_fn_with_state(session, guard::check));
        Ok(Self { listener, router, app, address, entrance: OnceLock::new() })
    }

    /// The address of the first page, with the token that lets a browser in.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the first page in the operator's browser, by a file that stays until this is dropped. Fails if the system knows no browser.
    pub fn open_browser(&self) -> io::Result<()> {
        let name = random::token().map_err(|failure| io::Error::other(failure.problem().to_owned()))?;
        let entrance = Entrance::new(&self.address, &name)?;
        open::that_detached(self.entrance.get_or_init(|| entrance).path())
    }

    /// What the pages share.
    pub(super) fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Serves the pages until the future is dropped or the listener fails.
    pub async fn serve(self) -> Result<(), Failure> {
        let Self { listener, router, entrance: _entrance, .. } = self;
        axum::serve(listener, router).await.map_err(Failure::unavailable)
    }
}

const STYLE: &str = concat!(
    include_str!("assets/studio.css"),
    include_str!("assets/live.css"),
    include_str!("assets/try.css"),
    include_str!("assets/attention.css"),
    include_str!("assets/figures.css"),
);
/// Every page can be read without them.
const SCRIPTS: [(&str, &str); 5] = [
    ("/times.js", include_str!("assets/times.js")),
    ("/parts.js", include_str!("assets/parts.js")),
    ("/follow.js", include_str!("assets/follow.js")),
    ("/try.js", include_str!("assets/try.js")),
    ("/live.js", include_str!("assets/live.js")),
];

fn scripts() -> Router {
    SCRIPTS.into_iter().fold(Router::new(), |router, (path, script)| {
        router.route(path, get(async move || ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script)))
    })
}
