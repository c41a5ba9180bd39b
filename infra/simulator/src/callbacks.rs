//! Posts callbacks to the webhooks, rendered and authenticated as each provider does, with a few retries.
//!
//! The callbacks of one message are posted sequentially, so that they arrive in the requested order. Real providers
//! retry for days (Meta: seven); a local run only needs some retries.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::HeaderMap;
use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::events::{CallbackAnswer, SimulatorEvent};
use super::exchanges::{Draft, Ending, ExchangeKind};
use super::facts::Fact;
use super::faults::Callbacks;
use super::ledger::{AcceptedSend, CallbackRecord, SendNumber};
use super::provider::Provider;
use super::webhook::{self, Destination, Post};
use super::world::World;
use super::{kaleyra, meta, one_msg};

/// The maximum of tries of one callback.
const TRIES: u32 = 5;
/// The pause before the second try; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Counts as in flight for as long as it lives.
pub(super) struct InFlight(Arc<World>);

impl InFlight {
    pub fn world(&self) -> &Arc<World> {
        &self.0
    }

    pub fn begin(world: Arc<World>) -> Self {
        world.in_flight.send_modify(|count| *count += 1);
        Self(world)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Posts a message's callbacks, each at its time. They count as in flight from the call on.
pub(super) fn post_all(
    world: Arc<World>,
    number: SendNumber,
    send: Arc<AcceptedSend>,
    postings: Vec<Fact>,
) -> impl Future<Output = ()> + Send + 'static {
    let accepted = Instant::now();
    let in_flight = InFlight::begin(world);
    async move {
        let world = &in_flight.0;
        for fact in postings {
            // A callback that precedes the reply is due at once, and not held back: the send waits for it.
            if !fact.after.is_zero() {
                // `world` owns the sender, so the wait can't fail.
                let _ = world.held.subscribe().wait_for(|held| !held).await;
            }
            tokio::time::sleep_until(accepted + fact.after).await;
            let (tries, answer) = post_with_retries(world, &send, &fact).await;
            let status = fact.report.word();
            world
                .ledger
                .callback_posted(number, CallbackRecord { status, at: SystemTime::now(), tries, answer });
            world.emit(SimulatorEvent::CallbackPosted {
                provider: send.message.provider,
                recipient: send.message.recipient.tail(),
                status,
                answer,
            });
        }
    }
}

/// Posts a fact. Returns the number of tries, and the worst answer if there are several posts.
async fn post_with_retries(world: &World, send: &AcceptedSend, fact: &Fact) -> (usize, CallbackAnswer) {
    let (sender, provider) = (send.sender.as_deref(), send.message.provider);
    let account = world.account(sender);
    let body = match provider {
        Provider::OneMsg => one_msg::callback(&account.one_msg, send, &fact.report),
        Provider::Kaleyra => kaleyra::callback(&account.kaleyra, send, &fact.report),
        Provider::Meta => meta::callback(&account.meta, send, &fact.report),
    };
    let posts = match &world.strange {
        Some(open_world) => open_world.posts(send, &fact.report, &body),
        None => vec![Post::Body(body.to_string().into_bytes())],
    };
    let (mut all_tries, mut worst) = (0, CallbackAnswer::NotPosted);
    for post in posts {
        let (tries, answer) = post_one_with_retries(world, sender, provider, &post).await;
        if all_tries == 0 || worst.is_success() {
            worst = answer;
        }
        all_tries += tries;
    }
    (all_tries, worst)
}

async fn post_one_with_retries(
    world: &World,
    sender: Option<&str>,
    provider: Provider,
    one: &Post,
) -> (usize, CallbackAnswer) {
    let mut pause = FIRST_PAUSE.mul_f64(world.switches.scale());
    let mut tries = 1;
    loop {
        // The semaphore is never closed.
        let turn = world.posts.acquire().await;
        let answer = post(world, sender, provider, one).await;
        drop(turn);
        if answer.is_success() || answer == CallbackAnswer::NotPosted || tries == TRIES {
            return (tries as usize, answer);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
        tries += 1;
    }
}

/// Posts once, authenticated as a sender's account does, to all of a provider's destinations. With several destinations the worst answer counts.
pub(super) async fn post(
    world: &World,
    sender: Option<&str>,
    provider: Provider,
    post: &Post,
) -> CallbackAnswer {
    if world.switches.callbacks() == Callbacks::Off {
        return CallbackAnswer::NotPosted;
    }
    let mut answer = CallbackAnswer::NotPosted;
    let body = match post {
        Post::Body(body) => body.as_slice(),
        Post::Query(_) => &[],
    };
    for destination in destinations(world, sender, provider, body) {
        let this = post_to(world, provider, destination, post).await;
        if answer == CallbackAnswer::NotPosted || answer.is_success() {
            answer = this;
        }
    }
    answer
}

fn destinations(world: &World, sender: Option<&str>, provider: Provider, body: &[u8]) -> Vec<Destination> {
    let account = world.account(sender);
    match (provider, world.webhook_base()) {
        (Provider::OneMsg, _) => world.channel(sender).destinations(),
        (Provider::Kaleyra | Provider::Meta, None) => Vec::new(),
        (Provider::Kaleyra, Some(base)) => {
            vec![Destination {
                url: webhook::url(&base, provider),
                headers: kaleyra::headers(&account.kaleyra),
            }]
        }
        (Provider::Meta, Some(_)) if account.meta.subscribed_apps.is_empty() => Vec::new(),
        (Provider::Meta, Some(base)) => {
            vec![Destination {
                url: webhook::url(&base, provider),
                headers: meta::headers(&account.meta, body),
            }]
        }
    }
}

/// The error itself is discarded: it shows the URL, and 1MSG's URL is a secret.
async fn post_to(world: &World, provider: Provider, destination: Destination, post: &Post) -> CallbackAnswer {
    let mut request = match post {
        Post::Body(body) => {
            world.client.post(destination.url).header(CONTENT_TYPE, "application/json").body(body.clone())
        }
        Post::Query(query) => world.client.get(format!("{}?{query}", destination.url)),
    };
    for (name, value) in destination.headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.build() else { return CallbackAnswer::Unreachable };
    let draft = world.exchanges.has_observers().then(|| drafted(provider, &request));
    let (answer, ending) = match world.client.execute(request).await {
        Ok(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = match &draft {
                Some(_) => response.bytes().await.unwrap_or_default(),
                None => Bytes::new(),
            };
            (CallbackAnswer::Status(status.as_u16()), Ending::Answered(status, headers, body))
        }
        Err(error) if error.is_timeout() => {
            (CallbackAnswer::TimedOut, Ending::None("no answer: the webhook took too long"))
        }
        Err(_) => (CallbackAnswer::Unreachable, Ending::None("no answer: there is no webhook")),
    };
    if let Some(draft) = draft {
        world.exchanges.tell(draft, ending, &world.mask());
    }
    answer
}

fn drafted(provider: Provider, request: &reqwest::Request) -> Draft {
    let url = request.url();
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    Draft {
        at: SystemTime::now(),
        kind: ExchangeKind::Callback,
        party: provider.name().to_owned(),
        method: request.method().to_string(),
        path,
        headers: HeaderMap::clone(request.headers()),
        body: Bytes::copy_from_slice(body),
    }
}
