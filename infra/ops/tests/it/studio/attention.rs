//! The page "Attention": what waits, with its actions.

use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::Timestamp;
use local::aws::event_bus::Delivering;
use local::environment::TABLE;
use reqwest::Method;
use reqwest::header::{COOKIE, HOST, LOCATION, ORIGIN};
use serde_json::json;
use shared::protocol::{Record, State};
use shared::table::{Table, Written};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::orders::stage::{event, open, with_stored_events};
use crate::support::{Form, Rig, Studio};

const PAGE: &str = "/attention";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_notification_is_resolved_only_after_its_dry_run_was_confirmed() {
    let rig = open().await;
    let studio = rig.studio().await;
    let empty = studio.get(PAGE).await.with_status(200).text();
    assert!(empty.contains("Nothing is held.") && empty.contains("There are no invalid events."), "{empty}");

    let (held, _) = rig.hold("A1").await;
    let page = studio.get(PAGE).await;
    let text = page.text();
    for part in ["Held notifications: 1", "order-cancelled of order A1", "it is unknown whether 1MSG sent it"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!page.html.contains("12025550100"), "no phone number");

    let asked = studio.submit(&page.form("Resolve as sent")).await.with_status(200);
    let text = asked.text();
    let command = format!("ops resolve {} --as sent", held.reference);
    for part in ["is held, would be accepted by 1MSG", "Nothing was written yet.", &command] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(rig.order("A1").await, std::slice::from_ref(&held), "the dry run wrote nothing");

    // Another dry run, with the message's id.
    let with_id = asked.form("Check again with these options").with("message_id", "true_1@c.us_3EB0");
    let again = studio.submit(&with_id.with("provider", "onemsg")).await.with_status(200);
    let text = again.text();
    assert!(text.contains("message true_1@c.us_3EB0") && text.contains("--provider onemsg"), "{text}");
    assert_eq!(rig.order("A1").await, [held], "the dry run wrote nothing");

    let confirm = asked.form("Do it: Resolve as sent");
    let answer = studio.pressed(&confirm).send().await.unwrap();
    assert_eq!(answer.status(), 303, "a page that is loaded again sends no form again");
    let address = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    for loaded in ["once", "again"] {
        let text = studio.get(&address).await.with_status(200).text();
        assert!(text.contains("was held, is now accepted by 1MSG"), "{loaded}: {text}");
    }
    let done = studio.get(&address).await;
    assert!(done.html.contains("href=\"/attention\""), "a link leads back");
    rig.until("A1", State::Accepted).await;

    // Another operator, or a second press.
    let text = studio.submit(&confirm).await.with_status(409).text();
    assert!(text.contains("nothing was written, because order-cancelled of order A1 is not held"), "{text}");
    assert!(studio.get(PAGE).await.text().contains("Nothing is held."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_sent_again_with_the_accepted_risk_and_only_once() {
    let rig = with_stored_events().await;
    let studio = rig.studio().await;
    let (held, _) = rig.hold("A2").await;
    let asked = studio.submit(&studio.get(PAGE).await.form("Send again")).await.with_status(200);
    let text = asked.text();
    assert!(text.contains("not sent again: it was sent, or may have been"), "{text}");
    assert!(!asked.has_button("Do it: Send again"), "{text}");

    let accepting = asked.form("Check again with these options").with("twice", "true");
    let asked = studio.submit(&accepting).await.with_status(200);
    let text = asked.text();
    assert!(text.contains("would be sent again"), "{text}");
    assert!(text.contains(" --although-it-may-be-sent-twice --apply"), "{text}");
    assert_eq!(rig.order("A2").await, [held], "the dry runs wrote nothing");

    let confirm = asked.form("Do it: Send again");
    let text = studio.submit(&confirm).await.with_status(200).text();
    assert!(text.contains("is sent again"), "{text}");
    rig.until("A2", State::Accepted).await;

    // A second press writes nothing.
    let text = studio.submit(&confirm).await.with_status(409).text();
    assert!(text.contains("It has changed since it was shown to you, so nothing was written."), "{text}");
    rig.until_quiet().await;
    assert_eq!(rig.sends_about("A2").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_found_unsent_is_sent_with_its_stored_event() {
    let rig = with_stored_events().await;
    let studio = rig.studio().await;
    rig.hold("A3").await;
    let asked = studio.submit(&studio.get(PAGE).await.form("Resolve as not sent")).await.with_status(200);
    assert!(asked.text().contains("If the message was sent after all, the customer gets it twice."));
    let done = studio.submit(&asked.form("Do it: Resolve as not sent")).await.with_status(200).text();
    assert!(done.contains("it is sent now: its stored event was put on the queue"), "{done}");
    rig.until("A3", State::Accepted).await;
    assert_eq!(rig.sends_about("A3").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_not_from_the_operators_browser_write_nothing() {
    let rig = open().await;
    let studio = rig.studio().await;
    let (held, _) = rig.hold("A4").await;
    let asked = studio.submit(&studio.get(PAGE).await.form("Resolve as not sent")).await;
    let confirm = asked.form("Do it: Resolve as not sent");
    let body = || url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&confirm.fields).finish();
    let bare = || {
        let request = studio.request(Method::POST, &confirm.action).body(body());
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    for (what, request) in [
        ("without the form's token", studio.pressed(&confirm.clone().without("form_token"))),
        ("with another token", studio.pressed(&confirm.clone().with("form_token", "00"))),
        ("without a cookie", bare().header(ORIGIN, studio.origin())),
        ("without an origin", bare().header(COOKIE, &studio.cookie)),
        (
            "with a foreign origin",
            bare().header(COOKIE, &studio.cookie).header(ORIGIN, "https://shop.example"),
        ),
        (
            "with a foreign host",
            bare()
                .header(COOKIE, &studio.cookie)
                .header(ORIGIN, studio.origin())
                .header(HOST, "shop.example"),
        ),
    ] {
        let refused = request.send().await.unwrap();
        assert!(matches!(refused.status().as_u16(), 403 | 421), "{what}: {}", refused.status());
        assert_eq!(rig.order("A4").await, std::slice::from_ref(&held), "{what}");
    }
    studio.submit(&confirm).await.with_status(200);
    let text = studio.get(PAGE).await.text();
    assert!(text.contains("Released, and waiting for their events to come again"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_event_is_corrected_and_replayed_and_its_content_is_shown_only_on_request() {
    let rig = open().await;
    let studio = rig.studio().await;
    let mut event = event("order-cancelled", "A5");
    event["detail"]["customer"]["phone"] = json!("202 555 0100");
    let id = rig.publish(&event).await;
    rig.until_quiet().await;

    let page = studio.get(PAGE).await;
    let text = page.text();
    for part in ["Invalid events: 1", &id, "detail.customer.phone", "the phone number has no country code"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let faults = studio.get(&format!("/attention/invalid?event={id}")).await.with_status(200);
    let asked = studio.submit(&page.form("Replay as it was received")).await.with_status(200);
    for page in [&page, &faults, &asked] {
        assert!(!page.html.contains("555 0100") && !page.html.contains("Alexey"), "{}", page.text());
    }
    assert!(asked.text().contains("it will be invalid again"), "{}", asked.text());
    assert!(!asked.has_button("Do it: Replay as it was received"));

    let content = studio.get(&format!("/attention/invalid/content?event={id}")).await.with_status(200);
    let form = content.form("Replay the corrected event");
    let given = form.fields.iter().find(|(name, _)| name == "corrected").unwrap().1.clone();
    assert!(given.contains("202 555 0100"), "{given}");
    let refused = studio.submit(&form.clone().with("corrected", "{")).await.with_status(409).text();
    assert!(refused.contains("the corrected event is not JSON"), "{refused}");
    let corrected = form.with("corrected", &given.replace("202 555 0100", "+12025550100"));
    let asked = studio.submit(&corrected).await.with_status(200);
    assert!(asked.text().contains("1MSG would be tried first"), "{}", asked.text());
    rig.until_quiet().await;
    assert_eq!(rig.order("A5").await, [], "the dry run published nothing");

    let confirm = asked.form("Do it: Replay the corrected event");
    let done = studio.submit(&confirm).await.with_status(200).text();
    assert!(done.contains("The event is on the bus order-notifications as "), "{done}");
    rig.until("A5", State::Accepted).await;
    let again = studio.submit(&confirm).await.with_status(409).text();
    assert!(again.contains("it was already published again"), "{again}");
    rig.until_quiet().await;
    assert_eq!(rig.sends_about("A5").len(), 1);
    assert!(studio.get(PAGE).await.text().contains("There are no invalid events."));
    studio.get("/attention/invalid?event=no-such-event").await.with_status(404);
}

/// Publishes an event whose phone number has no country, and returns its id and its text with a country.
async fn publish_invalid(rig: &Rig, order: &str) -> (String, String) {
    let mut event = event("order-cancelled", order);
    event["detail"]["customer"]["phone"] = json!("202 555 0100");
    let id = rig.publish(&event).await;
    event["detail"]["customer"]["phone"] = json!("+12025550100");
    (id, event.to_string())
}

/// The confirmation of a replay with the corrected event.
async fn replay_of(rig: &Rig, studio: &Studio, order: &str) -> Form {
    let (id, corrected) = publish_invalid(rig, order).await;
    rig.until_quiet().await;
    let content = studio.get(&format!("/attention/invalid/content?event={id}")).await.with_status(200);
    let asked = content.form("Replay the corrected event").with("corrected", &corrected);
    studio.submit(&asked).await.with_status(200).form("Do it: Replay the corrected event")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_that_is_pressed_twice_at_once_acts_once() {
    let rig = open().await;
    let studio = rig.studio().await;
    let confirm = replay_of(&rig, &studio, "A8").await;
    let (first, second) = tokio::join!(studio.pressed(&confirm).send(), studio.pressed(&confirm).send());
    let published = [first.unwrap(), second.unwrap()].map(|answer| answer.headers().get(LOCATION).cloned());
    // A press that comes after the end of the first is refused.
    let done: Vec<_> = published.iter().flatten().collect();
    assert!(matches!(done.as_slice(), [_] | [_, _]), "{done:?}");
    assert!(done.windows(2).all(|two| two[0] == two[1]), "{done:?}");
}

/// Presses a form's button, and closes the connection after a while without waiting for the answer.
async fn press_and_leave(studio: &Studio, form: &Form, after: Duration) {
    let request = studio.pressed(form).build().unwrap();
    let body = request.body().and_then(|body| body.as_bytes()).unwrap();
    let host = studio.origin().replace("http://", "");
    let mut head =
        format!("POST {} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n", form.action, body.len());
    for (name, value) in request.headers() {
        head = format!("{head}{name}: {}\r\n", value.to_str().unwrap());
    }
    let port = studio.address.port().unwrap();
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    connection.write_all(&[format!("{head}\r\n").as_bytes(), body].concat()).await.unwrap();
    tokio::time::sleep(after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_is_done_wholly_or_not_at_all_when_the_browser_leaves() {
    let rig = open().await;
    let studio = rig.studio().await;
    let mut pressed = Vec::new();
    for milliseconds in [0, 2, 4, 8, 16, 32] {
        let order = format!("A9{milliseconds}");
        let confirm = replay_of(&rig, &studio, &order).await;
        press_and_leave(&studio, &confirm, Duration::from_millis(milliseconds)).await;
        let event = confirm.fields.iter().find(|(name, _)| name == "event").unwrap().1.clone();
        pressed.push((order, event));
    }
    // What has begun is finished by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    rig.until_quiet().await;
    let page = studio.get(PAGE).await.text();
    for (order, event) in pressed {
        let is_published = !rig.order(&order).await.is_empty();
        assert_eq!(is_published, !page.contains(&event), "{order}: {page}");
    }
}

/// A held notification that was certainly not sent.
async fn hold_unsent(rig: &Rig, order: &str) {
    let (held, _) = rig.hold(order).await;
    let unsent = Record { unclear: false, ..held.record.clone() };
    let table = Table::new(rig.local.dynamodb().client().clone(), TABLE);
    let written = table.move_record(&held.reference, &held.record, &unsent, Timestamp::now()).await;
    assert_eq!(written.unwrap(), Written::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_unsent_ones_are_sent_only_as_they_were_shown() {
    let rig = with_stored_events().await;
    let studio = rig.studio().await;
    hold_unsent(&rig, "B1").await;
    let asked = studio.submit(&studio.get(PAGE).await.form("Send all unsent ones again")).await;
    let confirm = asked.with_status(200).form("Do it: Send all unsent ones again");
    hold_unsent(&rig, "B2").await;
    let changed = studio.submit(&confirm).await.with_status(409);
    let text = changed.text();
    assert!(text.contains("It has changed since it was shown to you, so nothing was written."), "{text}");
    assert!(text.contains("B1") && text.contains("B2"), "{text}");
    for order in ["B1", "B2"] {
        rig.until(order, State::Held).await;
    }
    studio.submit(&changed.form("Do it: Send all unsent ones again")).await.with_status(200);
    for order in ["B1", "B2"] {
        rig.until(order, State::Accepted).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_its_form_leads_to_a_page_with_the_navigation() {
    let rig = open().await;
    let studio = rig.studio().await;
    for action in ["resolve", "resend", "invalid/replay", "dead-letters"] {
        let page = studio.get(&format!("/attention/{action}")).await.with_status(200);
        assert!(page.text().contains("Nothing is held."), "{action}");
    }
    for (path, status) in [
        ("/attention/invalid", 404),
        ("/attention/invalid?event=a&event=b", 404),
        ("/attention/done/1", 404),
        ("/live/lines/x", 404),
        ("/figures?window=century", 400),
    ] {
        let page = studio.get(path).await.with_status(status);
        assert!(page.html.contains("href=\"/\""), "{path}: {}", page.html);
    }
    let doctor = format!("ops doctor {}", rig.local_option());
    assert!(studio.get(PAGE).await.text().contains(&doctor), "{doctor}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_event_is_read_and_a_larger_one_is_refused_on_a_page() {
    let rig = open().await;
    let studio = rig.studio().await;
    let (id, _) = publish_invalid(&rig, "C1").await;
    rig.until_quiet().await;
    let content = studio.get(&format!("/attention/invalid/content?event={id}")).await.with_status(200);
    let with = |bytes| content.form("Replay the corrected event").with("corrected", &"1".repeat(bytes));
    studio.submit(&with(3_000_000)).await.with_status(409);
    let refused = studio.submit(&with(9_000_000)).await.with_status(413);
    assert!(refused.text().contains("Refused"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_the_oldest_are_shown_with_the_count_of_all() {
    let rig = open().await;
    let studio = rig.studio().await;
    for number in 0..202 {
        publish_invalid(&rig, &format!("D{number}")).await;
    }
    let text = studio.until(PAGE, |text| text.contains("Invalid events: 202")).await;
    assert!(
        text.contains("The oldest 200 are shown. All of them, in a terminal: ops invalid list"),
        "{text}"
    );
    assert_eq!(studio.get(PAGE).await.html.matches("<article").count(), 200);
}

/// Puts the queue's dead letters back, after the dry run.
async fn put_back(studio: &Studio, queue: &str) -> (String, String) {
    let form = studio.get(PAGE).await.form("Look at the events").with("queue", queue);
    let asked = studio.submit(&form).await.with_status(200);
    let done = studio.submit(&asked.form("Do it: Put the events back")).await.with_status(200);
    (asked.text(), done.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_counted_shown_and_put_back() {
    let mut rig = Rig::start().await;
    let studio = rig.studio().await;
    rig.local.bus().set_delivering(Delivering::Denied);
    rig.publish(&event("order-cancelled", "A6")).await;
    rig.local.bus().set_delivering(Delivering::Works);
    rig.local.crash_notifier();
    rig.publish(&event("order-cancelled", "A7")).await;
    let queue = rig.local.queue();
    while queue.depth().dead_letters == 0 {
        let _nothing =
            tokio::time::timeout(Duration::from_millis(1), queue.receive(10, Duration::ZERO)).await;
    }
    let page = studio.get(PAGE).await.text();
    assert!(page.contains("Dead letters: 2"), "{page}");
    assert!(page.contains("events that EventBridge could not put on the queue 1 event"), "{page}");
    rig.local.start_notifier().unwrap();

    let (asked, done) = put_back(&studio, "undelivered").await;
    assert!(asked.contains("undelivered: 1 event, 1 read") && asked.contains("A6"), "{asked}");
    assert!(asked.contains("ops redrive --queue undelivered --apply"), "{asked}");
    assert!(done.contains("undelivered: 1 event moved to the queue of order events"), "{done}");
    rig.until("A6", State::Accepted).await;

    let (asked, done) = put_back(&studio, "order-events").await;
    assert!(asked.contains("order-events: 1 event, 1 read") && asked.contains("A7"), "{asked}");
    assert!(done.contains("order-events: 1 event moved to the queue of order events"), "{done}");
    rig.until("A7", State::Accepted).await;

    let empty = studio.get(PAGE).await.form("Look at the events").with("queue", "order-events");
    let empty = studio.submit(&empty).await.with_status(200);
    assert!(empty.text().contains("order-events: empty"), "{}", empty.text());
    assert!(!empty.has_button("Do it: Put the events back"));
}
