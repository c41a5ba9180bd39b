//! The AWS SDK's HTTP client: `reqwest`, as for the providers.
//!
//! The SDK's own client would add HTTP/2, a second connection pool and a second parsing of all root
//! certificates: docs/decisions/what-makes-a-start-short.md.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client};

use crate::tls::{NoTls, Tls};

/// How long an idle connection is kept. If the server closed it earlier, for example while the function was
/// frozen, the request fails at once and the SDK retries it.
const IDLE: Duration = Duration::from_secs(20);

/// One client for all services: HTTP/1.1, no redirects, idle connections kept for 20 s.
///
/// Its connections belong to the Tokio runtime that first uses them.
pub fn http_client(tls: &Tls) -> Result<SharedHttpClient, NoTls> {
    let client = tls.http_client().pool_idle_timeout(IDLE).build().map_err(NoTls::Client)?;
    let connector = SharedHttpConnector::new(Connector(client));
    // The SDK's connect timeout is longer than the timeout of a whole attempt, so it would never apply.
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

/// Classifies a request without a response, so that the SDK retries a connection error or a timeout.
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
        settings.aws.over(&Tls::of_the_machine().unwrap()).unwrap().dynamodb()
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
    async fn what_fails_in_between_is_asked_again_and_nobody_is_told_of_it() {
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
    async fn a_refusal_is_told_at_once_and_silence_and_nobody_there_after_every_try() {
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
