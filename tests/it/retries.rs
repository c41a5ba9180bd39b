//! A message that was definitely not sent is tried again: at once if the provider allows it, later if it asks for a
//! wait, with newer credentials, or through the next provider.

use std::time::Duration;

use local::environment::CREDENTIALS_SECRET;
use local::simulator::{Endpoint, Intake};
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use crate::support::{Event, Opening, Shop, simulated};

/// The times between a provider's requests for a send.
fn pauses(shop: &Shop, provider: Provider) -> Vec<Duration> {
    let requests: Vec<_> = shop
        .ledger()
        .requests
        .into_iter()
        .filter(|seen| (seen.provider, seen.endpoint) == (simulated(provider), Endpoint::Send))
        .collect();
    requests.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).unwrap()).collect()
}

/// An address without a listener: the port of the obsolete discard service, which the tests never use.
const CLOSED_PORT: &str = "http://127.0.0.1:9";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_send_is_tried_again_within_the_invocation_and_not_sooner_than_asked() {
    for (provider, shortest, longest) in [(OneMsg, 1000, 2000), (Meta, 100, 900)] {
        let shop = Opening::default().preferring(provider).open().await;
        let reply = shop.invoke(Event::sample("order-cancelled").order("T1").magic(10).0).await.unwrap();
        assert_eq!(reply["outcome"], "accepted");
        let pauses = pauses(&shop, provider);
        assert_eq!(pauses.len(), 1);
        let allowed = Duration::from_millis(shortest)..Duration::from_millis(longest);
        assert!(allowed.contains(&pauses[0]), "{provider}: {pauses:?}");
        assert_eq!(shop.the_send_about("T1").message.provider, simulated(provider));
        assert_eq!(shop.notification("T1").await.record.attempt, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_send_waits_and_is_attempted_again_when_the_wait_ends() {
    let shop = Opening::default().preferring(Meta).open().await;
    shop.simulator().fail_next(simulated(Meta), 3, Intake::ThrottleAlways);
    shop.publish(&Event::sample("order-cancelled").order("T2")).await;
    let waiting = shop.until_state("T2", State::Waiting).await;
    assert_eq!((waiting.record.attempt, shop.sends_asked_of(Meta)), (1, 3));
    let answers: Vec<_> =
        waiting.answers.iter().map(|it| (it.provider, it.reason.class, it.requests)).collect();
    assert_eq!((waiting.requests, answers), (Some(3), vec![(Meta, ReasonClass::Throttled, Some(3))]));
    let wait = waiting.record.due_at.unwrap().duration_since(waiting.updated_at);
    assert!((29..=31).contains(&wait.as_secs()), "{wait:?}");

    shop.end_the_wait("T2").await;
    let accepted = shop.until_state("T2", State::Accepted).await;
    assert_eq!((accepted.record.attempt, shop.sends_asked_of(Meta)), (2, 4));
    assert_eq!((accepted.requests, &accepted.answers), (Some(4), &waiting.answers));
    assert_eq!(accepted.record.reason, None);
    shop.the_send_about("T2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_notification_goes_to_the_next_provider_after_half_of_its_time() {
    let shop = Opening::default().preferring(Meta).open().await;
    shop.simulator().fail_next(simulated(Meta), 6, Intake::ThrottleAlways);
    shop.publish(&Event::sample("order-cancelled").order("T4")).await;
    let waiting = shop.until_state("T4", State::Waiting).await;
    assert_eq!((waiting.record.attempt, waiting.record.provider), (1, Some(Meta)));
    // The shipped catalogue's `max_age` is three days.
    shop.clock().advance(Duration::from_hours(37));
    let accepted = shop.until_state("T4", State::Accepted).await;
    assert_eq!((accepted.record.attempt, accepted.record.provider), (3, Some(OneMsg)));
    assert_eq!(shop.sends_asked_of(Meta), 6);
    shop.the_send_about("T4");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_kaleyra_asks_for_is_respected() {
    let shop = Opening::default().preferring(Kaleyra).open().await;
    shop.publish(&Event::sample("order-cancelled").order("T3").magic(10)).await;
    let waiting = shop.until_state("T3", State::Waiting).await;
    let wait = waiting.record.due_at.unwrap().duration_since(waiting.updated_at);
    assert!((299..=301).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(shop.sends_asked_of(Kaleyra), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_read_again() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).open().await;
        shop.publish(&Event::sample("order-cancelled").order("before")).await;
        shop.until_state("before", State::Accepted).await;

        shop.simulator().rotate_credentials(simulated(provider));
        shop.local.secrets().put(CREDENTIALS_SECRET, shop.simulator().credentials_json());
        shop.publish(&Event::sample("order-cancelled").order("after")).await;
        let view = shop.until_state("after", State::Accepted).await;
        assert_eq!((view.record.provider, view.record.attempt), (Some(provider), 1));
        assert_eq!(shop.sends_asked_of(provider), 3, "one before, and two after: refused and accepted");

        shop.publish(&Event::sample("order-cancelled").order("later")).await;
        shop.until_state("later", State::Accepted).await;
        assert_eq!(shop.sends_asked_of(provider), 4, "the new credentials stay cached");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_without_credentials_is_skipped() {
    let shop = Shop::open().await;
    let mut credentials: Value = serde_json::from_str(&shop.simulator().credentials_json()).unwrap();
    credentials.as_object_mut().unwrap().remove("onemsg").unwrap();
    shop.local.secrets().put(CREDENTIALS_SECRET, credentials.to_string());
    shop.publish(&Event::sample("order-cancelled").order("N1")).await;
    let view = shop.until_status("N1", DeliveryStatus::Read).await;
    assert_eq!(view.record.provider, Some(Meta));
    assert_eq!(shop.sends_asked_of(OneMsg), 0);
    let answers: Vec<_> = view.answers.iter().map(|it| (it.provider, it.requests)).collect();
    assert_eq!(
        (view.requests, answers),
        (Some(1), vec![(OneMsg, Some(0))]),
        "the second attempt, the first request"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_every_provider_refuses_the_credentials_a_notification_waits() {
    let shop = Shop::open().await;
    for provider in Provider::WITH_WEBHOOK {
        // Refused credentials are read again once.
        shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
    }
    shop.publish(&Event::sample("order-cancelled").order("M1")).await;
    let view = shop.until("M1", "refused by all", |view| view.record.rounds == 1).await.remove(0);
    assert_eq!((view.record.state, view.record.provider), (State::Waiting, Some(OneMsg)));
    assert_eq!(view.record.reason.as_ref().unwrap().class, ReasonClass::Credentials);
    let wait = view.record.due_at.unwrap().duration_since(view.updated_at);
    assert!((59..=61).contains(&wait.as_secs()), "{wait:?}");
    assert!(view.record.refused_by.is_empty());

    shop.end_the_wait("M1").await;
    let view = shop.until_state("M1", State::Accepted).await;
    assert_eq!((view.record.provider, view.record.attempt), (Some(OneMsg), 4));
    shop.the_send_about("M1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_credentials_are_refused_few_requests_go_out_and_afterwards_every_order() {
    const ORDERS: usize = 20;
    let one_by_one = Opening::default().preferring(Meta).setting("SEND_CONCURRENCY", "1");
    let mut shop = one_by_one.options(|options| options.mapping.maximum_concurrency = 1).open().await;
    for provider in Provider::WITH_WEBHOOK {
        shop.simulator().rotate_credentials(simulated(provider));
    }
    let orders: Vec<String> = (0..ORDERS).map(|number| format!("P{number}")).collect();
    for order in &orders {
        shop.publish(&Event::sample("order-cancelled").order(order)).await;
    }
    for order in &orders {
        let view = shop.until(order, "refused by all", |view| view.record.rounds == 1).await.remove(0);
        assert_eq!(view.record.reason.unwrap().class, ReasonClass::Credentials, "{order}");
    }
    // Three refusals prove that the fault isn't in one message. Each attempt sends two requests: with the cached
    // credentials, and with those read again.
    for provider in Provider::WITH_WEBHOOK {
        assert_eq!(shop.sends_asked_of(provider), 3 * 2, "{provider}");
    }

    shop.local.secrets().put(CREDENTIALS_SECRET, shop.simulator().credentials_json());
    // A new execution environment has no record of refusals: the old one would send only one request a minute.
    shop.local.crash_notifier();
    shop.local.start_notifier().unwrap();
    for order in &orders {
        shop.end_the_wait(order).await;
    }
    for order in &orders {
        shop.until_state(order, State::Accepted).await;
        shop.the_send_about(order);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_secret_is_malformed_a_notification_waits() {
    let shop = Shop::open().await;
    let right = shop.simulator().credentials_json();
    shop.local.secrets().put(CREDENTIALS_SECRET, "{\"onemsg\": ".to_owned());
    shop.publish(&Event::sample("order-cancelled").order("M2")).await;
    let view = shop.until("M2", "refused by all", |view| view.record.rounds == 1).await.remove(0);
    let reason = view.record.reason.unwrap();
    assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "malformed_secret"));
    assert_eq!(shop.sends_asked_of(OneMsg), 0);

    shop.local.secrets().put(CREDENTIALS_SECRET, right);
    shop.end_the_wait("M2").await;
    shop.until_state("M2", State::Accepted).await;
    shop.the_send_about("M2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_provider_is_skipped() {
    for (provider, next) in [(OneMsg, Meta), (Meta, OneMsg), (Kaleyra, OneMsg)] {
        let variable = format!("{}_BASE_URL", provider.name().to_uppercase());
        let shop = Opening::default().preferring(provider).setting(&variable, CLOSED_PORT).open().await;
        let event = Event::sample("order-cancelled").order("C1");
        let reply = shop.invoke(event.0).await.unwrap();
        assert_eq!((&reply["outcome"], &reply["provider"]), (&json!("accepted"), &json!(next.name())));
        assert_eq!(shop.the_send_about("C1").message.provider, simulated(next));
        assert_eq!(shop.notification("C1").await.record.attempt, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_no_provider_can_be_reached_the_notification_waits_for_the_preferred_one() {
    let shop = Opening::default()
        .setting("ONEMSG_BASE_URL", CLOSED_PORT)
        .setting("META_BASE_URL", CLOSED_PORT)
        .setting("KALEYRA_BASE_URL", CLOSED_PORT)
        .open()
        .await;
    shop.publish(&Event::sample("order-cancelled").order("C2")).await;
    let view = shop
        .until("C2", "waiting for its turn", |view| {
            view.record.state == State::Waiting && view.record.attempt == 3
        })
        .await
        .remove(0);
    let reason = view.record.reason.unwrap();
    assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Unavailable, "connect"));
    assert_eq!(view.record.provider, Some(OneMsg));
    assert!(view.record.refused_by.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_provider_is_replaced_by_the_next_which_sends_its_own_template() {
    let shop = Shop::open().await;
    for (order, fault, class) in
        [("account", Intake::AccountTrouble, "account"), ("template", Intake::TemplateStopped, "template")]
    {
        shop.simulator().fail_next(simulated(OneMsg), 1, fault);
        shop.publish(&Event::sample("order-cancelled").order(order)).await;
        let view = shop.until_status(order, DeliveryStatus::Read).await;
        assert_eq!(view.record.provider, Some(Meta), "{class}");
        assert_eq!(view.record.refused_by.iter().copied().collect::<Vec<_>>(), [OneMsg]);
        assert_eq!(view.language.as_deref(), Some("en_US"));
        assert_eq!(shop.the_send_about(order).message.provider, simulated(Meta));
    }
}
