//! Every page, checked by axe-core, in both colours and as narrow as WCAG's criterion "reflow" asks.

use crate::browser::{Browser, Colours};
use crate::site::{FALLEN_BACK, HELD, Site, UNKNOWN};

/// The pages of the navigation.
const PAGES: [&str; 5] = ["/", "/live", "/try", "/attention", "/figures"];
const WIDE: u32 = 1200;
/// <https://www.w3.org/WAI/WCAG22/Understanding/reflow.html>.
const NARROW: u32 = 320;
const HEIGHT: u32 = 900;

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn every_page_is_accessible_in_light_and_dark_and_on_a_narrow_screen() {
    let (site, browser) = (Site::get(), Browser::open().await);
    let mut faults = faults(&browser, site, "/").await;
    assert_eq!(browser.text("h1").await, "Refused", "this browser has no access yet");
    browser.enter(site).await;
    let orders = [FALLEN_BACK, HELD, UNKNOWN].map(|order| format!("/orders/{order}"));
    browser.go(&site.page("/attention")).await;
    for part in ["#held article", "#invalid article", "#dead-letters td.bad"] {
        browser.find(part).await;
    }
    browser.go(&site.page("/live")).await;
    let line = browser.attribute(".live details a", "href").await.unwrap();
    let event = ["/attention/invalid", "/attention/invalid/content"]
        .map(|path| format!("{path}?event={}", site.invalid_event()));
    let others = ["/orders/not%20a%20number%01", "/nowhere", "/attention/done/0", "/figures?window=0"]
        .map(str::to_owned);
    let others = others.into_iter().chain(event).chain([line]);
    for path in PAGES.map(str::to_owned).into_iter().chain(orders).chain(others) {
        faults.extend(self::faults(&browser, site, &path).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn every_page_of_the_navigation_says_where_the_operator_is() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    for path in PAGES {
        browser.click(&format!("nav a[href='{path}']")).await;
        browser.find(&format!("nav a[href='{path}'][aria-current=page]")).await;
        assert_eq!(browser.path().await, path);
        let (title, heading) = (browser.title().await, browser.text("h1").await);
        assert!(title.starts_with(&heading), "{title:?} {heading:?}");
    }
}

/// What is wrong with a page.
async fn faults(browser: &Browser, site: &Site, path: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (colours, width) in
        [(Colours::Light, WIDE), (Colours::Dark, WIDE), (Colours::Light, NARROW), (Colours::Dark, NARROW)]
    {
        browser.set_colours(colours).await;
        browser.set_size(width, HEIGHT).await;
        browser.go(&site.page(path)).await;
        let mut found = browser.accessibility_violations().await;
        found.extend(browser.too_wide().await);
        faults.extend(found.iter().map(|fault| format!("{path} ({colours:?}, {width} pixels): {fault}")));
    }
    faults
}
