//! The AWS SDK's HTTP client: `reqwest`, as for the providers.
//!
//! The SDK's own client would add HTTP/2, a second connection pool and a second parsing of all root
//! certificates: docs/decisions/what-makes-a-start-short.md.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client, Request};
use url::Url;

use crate::tls::{Tls, TlsError};

/// How long an idle connection is kept. If the server closed it earlier, for example while the function was
/// frozen, the request fails at once and the SDK retries it.
const IDLE: Duration = Duration::from_secs(20);

/// One client for all services: HTTP/1.1, no redirects, idle connections kept for 20 s.
///
/// Its connections belong to the Tokio runtime that first uses them.
pub fn http_client(tls: &Tls) -> Result<SharedHttpClient, TlsError> {
    let client = tls.http_client().pool_idle_timeout(IDLE).build().map_err(TlsError::Client)?;
    let connector = SharedHttpConnector::new(Connector { client, last_url: Mutex::new(None) });
    // The SDK's connect timeout is longer than the timeout of a whole attempt, so it would never apply.
    Ok(http_client_fn(move |_settings, _components| connector.clone()))
}

#[derive(Debug)]
struct Connector {
    client: Client,
    /// All requests to DynamoDB have the same URL, which is parsed only once.
    last_url: Mutex<Option<Url>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.converted(request) {
            Ok(request) => HttpConnectorFuture::new(exchange(self.client.clone(), request)),
            Err(error) => HttpConnectorFuture::ready(Err(error)),
        }
    }
}

impl Connector {
    fn converted(&self, request: HttpRequest) -> Result<Request, ConnectorError> {
        let url = self.url(request.uri()).map_err(|error| ConnectorError::user(error.into()))?;
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let mut converted = Request::new(parts.method, url);
        *converted.headers_mut() = parts.headers;
        // A body in memory needs no stream.
        *converted.body_mut() = Some(match body.bytes() {
            Some(bytes) => Body::from(bytes.to_vec()),
            None => Body::wrap(body),
        });
        Ok(converted)
    }

    fn url(&self, uri: &str) -> Result<Url, url::ParseError> {
        let mut last = self.last_url.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = last.as_ref().filter(|url| url.as_str() == uri) {
            return Ok(url.clone());
        }
        Url::parse(uri).inspect(|url| *last = Some(url.clone()))
    }
}

/// Reads the whole response: none of the operations used here streams one.
async fn exchange(client: Client, request: Request) -> Result<HttpResponse, ConnectorError> {
    let mut response = client.execute(request).await.map_err(failed)?;
    let (status, headers) = (response.status(), mem::take(response.headers_mut()));
    let body = SdkBody::from(response.bytes().await.map_err(failed)?);
    let mut response = http::Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

/// Classifies an error without a response, so that the SDK retries a connection error or a timeout.
fn failed(error: reqwest::Error) -> ConnectorError {
    // The error names its service anyway.
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::error::SdkError;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use crate::settings::{Environment, WebhookSettings};
    use crate::tls::Tls;

    /// A DynamoDB server that sends these replies over one connection, and then none.
    async fn serve(listener: TcpListener, answers: Vec<(u16, &'static str)>, requests: Arc<Mutex<usize>>) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 16 * 1024];
        for (status, body) in answers {
            // The requests are small enough to arrive in one read.
            let _length = stream.read(&mut buffer).await.unwrap();
            *requests.lock().unwrap() += 1;
            let head = format!("HTTP/1.1 {status} Status\r\ncontent-type: application/x-amz-json-1.0\r\n");
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        let _length = stream.read(&mut buffer).await;
        std::future::pending::<()>().await;
    }

    fn client(url: &str) -> Client {
        let variables = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("TABLE_NAME", "orders"),
            ("WEBHOOK_SECRET_ID", "secret"),
            ("AWS_ENDPOINT_URL", url),
        ];
        let settings = WebhookSettings::read(&Environment::from_iter(variables)).unwrap();
        settings.aws.with_tls(&Tls::with_system_roots().unwrap()).unwrap().dynamodb()
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_temporary_failure_is_retried_without_a_log_line() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = crate::telemetry::subscriber(Some("info"), move || writer.clone());
        let _logging = tracing::subscriber::set_default(subscriber);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(&format!("http://{}", listener.local_addr().unwrap()));
        let requests = Arc::new(Mutex::new(0));
        let failed = (500, r#"{"__type":"InternalServerError"}"#);
        tokio::spawn(serve(
            listener,
            vec![failed, (200, r#"{"TableNames":["orders"]}"#)],
            Arc::clone(&requests),
        ));
        let tables = client.list_tables().send().await.unwrap();
        assert_eq!((tables.table_names(), *requests.lock().unwrap()), (&["orders".to_owned()][..], 2));
        assert_eq!(String::from_utf8(lines.0.lock().unwrap().clone()).unwrap(), "");
    }

    #[tokio::test]
    async fn a_refusal_is_returned_at_once_and_a_timeout_or_connection_error_after_all_tries() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(0));
        let refused = (400, r#"{"__type":"ValidationException"}"#);
        let server = tokio::spawn(serve(listener, vec![refused], Arc::clone(&requests)));
        let client = client(&url);
        let error = client.list_tables().send().await.unwrap_err();
        assert!(matches!(error, SdkError::ServiceError(_)), "{error:?}");
        assert_eq!(*requests.lock().unwrap(), 1);
        // This connection gets no more replies, and the server accepts no other.
        let started = tokio::time::Instant::now();
        let error = client.list_tables().send().await.unwrap_err();
        assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
        assert!(started.elapsed() >= super::super::ATTEMPT_TIMEOUT);
        server.abort();
        let _ended = server.await;
        let error = client.list_tables().send().await.unwrap_err();
        assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_io()), "{error:?}");
    }
}
