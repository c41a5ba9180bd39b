//! Writes a provider's reply, or the connection fault in its place.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};

use super::connection::Connection;
use super::http_reply::HttpReply;
use super::ids::Ids;
use super::outcome::{Outcome, Refusal};
use super::provider::Provider;

/// A hanging connection lasts until the client disconnects, or this long.
const HANG: Duration = Duration::from_mins(1);
/// Time for the first half of a reply to leave before the connection is closed.
const FLUSH: Duration = Duration::from_millis(20);

/// A reply, or a connection fault.
pub(super) enum Answer {
    Whole(HttpReply),
    /// Half of the body that `Content-Length` announces.
    CutOff(HttpReply),
    Hang,
    Reset,
}

/// The message id in the reply to an accepted send.
pub(super) enum Said<'ids> {
    Id(&'ids Ids),
    NoId,
    Queued,
}

impl Answer {
    /// The provider's reply for an outcome.
    pub fn to(
        outcome: &Outcome,
        provider: Provider,
        accepted: impl Fn(Said<'_>) -> HttpReply,
        refused: impl Fn(&Refusal) -> HttpReply,
    ) -> Self {
        match outcome {
            Outcome::Accepted(ids) => Self::Whole(accepted(Said::Id(ids))),
            Outcome::AcceptedWithoutId => Self::Whole(accepted(Said::NoId)),
            Outcome::Queued => Self::Whole(accepted(Said::Queued)),
            Outcome::CutOff(ids) => Self::CutOff(accepted(Said::Id(ids))),
            Outcome::Unreadable(ids) => Self::Whole(accepted(Said::Id(ids)).halved()),
            Outcome::Refused(refusal) => Self::Whole(refused(refusal)),
            Outcome::RefusedInAnotherWay(reply) => Self::Whole(reply.clone()),
            Outcome::ServerError => Self::Whole(HttpReply::empty(500)),
            Outcome::Redirect => {
                Self::Whole(HttpReply::empty(302).with_header(header::LOCATION, format!("/moved/{provider}")))
            }
            Outcome::AcceptedInSilence | Outcome::Hang => Self::Hang,
            Outcome::Reset => Self::Reset,
        }
    }

    /// The response that the server writes. A reset takes effect when the server tries to write it.
    pub async fn respond(self, connection: &Connection) -> Response {
        match self {
            Self::Whole(reply) => {
                let body = Body::from(reply.body.clone());
                response(&reply, body)
            }
            Self::CutOff(reply) => {
                let length = reply.body.len().to_string();
                let half = reply.clone().halved().body;
                let pieces = stream::once(async { Ok(half) }).chain(stream::once(async {
                    tokio::time::sleep(FLUSH).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
                }));
                response(&reply.with_header(header::CONTENT_LENGTH, length), Body::from_stream(pieces))
            }
            Self::Hang => {
                tokio::time::sleep(HANG).await;
                connection.reset();
                Response::new(Body::empty())
            }
            Self::Reset => {
                connection.reset();
                Response::new(Body::empty())
            }
        }
    }
}

fn response(reply: &HttpReply, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
