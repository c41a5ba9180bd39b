//! The pages of a stack, against a stand-in for CloudWatch.
//!
//! The shapes are those of <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>, the header of the signature that of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use local::environment::STACK;
use local::server::{Ports, Server};
use reqwest::Method;
use reqwest::header::COOKIE;
use serde_json::{Value, json};

use crate::support::{PATIENCE, Rig, Studio};

/// order-notifier's log, and how CloudWatch answers for it.
#[derive(Default)]
struct Log {
    /// With times in milliseconds.
    lines: Vec<(i64, String)>,
    /// So many answers are throttled.
    throttled: usize,
    is_forbidden: bool,
    /// A series of the metrics is missing.
    is_partial: bool,
}

impl Log {
    /// Adds a line of so many seconds ago.
    fn add(&mut self, message: &str, seconds_ago: i64) {
        self.lines.push((Timestamp::now().as_millisecond() - seconds_ago * 1000, message.to_owned()));
    }
}

type SharedLog = Arc<Mutex<Log>>;

async fn stand_in(log: &SharedLog) -> Server {
    let listener = Ports::Any.listen(0, "CloudWatch").await.unwrap();
    let router = Router::new().route("/", post(answer)).with_state(Arc::clone(log));
    Server::start(listener, router).unwrap()
}

