//! The pages of a stack, against a stand-in for CloudWatch.
//!
//! The shapes are those of <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>, the header of the signature that of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use local::environment::STACK;
use local::server::{Ports, Server};
use serde_json::{Value, json};

use crate::support::{Rig, Studio};

async fn stand_in() -> Server {
    let listener = Ports::Any.listen(0, "CloudWatch").await.unwrap();
    Server::start(listener, Router::new().route("/", post(answer))).unwrap()
}

async fn answer(headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap();
    let (answer, service, version) = match header("x-amz-target") {
        "Logs_20140328.FilterLogEvents" => (lines(&body), "logs", "1.1"),
        "GraniteServiceVersion20100801.GetMetricData" => (Ok(metrics(&body)), "monitoring", "1.0"),
        other => panic!("{other}"),
    };
    let signed = header("authorization");
    let region = format!(
        "/eu-central-1/{service}/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
    );
    let (_, signature) = signed.split_once(&region).unwrap_or_else(|| panic!("{signed}"));
    if !signed.starts_with("AWS4-HMAC-SHA256 Credential=") || signature.len() != 64 {
        let error = json!({"__type": "IncompleteSignatureException", "message": signed});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    assert_eq!(header("content-type"), format!("application/x-amz-json-{version}"));
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error)).into_response(),
    }
}

/// A page without events may have a token: more is to be read then.
fn lines(body: &Value) -> Result<Value, Value> {
    let now = Timestamp::now().as_millisecond();
    assert!(body["startTime"].as_i64().unwrap() <= now, "{body}");
    let line = |message: Value| json!({"eventId": "38110", "logStreamName": "a", "timestamp": now - 1, "message": message.to_string()});
    let group = body["logGroupName"].as_str().unwrap();
    match (group.strip_prefix(&format!("/aws/lambda/{STACK}-")).unwrap(), body["nextToken"].as_str()) {
        ("order-notifier", None) => Ok(json!({"events": [], "nextToken": "more"})),
        ("order-notifier", Some("more")) => Ok(json!({"events": [line(json!({
            "level": "ERROR", "message": "order 10482: order-cancelled held", "order": "10482", "key": "5f0c", "wide": "record",
        }))]})),
        ("delivery-events", _) => {
            Err(json!({"__type": "ResourceNotFoundException", "message": "no such group"}))
        }
        _ => Ok(json!({"events": []})),
    }
}

fn metrics(body: &Value) -> Value {
    let at = Timestamp::now().as_second() / 3600 * 3600;
    let queries = body["MetricDataQueries"].as_array().unwrap();
    let expected = format!(r#"SEARCH('{{"{STACK}",fact,provider}} MetricName="Facts"', 'Sum', 3600)"#);
    assert!(queries.iter().any(|query| query["Expression"] == expected.as_str()), "{body}");
    let series = |id: &str, label: &str, value: f64| json!({"Id": id, "Label": label, "Timestamps": [at], "Values": [value], "StatusCode": "Complete"});
    json!({"MetricDataResults": [
        series("outcomes", "accepted|meta", 41.0),
        series("facts", "delivered|meta", 37.0),
        series("failures", "meta|recipient", 3.0),
    ]})
}

async fn studio(rig: &Rig, cloudwatch: &Server) -> Studio {
    rig.studio_of_stack(
        STACK,
        &[
            ("AWS_ENDPOINT_URL_CLOUDWATCH", &cloudwatch.url()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &cloudwatch.url()),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_lines_and_figures_come_from_cloudwatch() {
    let (rig, cloudwatch) = (Rig::start().await, stand_in().await);
    let studio = studio(&rig, &cloudwatch).await;
    let page = studio.get("/live").await.with_status(200);
    let text = page.text();
    let line = "order-notifier (error) order 10482 order 10482: order-cancelled held (key 5f0c)";
    assert!(text.contains(line), "{text}");
    assert!(page.html.contains(r#"href="/orders/10482""#), "{}", page.html);

    let text = studio.get("/figures").await.with_status(200).text();
    for expected in ["meta 41 0 37 0 0", "failed: recipient (meta) 3", "have no template"] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
}
