//! Requests that don't come from the operator's browser and the Studio's own pages.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::browser::Browser;
use crate::site::{FALLEN_BACK, Site};

/// An answer: its head in lower case, and its body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Sends a request as it stands: a browser would correct its `Host`.
async fn send(site: &Site, request_line: &str, headers: &[(&str, &str)]) -> Answer {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, site.url().port().unwrap())).await.unwrap();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request =
        format!("{request_line} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 0\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// The Studio's host with its port, and the request target with the token.
fn own(site: &Site) -> (String, String) {
    let url = site.url();
    let host = format!("127.0.0.1:{}", url.port().unwrap());
    (host, format!("{}?{}", url.path(), url.query().unwrap()))
}

/// The cookie that the printed address sets.
async fn cookie(site: &Site) -> String {
    let (host, target) = own(site);
    let admitted = send(site, &format!("GET {target}"), &[("Host", &host)]).await;
    assert_eq!(admitted.status, 303);
    let cookie = admitted.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=lax"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn a_request_without_access_is_refused_and_learns_nothing() {
    let site = Site::get();
    let ((host, target), cookie) = (own(site), cookie(site).await);
    let page = format!("GET /orders/{FALLEN_BACK}");
    let admitted = send(site, &page, &[("Host", &host), ("Cookie", &cookie)]).await;
    assert_eq!(admitted.status, 200);
    assert!(admitted.body.contains("Maria"));
    for header in ["content-security-policy: default-src 'none'", "cache-control: no-store", "nosniff"] {
        assert!(admitted.head.contains(header), "{}", admitted.head);
    }

    let (with_token, port) = (format!("GET {target}"), host.rsplit_once(':').unwrap().1);
    let foreign = format!("studio.example:{port}");
    let wrong = format!("{}{}", cookie.split_once('=').unwrap().0, "=0123");
    for (what, request, headers, status) in [
        ("a forged host", &page, vec![("Host", foreign.as_str()), ("Cookie", &cookie)], 421),
        ("a forged host with the token", &with_token, vec![("Host", &foreign)], 421),
        ("a host without the port", &page, vec![("Host", "127.0.0.1"), ("Cookie", &cookie)], 421),
        ("no cookie", &page, vec![("Host", &host)], 403),
        ("a wrong cookie", &page, vec![("Host", &host), ("Cookie", &wrong)], 403),
        ("a wrong token", &format!("{page}?token=0123"), vec![("Host", &host)], 403),
        ("no cookie on the styles", &"GET /studio.css".to_owned(), vec![("Host", &host)], 403),
    ] {
        let answer = send(site, request, &headers).await;
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.body.contains("Refused") && !answer.body.contains("Maria"), "{what}: {}", answer.body);
        assert!(!answer.body.contains("local run") && !answer.head.contains("set-cookie"), "{what}");
    }
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn a_form_from_another_origin_is_refused() {
    let site = Site::get();
    let ((host, _), cookie) = (own(site), cookie(site).await);
    let own_origin = format!("http://{host}");
    for origin in [Some("http://studio.example"), Some("null"), Some("http://127.0.0.1:1"), None] {
        let mut headers = vec![("Host", host.as_str()), ("Cookie", &cookie)];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        let answer = send(site, "POST /attention", &headers).await;
        assert_eq!(answer.status, 403, "{origin:?}");
        assert!(answer.body.contains("Another page sent this form"), "{origin:?}: {}", answer.body);
    }
    let headers = [("Host", host.as_str()), ("Cookie", &cookie), ("Origin", &own_origin)];
    let answer = send(site, "POST /attention", &headers).await;
    assert!(!answer.body.contains("Another page sent this form"), "{}", answer.body);
    assert!((400..500).contains(&answer.status), "it lacks the form's token: {}", answer.status);
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/browser-test"]
async fn another_page_in_the_operators_browser_can_neither_send_a_form_nor_show_the_studio() {
    let (site, browser) = (Site::get(), Browser::open().await);
    browser.enter(site).await;
    // For a cookie, another port of the same host is the same site: the browser sends it along.
    let other = serve(format!(
        "<!doctype html><title>Another page</title><iframe src='{page}'></iframe>\
         <form method=post action='{page}'><button>Win a prize</button></form>",
        page = site.page("/attention")
    ))
    .await;
    browser.go(&other).await;
    browser.look_into_frame(true).await;
    assert_eq!(browser.texts("nav, main").await, [""; 0], "the Studio can't be shown in a frame");
    browser.look_into_frame(false).await;
    browser.click("button").await;
    browser.until_shown("main", "Another page sent this form").await;
}

/// Serves this page on a port of its own until the test ends.
async fn serve(page: String) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _request = connection.read(&mut [0; 4096]).await;
            let length = page.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
            );
            let _sent = connection.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/")
}
