//! The AWS SDK's HTTP client: `reqwest`, as for the providers.
//!
//! The SDK's own one would bring HTTP/2, a second connection pool and a second reading of every root certificate with it:
//! docs/decisions/what-makes-a-start-short.md.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client};

use crate::tls::{NoTls, Tls};

/// A connection that was idle for longer isn't used again. DynamoDB and its front ends close idle ones later; one that
/// was closed while the function was frozen fails at once, and the SDK repeats the request.
const IDLE: Duration = Duration::from_secs(20);

/// The client of all services.
pub(super) fn client(tls: &Tls) -> Result<SharedHttpClient, NoTls> {
    let client = tls.http_client().pool_idle_timeout(IDLE).build().map_err(NoTls::Client)?;
    let connector = SharedHttpConnector::new(Connector(client));
    // The SDK's connect and read timeouts lie within the one of a whole try, which holds whatever the connector does.
    Ok(http_client_fn(move |_settings, _components| connector.clone()))
}

#[derive(Debug)]
struct Connector(Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { exchange(&client, request).await })
    }
}

async fn exchange(client: &Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = reqwest::Request::try_from(request.map(Body::wrap));
    let request = request.map_err(|error| ConnectorError::user(error.into()))?;
    let response = client.execute(request).await.map_err(failed)?;
    let response = http::Response::<Body>::from(response).map(SdkBody::from_body_1_x);
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

/// What the SDK repeats: nothing came back, be it for want of a connection or of time.
fn failed(error: reqwest::Error) -> ConnectorError {
    // Its address tells nothing that the error's own service doesn't.
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
