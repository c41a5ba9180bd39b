//! The page of what waits for an operator.

use crate::browser::Browser;
use crate::site::{DEAD_LETTER, HELD, Site, TO_RESOLVE};

/// The held notification of an order.
fn card(order: &str) -> String {
    format!("article:has(a[href='/orders/{order}'])")
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn a_held_notification_is_resolved_after_its_dry_run() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    browser.click("nav a[href='/attention']").await;
    let button = format!("{} form:has(input[value='sent']) button", card(TO_RESOLVE));

    browser.click(&button).await;
    browser.until_shown("h1", "Resolve as sent?").await;
    browser.until_shown("main", "Nothing was written yet.").await;
    assert_eq!(browser.accessibility_violations().await, [""; 0]);

    browser.click("main a[href='/attention']").await;
    browser.until_shown(&card(TO_RESOLVE), TO_RESOLVE).await;
    browser.click(&button).await;
    browser.click("button.apply").await;
    browser.until_shown("h1", "Resolve as sent: done").await;
    assert_eq!(browser.accessibility_violations().await, [""; 0]);

    browser.click("main a[href='/attention']").await;
    browser.until_shown(&card(HELD), HELD).await;
    assert_eq!(browser.texts(&card(TO_RESOLVE)).await, [""; 0]);
    browser.go(&site.page(&format!("/orders/{TO_RESOLVE}"))).await;
    assert!(!browser.text("main").await.contains("Held"));
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn dead_letters_are_looked_at_and_lead_to_their_orders() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    browser.click("nav a[href='/attention']").await;
    browser.click("form:has(input[value='undelivered']) button").await;
    browser.until_shown("h1", "Put the events back?").await;
    browser.find(&format!("th a[href='/orders/{DEAD_LETTER}']")).await;
    assert_eq!(browser.accessibility_violations().await, [""; 0]);
}