async fn answer(State(log): State<SharedLog>, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap();
    let (answer, service, version) = match header("x-amz-target") {
        "Logs_20140328.FilterLogEvents" => (lines(&mut log.lock().unwrap(), &body), "logs", "1.1"),
        "GraniteServiceVersion20100801.GetMetricData" => {
            (Ok(metrics(&body, log.lock().unwrap().is_partial)), "monitoring", "1.0")
        }
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

/// Pages of two lines, the earliest first, after one without lines: more may be to be read then, too.
fn lines(log: &mut Log, body: &Value) -> Result<Value, Value> {
    let group = body["logGroupName"].as_str().unwrap();
    match group.strip_prefix(&format!("/aws/lambda/{STACK}-")).unwrap() {
        "order-notifier" => {}
        "delivery-events" => {
            return Err(json!({"__type": "ResourceNotFoundException", "message": "no such group"}));
        }
        _ => return Ok(json!({"events": []})),
    }
    if log.is_forbidden {
        return Err(json!({"__type": "AccessDeniedException", "message": "logs:FilterLogEvents"}));
    }
    if log.throttled > 0 {
        log.throttled -= 1;
        return Err(json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
    }
    let from = body["startTime"].as_i64().unwrap();
    let mut found: Vec<_> = log.lines.iter().enumerate().filter(|(_, (at, _))| *at >= from).collect();
    found.sort_by_key(|(_, (at, _))| *at);
    let Some(token) = body["nextToken"].as_str() else {
        return Ok(json!({"events": [], "nextToken": "0"}));
    };
    let begin: usize = token.parse().unwrap();
    let page = found.iter().skip(begin).take(2);
    let events = page.map(|(place, (at, message))| {
        let message = json!({"level": "ERROR", "message": message, "order": "10482", "key": "5f0c", "wide": "record"});
        json!({"eventId": format!("3811{place}"), "logStreamName": "a", "timestamp": at, "message": message.to_string()})
    });
    let mut answer = json!({"events": events.collect::<Vec<_>>()});
    if found.len() > begin + 2 {
        answer["nextToken"] = (begin + 2).to_string().into();
    }
    Ok(answer)
}

fn metrics(body: &Value, is_partial: bool) -> Value {
    let at = Timestamp::now().as_second() / 3600 * 3600;
    let queries = body["MetricDataQueries"].as_array().unwrap();
    let asked = |id: &str| queries.iter().find(|query| query["Id"] == id);
    let series = |id: &str, label: &str, value: f64| json!({"Id": id, "Label": label, "Timestamps": [at], "Values": [value], "StatusCode": "Complete"});
    let mut results = vec![
        series("outcomes", "accepted|meta", 41.0),
        series("facts", "delivered|meta", 37.0),
        series("failures", "meta|recipient", 3.0),
        series("sender_outcomes", "accepted|acme", 20.0),
        series("sender_facts", "delivered|acme", 19.0),
        series("sender_facts", "read|acme", 7.0),
        series("template_outcomes", "accepted|order_ready", 40.0),
        series("template_facts", "delivered|order_ready", 30.0),
        series("template_facts", "delivered|other", 7.0),
    ];
    if is_partial {
        results.push(json!({"Id": "reasons", "Label": "held|unclear", "StatusCode": "InternalError"}));
    }
    results.retain(|series| asked(series["Id"].as_str().unwrap()).is_some());
    for (id, dimensions) in [("facts", "fact,provider"), ("template_facts", "fact,template")] {
        let expected = format!(r#"SEARCH('{{"{STACK}",{dimensions}}} MetricName="Facts"', 'Sum', 3600)"#);
        assert!(asked(id).is_none_or(|query| query["Expression"] == expected.as_str()), "{body}");
    }
    json!({ "MetricDataResults": results })
}

async fn studio(rig: &Rig, cloudwatch: &Server) -> Studio {
    studio_with(rig, cloudwatch, &[]).await
}

async fn studio_with(rig: &Rig, cloudwatch: &Server, settings: &[(&str, &str)]) -> Studio {
    let url = cloudwatch.url();
    let endpoints =
        [("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()), ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url.as_str())];
    rig.studio_of_stack(STACK, &[&endpoints, settings].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_lines_and_figures_come_from_cloudwatch() {
    let log = SharedLog::default();
    log.lock().unwrap().add("order 10482: order-cancelled held", 100);
    let (rig, cloudwatch) = (Rig::start().await, stand_in(&log).await);
    let studio = studio(&rig, &cloudwatch).await;
    let page = studio.get("/live").await.with_status(200);
    let text = page.text();
    let line = "order-notifier (error) order 10482 order 10482: order-cancelled held (key 5f0c)";
    assert!(text.contains(line), "{text}");
    assert!(page.html.contains(r#"href="/orders/10482""#), "{}", page.html);
    assert!(!text.contains("Not all lines"), "{text}");

    let text = studio.get("/figures").await.with_status(200).text();
    for expected in [
        "meta 41 0 37 0 0",
        "failed: recipient (meta) 3",
        "acme 20 0 19 7 0",
        "the default one, or not known 21 0 18 0 0",
        "order_ready 40 0 30 0 0",
        "other 0 0 7 0 0",
        "not known 1 0 0 0 0",
        "The default sender has no name.",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("not complete"), "{text}");

    log.lock().unwrap().is_partial = true;
    let text = studio.get("/figures").await.with_status(200).text();
    assert!(text.contains("CloudWatch's answer is not complete"), "{text}");
    assert!(text.contains("acme 20 0 19 7 0") && !text.contains("not known 21"), "{text}");

    let without = studio_with(&rig, &cloudwatch, &[("METRICS_NAMES", "0")]).await;
    let text = without.get("/figures").await.with_status(200).text();
    assert!(text.contains("its parameter MetricsNames is 0"), "{text}");
    assert!(text.contains("meta 41 0 37 0 0") && !text.contains("By sender"), "{text}");
}

/// An open stream with everything that it has sent so far.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(studio: &Studio, after: &str) -> Self {
        let request = studio.request(Method::GET, &format!("/live/stream?after={after}"));
        let answer = request.header(COOKIE, &studio.cookie).send().await.unwrap();
        Self { answer, text: String::new() }
    }

    async fn until(&mut self, end: &str) {
        while !self.text.contains(end) {
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("{end} is not in {}", self.text)).unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn count(&self, text: &str) -> usize {
        self.text.matches(text).count()
    }
}

/// What the stream says when lines can be read.
const WORKS: &str = "data: New lines appear at the top.\nevent: status";

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_a_stack_skips_no_line() {
    let log = SharedLog::default();
    let (rig, cloudwatch) = (Rig::start().await, stand_in(&log).await);
    let studio = studio(&rig, &cloudwatch).await;
    for place in 0..15 {
        log.lock().unwrap().add(&format!("busy line {place}."), 15 - place);
    }
    // More lines than are read at once.
    let page = studio.get("/live").await.with_status(200);
    let text = page.text();
    assert!(text.contains("busy line 7.") && !text.contains("busy line 14."), "{text}");
    assert!(text.contains("Not all lines of the last 15 minutes are shown."), "{text}");

    let (_, after) = page.html.split_once("data-after=\"").unwrap();
    let mut stream = Stream::open(&studio, after.split('"').next().unwrap()).await;
    stream.until("busy line 14.").await;
    // One that was written before all of them, and a service that wants a slower pace.
    log.lock().unwrap().add("late line", 20);
    log.lock().unwrap().throttled = 1;
    stream.until("late line").await;
    // The pages that were loaded and the throttled one are no problem, and no line is missing.
    assert_eq!(stream.count("event: status"), stream.count("data: New lines"), "{}", stream.text);
    assert_eq!(stream.count("id=\"after-"), 0, "{}", stream.text);
    assert_eq!(stream.count("busy line 3. (key"), 1, "{}", stream.text);

    log.lock().unwrap().is_forbidden = true;
    stream.until("can't read the functions' logs: AccessDeniedException").await;
    assert_eq!(stream.count(WORKS), 1, "{}", stream.text);
    log.lock().unwrap().is_forbidden = false;
    log.lock().unwrap().add("line after the problem", 0);
    stream.until("line after the problem").await;

    // A browser that comes back after a long time.
    let hour_ago = Timestamp::now().as_millisecond() - 3_600_000;
    let mut later = Stream::open(&studio, &format!("{hour_ago}-38110")).await;
    later.until("line after the problem").await;
    let note = format!("data: <li class=\"note\" id=\"after-{hour_ago}-38110\">Lines that are older");
    assert!(later.text.contains(&format!("</li>\nid: {hour_ago}-38110\n\n")), "{}", later.text);
    assert!(later.text.starts_with(&note), "{}", later.text);
}
