//! An order's page.

use crate::browser::Browser;
use crate::keyboard::Key;
use crate::site::{FALLEN_BACK, HELD, Site};

/// A zone with another minute than UTC's.
const TIME_ZONE: &str = "Asia/Kolkata";
/// The first message of the page.
const MESSAGE: &str = ".card > .columns .phone.whatsapp";
/// The message that followed it.
const FOLLOWER: &str = ".follower .phone.sms";

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn the_whole_story_of_an_order_is_read_with_the_keyboard_alone() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    assert_eq!(browser.path().await, "/", "the token stays in no history");

    browser.tab_to("input[name=number]").await;
    browser.type_into("input[name=number]", FALLEN_BACK).await;
    browser.press(Key::Enter).await;
    browser.until_shown("h1", &format!("Order {FALLEN_BACK}")).await;

    let moments = browser.texts(".card > .columns .timeline li").await;
    for expected in ["The event happened", "1MSG accepted it", "1MSG reported: sent", "1MSG reported: failed"]
    {
        assert!(moments.iter().any(|moment| moment.contains(expected)), "{expected}: {moments:?}");
    }
    let message = browser.text(MESSAGE).await;
    assert!(message.contains("Maria") && message.contains(FALLEN_BACK), "{message}");
    let tick = browser.attribute(&format!("{MESSAGE} .ticks .failed"), "aria-label").await;
    assert_eq!(tick.as_deref(), Some("failed"));

    assert_eq!(browser.text(".follower h3").await, "Then: a text message");
    let follower = browser.text(FOLLOWER).await;
    assert!(follower.contains("Hi Maria, your order 10511 is ready for pickup"), "{follower}");
    let tick = browser.attribute(&format!("{FOLLOWER} .ticks .two"), "aria-label").await;
    assert_eq!(tick.as_deref(), Some("delivered"));

    let english = browser.text(&format!("{MESSAGE} .text")).await;
    browser.tab_to(".tabs input").await;
    browser.press(Key::Right).await;
    let [spanish] = browser.texts(&format!("{MESSAGE} .text")).await.try_into().unwrap();
    assert_ne!(spanish, english);
    assert!(spanish.contains("Maria") && spanish.contains("pedido"), "{spanish}");
    assert_eq!(browser.text(FOLLOWER).await, follower, "each message has a language of its own");
    browser.press(Key::Left).await;
    assert_eq!(browser.texts(&format!("{MESSAGE} .text")).await, [english]);
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn the_list_leads_to_an_order_and_what_to_do_about_it() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    browser.click(&format!("th a[href='/orders/{HELD}']")).await;
    browser.until_shown("h1", HELD).await;
    browser.until_shown(".next", "Next:").await;
    browser.until_shown(".commands code", "ops resolve").await;
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn an_order_can_be_read_without_javascript() {
    let (site, browser) = (Site::get(), Browser::without_javascript().await);
    browser.enter(site).await;
    browser.type_into("input[name=number]", FALLEN_BACK).await;
    browser.click(".search button").await;
    browser.until_shown("h1", FALLEN_BACK).await;
    browser.until_shown(".timeline time", "UTC").await;
    browser.until_shown(FOLLOWER, "ready for pickup").await;

    let english = browser.text(&format!("{MESSAGE} .text")).await;
    browser.click(".tabs label:nth-of-type(2)").await;
    let [spanish] = browser.texts(&format!("{MESSAGE} .text")).await.try_into().unwrap();
    assert!(spanish.contains("pedido") && spanish != english, "{spanish}");
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn times_are_shown_in_the_browsers_zone() {
    let (site, browser) = (Site::get(), Browser::in_time_zone(TIME_ZONE).await);
    browser.enter(site).await;
    browser.go(&site.page(&format!("/orders/{FALLEN_BACK}"))).await;
    let script = "
        const time = document.querySelector('.timeline time');
        const inZone = timeZone => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', timeZone })
            .format(new Date(time.dateTime));
        return [time.textContent, inZone(arguments[0]), inZone('UTC'), time.title];
    ";
    let found = browser.run(script, &[TIME_ZONE.into()]).await;
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
    assert!(found[3].as_str().unwrap().ends_with("UTC"), "the time of the logs stays in the title: {found}");
}
