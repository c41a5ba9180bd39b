//! Lets in only the operator's browser.
//!
//! Other users of the machine can reach the port, and so can every page that the operator's browser has open. So each request
//! needs the cookie that only the printed address sets, the `Host` has to be this server's own (a foreign name that resolves to
//! 127.0.0.1 is refused, see <https://owasp.org/www-community/attacks/DNS_Rebinding>), and a write also needs this server's
//! `Origin` and a token from one of its forms
//! (<https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html>).

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    ORIGIN, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::app::App;
use super::{page, random};
use crate::failure::Failure;

const TOKEN: &str = "token";
/// The form's field with [`Session::form_token`].
const FORM_TOKEN: &str = "form_token";

/// Only this server's own style, script, pictures and calls. With `no-referrer`, a browser would send `Origin: null`.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // The pages have customers' data.
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// The secrets of one run of the server.
pub(super) struct Session {
    port: u16,
    /// In the address.
    token: String,
    /// The cookie's value. Another server of this host that the browser visits gets the cookie, but can't print the address with it.
    cookie: String,
    form_token: String,
}

impl Session {
    pub(super) fn new(port: u16) -> Result<Self, Failure> {
        Ok(Self { port, token: random::token()?, cookie: random::token()?, form_token: random::token()? })
    }

    /// The address that lets a browser in.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/?{TOKEN}={}", self.port, self.token)
    }

    /// What each form has to bring along.
    pub(super) fn form_token(&self) -> &str {
        &self.form_token
    }

    /// A browser has one set of cookies for all ports of a host.
    fn cookie_name(&self) -> String {
        format!("studio-{}", self.port)
    }

    fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port))
    }

    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.hosts().iter().any(|own| own.eq_ignore_ascii_case(host)))
    }

    fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        origin.is_some_and(|origin| self.hosts().iter().any(|own| format!("http://{own}") == origin))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name() && is_equal(value, &self.cookie))
    }

    /// The same address without the token, if the token is right.
    fn admitted(&self, request: &Request) -> Option<String> {
        let uri = request.uri();
        let pairs: Vec<_> = form_urlencoded::parse(uri.query()?.as_bytes()).collect();
        pairs.iter().find(|(name, value)| name == TOKEN && is_equal(value, &self.token))?;
        let rest = pairs.into_iter().filter(|(name, _)| name != TOKEN);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
        // A path with two slashes would be the address of another host; browsers take a backslash for one.
        let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
        Some(if query.is_empty() { path } else { format!("{path}?{query}") })
    }

    /// `Lax`, so that a link from a ticket or a web terminal works: a GET changes nothing, and a write needs more than the cookie.
    fn set_cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Lax", self.cookie_name(), self.cookie)
    }
}

/// Refuses requests that don't come from the operator's browser and this server's pages.
pub(super) async fn check(State(session): State<Arc<Session>>, request: Request, next: Next) -> Response {
    let mut response = respond(&session, request, next).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value);
    }
    response
}

async fn respond(session: &Session, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !session.is_own_host(headers) {
        let port = session.port;
        let why = format!(
            "This address is not the Studio's own. Open the address that the program printed. If you forward the port from another \
             machine, use the same number on both sides: ssh -L {port}:127.0.0.1:{port} HOST."
        );
        return page::refused(StatusCode::MISDIRECTED_REQUEST, &why);
    }
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_write && let Some(address) = session.admitted(&request) {
        let headers = [(LOCATION, address), (SET_COOKIE, session.set_cookie())];
        return (StatusCode::SEE_OTHER, headers).into_response();
    }
    if !session.has_cookie(headers) {
        let why =
            "This browser has no access. Open the address that the program printed: it contains a token.";
        return page::refused(StatusCode::FORBIDDEN, why);
    }
    if is_write && !session.is_own_origin(headers) {
        return page::refused(StatusCode::FORBIDDEN, "Another page sent this form. Nothing was done.");
    }
    next.run(request).await
}

/// The hidden field that [`OwnForm`] requires.
pub(super) fn form_token(app: &App) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(app.form_token()); }
}

/// The fields of a form that this server has written: a form without its token is refused before it is read.
pub(super) struct OwnForm<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for OwnForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), app)
            .await
            .map_err(|rejection| page::refused(rejection.status(), &rejection.body_text()))?;
        let mut pairs = form_urlencoded::parse(&body);
        if !pairs.any(|(name, value)| name == FORM_TOKEN && is_equal(&value, app.form_token())) {
            let why =
                "This form is from an earlier run of the Studio. Nothing was done. Load its page again.";
            return Err(page::refused(StatusCode::FORBIDDEN, why));
        }
        let request = Request::from_parts(parts, Body::from(body));
        match Form::from_request(request, app).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(error) => Err(page::refused(StatusCode::BAD_REQUEST, &error.to_string())),
        }
    }
}

fn is_equal(given: &str, secret: &str) -> bool {
    verify_slices_are_equal(given.as_bytes(), secret.as_bytes()).is_ok()
}
