//! The page on which an operator tries an event.

use crate::browser::Browser;
use crate::site::Site;

const SAMPLE: &str = "/try?sample=pickup-ready";
/// The message on the phone.
const MESSAGE: &str = "#result .phone.whatsapp .text";
/// The expression that the story changes; only this sample's notification has it.
const EXPRESSION: &str = "detail.pickup.place";
/// The simulator's number that no provider delivers to, so that a text message follows at once.
const REFUSED: &str = "+12025550112";

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn the_message_changes_while_the_catalogue_is_edited() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    browser.go(&site.page(SAMPLE)).await;
    browser.until_shown(MESSAGE, "Main Street 5").await;
    browser.click("#result .tabs label:nth-of-type(2)").await;
    browser.click("form.try details summary").await;

    let select = "
        const catalogue = document.getElementById('catalogue'), start = catalogue.value.indexOf(arguments[0]);
        catalogue.focus();
        catalogue.setSelectionRange(start, start + arguments[0].length);
    ";
    browser.run(select, &[EXPRESSION.into()]).await;
    browser.type_into("#catalogue", "detail.customer.email").await;
    browser.until_shown(MESSAGE, "alexey@shop.example").await;
    let [spanish] = browser.texts(MESSAGE).await.try_into().unwrap();
    assert!(
        spanish.contains("pedido") && spanish.contains("alexey@shop.example"),
        "the chosen tab stays: {spanish}"
    );

    browser.type_into("#catalogue", "\"").await;
    browser.until_shown("#result", "The catalogue has faults").await;
    assert_eq!(browser.path().await, SAMPLE, "nothing was loaded anew");
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn a_sent_event_is_followed_on_its_orders_page() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    browser.go(&site.page(SAMPLE)).await;
    browser.click(&format!("select[name=behaviour] option[value='{REFUSED}']")).await;
    browser.click("button[value=send]").await;
    // Its page follows the order without being loaded again.
    browser.until_shown("h1", "Order").await;
    browser.until_shown(".follower .timeline", "reported: delivered").await;
    browser.until_shown(".card > .columns .timeline", "Rejected: every provider refused it").await;
    assert!(browser.path().await.starts_with("/orders/"));
}
