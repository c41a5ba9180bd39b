//! The picture of an order's page in the README.

use std::path::{Path, PathBuf};

use crate::browser::Browser;
use crate::picture::Picture;
use crate::site::{FALLEN_BACK, Site};

/// With it, the picture is written and not compared.
const UPDATE: &str = "UPDATE_SCREENSHOTS";
const WIDTH: u32 = 1200;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images/studio-order.png")
}

/// The order's page after a change by this script.
async fn changed(browser: &Browser, site: &Site, script: &str) -> Picture {
    browser.go(&site.page(&format!("/orders/{FALLEN_BACK}"))).await;
    browser.run(script, &[]).await;
    browser.take_picture(WIDTH).await
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn the_picture_in_the_readme_shows_the_page_as_it_is() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    let taken = changed(&browser, site, "").await;
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(file(), &taken.png).unwrap();
    }
    let committed = std::fs::read(file())
        .unwrap_or_else(|error| panic!("docs/images/studio-order.png: {error}; {UPDATE}=1 writes it"));
    let committed = browser.read_picture(committed).await;
    if let Some(difference) = taken.difference(&committed) {
        panic!(
            "docs/images/studio-order.png shows another page: {difference}. {UPDATE}=1 .ci/browser-test picture renews it"
        );
    }

    // The comparison itself.
    for (what, script) in [
        ("other fonts", "document.body.style.fontFamily = 'serif';"),
        (
            "a line more",
            "document.querySelector('h2').insertAdjacentHTML('afterend', '<p>One more line</p>');",
        ),
    ] {
        assert_eq!(changed(&browser, site, script).await.difference(&taken), None, "{what}");
    }
    for (what, script) in [
        ("without styles", "document.querySelector('link[rel=stylesheet]').remove();"),
        ("without content", "document.querySelector('main').innerHTML = '';"),
        (
            "empty, but as high",
            "const height = document.body.scrollHeight;
             document.body.innerHTML = '';
             document.body.style.height = height + 'px';",
        ),
    ] {
        assert!(changed(&browser, site, script).await.difference(&taken).is_some(), "{what}");
    }
}
