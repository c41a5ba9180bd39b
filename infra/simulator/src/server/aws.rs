//! The simulated endpoints of AWS's messaging services.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;

use crate::answer::Answer;
use crate::aws::{
    AwsAccount, AwsError, AwsEvent, AwsSend, AwsService, Decision, Report, email, magic, signature, sms,
    whatsapp,
};
use crate::callbacks::InFlight;
use crate::connection::Connection;
use crate::faults::Callbacks;
use crate::http_reply::HttpReply;
use crate::world::World;

/// The time between two events about a message.
const BETWEEN_EVENTS: Duration = Duration::from_millis(300);
/// The factor by which late events are later.
const LATE: f64 = 10.0;

/// The routes below `/aws`.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/sms", post(send_text_message))
        .route("/email/v2/email/outbound-emails", post(send_email))
        .route("/whatsapp/v1/whatsapp/send", post(send_whatsapp_message))
}

async fn send_text_message(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { world, service: AwsService::Sms, path: uri.path(), headers: &headers, body: &body };
    let answer = call.answer(|account| {
        if headers.get("x-amz-target").and_then(|target| target.to_str().ok()) != Some(sms::TARGET) {
            return Err(AwsError::new(400, "UnknownOperationException"));
        }
        let (send, is_dry) = sms::read(account, &body)?;
        if is_dry {
            return Ok(Answer::Whole(HttpReply::json(200, &sms::accepted(&send))));
        }
        let trouble = magic::of_number(&send.recipient);
        let events = |account: &AwsAccount, send: &AwsSend, report| vec![sms::event(account, send, report)];
        call.take(account, send, trouble, sms::accepted, events)
    });
    answer.respond(&connection).await
}

async fn send_email(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { world, service: AwsService::Email, path: uri.path(), headers: &headers, body: &body };
    let answer = call.answer(|account| {
        let send = email::read(account, &body)?;
        let trouble = magic::of_address(&send.recipient);
        let events = |account: &AwsAccount, send: &AwsSend, report| vec![email::event(account, send, report)];
        call.take(account, send, trouble, email::accepted, events)
    });
    answer.respond(&connection).await
}

async fn send_whatsapp_message(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call =
        Call { world, service: AwsService::WhatsApp, path: uri.path(), headers: &headers, body: &body };
    let answer = call.answer(|account| {
        let meta = call.world.account(None).meta;
        let (send, trouble) = whatsapp::read(account, &meta, &body)?;
        let events = move |account: &AwsAccount, send: &AwsSend, report| {
            whatsapp::events(account, &meta, send, report)
        };
        call.take(account, send, trouble, whatsapp::accepted, events)
    });
    answer.respond(&connection).await
}

/// A request to one of the services.
struct Call<'a> {
    world: Arc<World>,
    service: AwsService,
    path: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Call<'_> {
    /// The answer to a signed request, or the error of the signature.
    fn answer(&self, signed: impl FnOnce(&AwsAccount) -> Result<Answer, AwsError>) -> Answer {
        let aws = &self.world.aws;
        aws.request_seen();
        let account = aws.account();
        signature::verify(account, self.service, self.path, self.headers, self.body, SystemTime::now())
            .and_then(|()| account.map_or(Err(AwsError::UNRECOGNIZED_CLIENT), signed))
            .unwrap_or_else(|error| Answer::Whole(error.reply(self.service)))
    }

    /// Decides about a valid request, and publishes an accepted message's events from now on.
    fn take(
        &self,
        account: &AwsAccount,
        send: AwsSend,
        trouble: Option<crate::aws::AwsTrouble>,
        accepted: fn(&AwsSend) -> Value,
        events: impl Fn(&AwsAccount, &AwsSend, Report) -> Vec<AwsEvent> + Send + Sync + 'static,
    ) -> Result<Answer, AwsError> {
        let (reports, is_late, is_silent) = match self.world.aws.decide(&send, trouble) {
            Decision::Refused(error) => return Err(error),
            Decision::Accepted { reports, is_late, is_silent } => (reports, is_late, is_silent),
        };
        let pause = BETWEEN_EVENTS.mul_f64(if is_late { LATE } else { 1.0 });
        let reply = HttpReply::json(200, &accepted(&send));
        let (account, in_flight) = (account.clone(), InFlight::begin(Arc::clone(&self.world)));
        tokio::spawn(async move {
            for report in reports {
                let world = in_flight.world();
                // `world` owns the sender, so the wait can't fail.
                let _ = world.held.subscribe().wait_for(|held| !held).await;
                tokio::time::sleep(pause.mul_f64(world.switches.scale())).await;
                if world.switches.callbacks() == Callbacks::On {
                    world.aws.publish(events(&account, &send, report), &send, report);
                }
            }
        });
        Ok(if is_silent { Answer::Hang } else { Answer::Whole(reply) })
    }
}
