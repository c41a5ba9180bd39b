//! Only the operator's browser is let in.

use reqwest::Method;
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION};

use crate::support::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_shown_only_to_the_browser_that_opened_the_printed_address() {
    let rig = Rig::start().await;
    let studio = rig.studio().await;
    studio.get("/").await.with_status(200);

    let admitted = studio.request(Method::GET, studio.address.as_str()).send().await.unwrap();
    assert_eq!((admitted.status().as_u16(), &admitted.headers()[LOCATION]), (303, &"/".parse().unwrap()));
    for (what, request) in [
        ("without cookie", studio.request(Method::GET, "/")),
        ("with a wrong token", studio.request(Method::GET, "/?token=00")),
        ("with a wrong cookie", studio.request(Method::GET, "/").header(COOKIE, "studio=00")),
        (
            "with a foreign host",
            studio.request(Method::GET, "/").header(COOKIE, &studio.cookie).header(HOST, "shop.example"),
        ),
    ] {
        let refused = request.send().await.unwrap();
        assert!(matches!(refused.status().as_u16(), 403 | 421), "{what}: {}", refused.status());
        assert!(refused.headers().contains_key(CONTENT_SECURITY_POLICY), "{what}");
        assert!(!refused.text().await.unwrap().contains("local run"), "{what}: it names no deployment");
    }
}
