//! Only the operator's browser is let in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION, SET_COOKIE};

use crate::support::{PATIENCE, Rig, command};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_shown_only_to_the_browser_that_opened_the_printed_address() {
    let rig = Rig::start().await;
    let studio = rig.studio().await;
    studio.get("/").await.with_status(200);

    let admitted = studio.request(Method::GET, studio.address.as_str()).send().await.unwrap();
    assert_eq!((admitted.status().as_u16(), &admitted.headers()[LOCATION]), (303, &"/".parse().unwrap()));
    let set = admitted.headers()[SET_COOKIE].to_str().unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
    let (name, value) = studio.cookie.split_once('=').unwrap();
    assert!(!studio.address.as_str().contains(value), "the cookie is not the address's token");
    let (wrong, token) = (format!("{name}={}", "0".repeat(value.len())), studio.address.query().unwrap());
    let token = token.replace("token", name);
    for (what, request) in [
        ("with the token as the cookie", studio.request(Method::GET, "/").header(COOKIE, token)),
        ("without cookie", studio.request(Method::GET, "/")),
        ("with a wrong token", studio.request(Method::GET, "/?token=00")),
        ("with a wrong cookie", studio.request(Method::GET, "/").header(COOKIE, wrong)),
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_host_is_told_how_a_port_is_forwarded() {
    let rig = Rig::start().await;
    let studio = rig.studio().await;
    let refused = studio.request(Method::GET, "/").header(HOST, "127.0.0.1:1").send().await.unwrap();
    let (port, text) = (studio.address.port().unwrap(), refused.text().await.unwrap());
    assert!(text.contains(&format!("ssh -L {port}:127.0.0.1:{port} HOST")), "{text}");
}

/// A folder with a program that takes the place of the desktop's and writes its arguments into the file `arguments` beside it.
fn desktop() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desktop");
    let _removed = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("xdg-open");
    fs::write(&program, "#!/bin/sh\necho \"$@\" > \"${0%/*}/arguments\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_is_opened_without_the_token_in_its_arguments() {
    let rig = Rig::start().await;
    let folder = desktop();
    let mut tool = command();
    tool.args(["studio", "--open"]).arg(rig.local_option()).env("PATH", &folder).env("TMPDIR", &folder);
    let _studio = tool.stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let path = loop {
        let arguments = fs::read_to_string(folder.join("arguments")).unwrap_or_default();
        if arguments.ends_with('\n') {
            break PathBuf::from(arguments.trim_end());
        }
        assert!(Instant::now() < deadline, "no browser is opened");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(path.parent(), Some(folder.as_path()));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600,
        "only its owner can read it"
    );
    let page = fs::read_to_string(&path).unwrap();
    let token = page.split_once("/?token=").unwrap().1.split('"').next().unwrap();
    assert_eq!(token.len(), 64, "{page}");
    assert!(page.contains("http-equiv=\"refresh\"") && !path.to_str().unwrap().contains(token), "{page}");
}
