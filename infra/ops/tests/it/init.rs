//! `ops init`: files that make a message of the event that they were made from.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Ran, command};

/// A folder that goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ops-init-{}", rand::random::<u64>()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Puts an event there, and runs `ops init` on it.
    async fn init(&self, event: &Value, arguments: &[&str]) -> Ran {
        let file = self.path("pasted.json");
        std::fs::write(&file, event.to_string()).unwrap();
        let shop = self.path("shop");
        let mut init = command();
        init.args(["init", &file, "--folder", &shop]).args(arguments);
        Ran::of(init.output().await.unwrap())
    }

    async fn preview(&self, event: &str) -> Ran {
        let (catalogue, definitions) =
            (self.path("shop/notifications.toml"), self.path("shop/message-templates"));
        let mut preview = command();
        preview.args(["preview", event, "--now", "--catalogue", &catalogue, "--definitions", &definitions]);
        Ran::of(preview.output().await.unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

fn packed() -> Value {
    json!({
        "source": "warehouse", "detail-type": "Order Packed", "id": "1", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order_number": "W-17", "carrier": "Post",
            "customer": { "first_name": "Alexey", "phone": "+12025550100", "locale": "en-US", "whatsapp_opt_in": true },
        },
    })
}

#[tokio::test]
async fn an_event_becomes_a_notification_whose_message_is_seen_at_once() {
    let folder = Folder::new();
    let text = "Hello, {{1}}! Your order {{2}} leaves us today with {{3}}, and we thank you.";
    let body =
        ["--body", "detail.customer.first_name", "--body", "detail.order_number", "--body", "detail.carrier"];
    let ran = folder.init(&packed(), &[&["--text", text, "--yes"], &body[..]].concat()).await;
    let said = ran.ended_with(0);
    assert!(said.contains("shop/notifications.toml") && said.contains("ops preview"), "{said}");

    let previewed = folder.preview(&folder.path("shop/events/order-packed.json")).await.ended_with(0);
    assert!(previewed.contains("Hello, Alexey! Your order W-17 leaves us today with Post"), "{previewed}");
    let line = said.lines().find(|line| line.trim_start().starts_with("ops preview")).unwrap().trim();
    let mut words = line.split(' ').skip(1);
    let again = command().args(words.by_ref()).output().await.unwrap();
    assert!(Ran::of(again).ended_with(0).contains("Hello, Alexey!"), "the command that it names: {line}");
}

#[tokio::test]
async fn a_dry_run_shows_the_files_and_writes_none() {
    let folder = Folder::new();
    let said = folder.init(&packed(), &["--dry-run"]).await.ended_with(0);
    assert!(
        said.contains("[notifications.order-packed]") && said.contains("category = \"UTILITY\""),
        "{said}"
    );
    assert!(!Path::new(&folder.path("shop")).exists());
}

#[tokio::test]
async fn a_second_notification_is_added_and_nothing_is_overwritten() {
    let folder = Folder::new();
    folder.init(&packed(), &[]).await.ended_with(0);
    let first = folder.read("shop/notifications.toml");
    let again = folder.init(&packed(), &[]).await;
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("order-packed.json is there already"), "{again:?}");

    let mut collected = packed();
    collected["detail-type"] = json!("Parcel Collected");
    let providers =
        ["--provider", "onemsg", "--provider", "meta", "--namespace", "n", "--template", "order_packed"];
    folder.init(&collected, &providers).await.ended_with(0);
    let both = folder.read("shop/notifications.toml");
    assert!(
        both.starts_with(first.trim_end()) && both.contains("[notifications.parcel-collected]"),
        "{both}"
    );
    folder.preview(&folder.path("shop/events/order-packed.json")).await.ended_with(0);
    assert!(!Path::new(&folder.path("shop/message-templates/parcel_collected.toml")).exists());
}

#[tokio::test]
async fn what_cannot_be_guessed_or_would_not_work_is_said_and_nothing_is_written() {
    let mut silent = packed();
    silent["detail"]["customer"].as_object_mut().unwrap().remove("whatsapp_opt_in");
    for (event, arguments, said) in [
        (&silent, &[][..], "--consent '`true`'"),
        (&packed(), &["--recipient", "detail.carrier"], "recipient"),
        (&packed(), &["--order", "detail.["], "order"),
        (&packed(), &["--text", "{{1}} and {{2}}"], "begins or ends with a variable"),
        (&packed(), &["--provider", "onemsg"], "--namespace"),
    ] {
        let folder = Folder::new();
        let ran = folder.init(event, arguments).await;
        assert!(ran.code == 2 && ran.stderr.contains(said), "{arguments:?}: {ran:?}");
        assert!(!Path::new(&folder.path("shop")).exists(), "{arguments:?}");
    }
    let folder = Folder::new();
    folder.init(&silent, &["--consent", "`true`"]).await.ended_with(0);
    folder.preview(&folder.path("shop/events/order-packed.json")).await.ended_with(0);
}
