//! `ops init`: creates files that make a message of the event from which they were created.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use insta::assert_snapshot;
use local::LocalOptions;
use local::options::Options;
use local::simulator::{Content, Provider};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Ran, Rig, command, ops, repository, run};

/// A folder that is deleted on drop.
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

    /// Writes an event into the folder, and runs `ops init` on it.
    async fn init(&self, event: &Value, arguments: &[&str]) -> Ran {
        let file = self.path("pasted.json");
        std::fs::write(&file, event.to_string()).unwrap();
        ops(&[&["init", &file, "--folder", &self.path("shop")], arguments].concat()).await
    }

    async fn preview(&self, event: &str) -> Ran {
        let (catalogue, definitions) =
            (self.path("shop/notifications.toml"), self.path("shop/message-templates"));
        ops(&["preview", event, "--now", "--catalogue", &catalogue, "--definitions", &definitions]).await
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

/// A template with three variables.
const THREE_VARIABLES: [&str; 9] = [
    "--yes",
    "--text",
    "Hello, {{1}}! Your order {{2}} leaves us today with {{3}}, and we thank you.",
    "--body",
    "detail.customer.first_name",
    "--body",
    "detail.order_number",
    "--body",
    "detail.carrier",
];

#[tokio::test]
async fn the_new_files_can_be_previewed_at_once() {
    let folder = Folder::new();
    let ran = folder.init(&packed(), &THREE_VARIABLES).await;
    assert_snapshot!(ran, @"
    written <file>/shop/notifications.toml
    written <file>/shop/message-templates/order_packed.toml
    written <file>/shop/events/order-packed.json
    next: see the message as the customer does (if `ops` isn't installed: `cargo run -q -p ops --`)
      ops preview <file>/shop/events/order-packed.json --now --catalogue <file>/shop/notifications.toml --definitions <file>/shop/message-templates
    next: check the files, and send the message in a local run
      ops check --catalogue <file>/shop/notifications.toml --definitions <file>/shop/message-templates --events <file>/shop/events --event-sources 'warehouse'
      cargo run -p local -- --catalogue <file>/shop/notifications.toml --definitions <file>/shop/message-templates --events <file>/shop/events
    next: replace notifications.toml with <file>/shop/notifications.toml, and move the definition into infra/message-templates and the sample into infra/sample-events; docs/catalogue.md explains the keys, and docs/deploy.md how to submit the template and add a source (EventSources)
    ");
    let said = ran.ended_with(0);
    assert_snapshot!("previewed", folder.preview(&folder.path("shop/events/order-packed.json")).await);
    let line = said.lines().find(|line| line.trim_start().starts_with("ops preview")).unwrap().trim();
    let again = run(command().args(line.split(' ').skip(1))).await.ended_with(0);
    assert!(again.contains("Hello, Alexey!"), "the command that it names: {line}");
}

#[tokio::test]
async fn a_dry_run_shows_the_files_and_writes_none() {
    let folder = Folder::new();
    assert_snapshot!(folder.init(&packed(), &["--dry-run"]).await);
    assert!(!Path::new(&folder.path("shop")).exists());
}

#[tokio::test]
async fn a_second_notification_is_added_and_nothing_is_overwritten() {
    let folder = Folder::new();
    folder.init(&packed(), &[]).await.ended_with(0);
    let first = folder.read("shop/notifications.toml");
    assert_snapshot!(folder.init(&packed(), &[]).await, @"
    exit code 2
    stderr:
    error: <file>/shop/events/order-packed.json exists already
    next: give another --name or --folder
    ");

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
async fn missing_and_invalid_answers_are_errors_and_nothing_is_written() {
    let mut silent = packed();
    silent["detail"]["customer"].as_object_mut().unwrap().remove("whatsapp_opt_in");
    let (mut refusing, mut in_words, mut only_words) = (packed(), packed(), packed());
    only_words["detail"]["customer"]["whatsapp_opt_in"] = json!("yes");
    let mut without_number = packed();
    without_number["detail"]["customer"]["phone"] = json!("on request");
    refusing["detail"]["customer"]["whatsapp_opt_in"] = json!(false);
    in_words["detail"]["customer"]["agreed"] = json!("yes");
    let folder = Folder::new();
    let mut shown = String::new();
    for (event, arguments) in [
        (&silent, &[][..]),
        (&packed(), &["--recipient", "detail.carrier"]),
        (&packed(), &["--order", "detail.["]),
        (&packed(), &["--text", "{{1}} and {{2}}"]),
        (&packed(), &["--text", "Order {{1}} is packed."]),
        (&refusing, &[]),
        (&in_words, &["--consent", "detail.customer.agreed"]),
        (&only_words, &[]),
        (&packed(), &["--consent", "detail.customer.optin"]),
        (&without_number, &[]),
        (&national(""), &[]),
        (&national(""), &["--country", "AT"]),
        (&national("Austria"), &["--country", "detail.customer.country"]),
        (&packed()["detail"], &[]),
        (&json!({ "detail": packed()["detail"] }), &[]),
        (&packed(), &["--provider", "onemsg"]),
    ] {
        let ran = folder.init(event, arguments).await;
        writeln!(shown, "## {arguments:?}\n{ran}").unwrap();
        assert!(!Path::new(&folder.path("shop")).exists(), "{arguments:?}");
    }
    assert_snapshot!(shown);
    folder.init(&silent, &["--consent", "`true`"]).await.ended_with(0);
    folder.preview(&folder.path("shop/events/order-packed.json")).await.ended_with(0);
}

/// An event with a phone number that needs its country.
fn national(country: &str) -> Value {
    let mut event = packed();
    event["detail"]["customer"]["phone"] = json!("0664 1234567");
    event["detail"]["customer"]["country"] = json!(country);
    event
}

#[tokio::test]
async fn a_national_number_gets_its_country() {
    for (event, arguments, line) in [
        (national("AT"), &[][..], "country     = \"detail.customer.country\""),
        (national(""), &["--country", "'AT'"], "country     = \"'AT'\""),
    ] {
        let folder = Folder::new();
        folder.init(&event, arguments).await.ended_with(0);
        let catalogue = folder.read("shop/notifications.toml");
        assert!(catalogue.contains(line), "{catalogue}");
        let previewed = folder.preview(&folder.path("shop/events/order-packed.json")).await.ended_with(0);
        assert!(previewed.contains("+436641234567"), "{previewed}");
    }
    // A catalogue that reads all numbers as international ones needs no country.
    let folder = Folder::new();
    std::fs::create_dir(folder.path("shop")).unwrap();
    let catalogue = "[defaults]\nmax_age = \"3d\"\ninternational_digits = true\n";
    std::fs::write(folder.path("shop/notifications.toml"), catalogue).unwrap();
    let mut event = packed();
    event["detail"]["customer"]["phone"] = json!("436641234567");
    folder.init(&event, &[]).await.ended_with(0);
    assert!(!folder.read("shop/notifications.toml").contains("country"));
}

#[tokio::test]
async fn a_new_catalogue_begins_with_its_schema() {
    let folder = Folder::new();
    folder.init(&packed(), &[]).await.ended_with(0);
    let page = std::fs::read_to_string(repository().join("docs/catalogue.md")).unwrap();
    let schema = page.lines().find(|line| line.starts_with("#:schema ")).unwrap();
    assert_eq!(folder.read("shop/notifications.toml").lines().next(), Some(schema));
}

/// The shell lines of the recipe, as they stand there.
fn recipe() -> String {
    let page = std::fs::read_to_string(repository().join("docs/recipes.md")).unwrap();
    let (_, section) = page.split_once("\n## A message for an event of your own\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("\n```").unwrap().0.to_owned()
}

#[tokio::test]
async fn the_recipe_for_an_own_event_sends_its_message() {
    let folder = Folder::new();
    let recipe = recipe();
    let (lines, last) = recipe.rsplit_once('\n').unwrap();
    let tool = env!("CARGO_BIN_EXE_ops");
    assert_eq!(lines.matches("cargo run -q -p ops --").count(), 2, "{lines}");
    let script = format!("set -e\n{}", lines.replace("cargo run -q -p ops --", tool));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .current_dir(&folder.0)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let said = run(&mut shell).await.ended_with(0);
    assert!(said.contains("The shop's files agree: 1 notification"), "{said}");

    // The local run is another package's program: it is run here from its command line on.
    let arguments = last.strip_prefix("cargo run -q -p local -- ").unwrap();
    let words = arguments.split(' ').map(|word| match word.strip_prefix("shop/") {
        Some(_) => folder.path(word),
        None => word.to_owned(),
    });
    let options = Options::try_parse_from(std::iter::once("local".to_owned()).chain(words)).unwrap();
    let code = Box::pin(local::run(options)).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
}

#[tokio::test]
async fn commands_use_the_local_runs_definitions() {
    let folder = Folder::new();
    folder.init(&packed(), &THREE_VARIABLES).await.ended_with(0);
    let rig = Rig::with(LocalOptions {
        catalogue: folder.path("shop/notifications.toml").into(),
        definitions: folder.path("shop/message-templates").into(),
        timing: 0.1,
        ..LocalOptions::default()
    })
    .await;
    let plan = rig.ops(&["templates", "plan"]).await.ended_with(0);
    assert!(plan.contains("order_packed") && plan.contains("the same, approved"), "{plan}");
    assert!(!plan.contains("order_return"), "{plan}");
    let doctor = rig.ops(&["doctor", "--only", "catalogue,meta"]).await.ended_with(0);
    assert!(doctor.contains("Every template of the catalogue is defined"), "{doctor}");

    let sample = folder.path("shop/events/order-packed.json");
    let previewed = rig.ops(&["preview", &sample, "--now"]).await.ended_with(0);
    assert!(previewed.contains("Hello, Alexey! Your order W-17 leaves us today with Post"), "{previewed}");
    rig.ops(&["send", &sample, "--now"]).await.ended_with(0);
    let accepted = async {
        loop {
            if let Some(send) = rig.local.simulator().ledger().accepted.first() {
                return send.message.template.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let template = tokio::time::timeout(Duration::from_secs(30), accepted).await.unwrap();
    let values = ["Alexey", "W-17", "Post"].map(str::to_owned).to_vec();
    assert!(template.name == "order_packed" && template.content == Content::Body(values));

    rig.local.simulator().change_templates(Provider::Meta, Vec::clear);
    rig.ops(&["templates", "plan"]).await.ended_with(1);
    let applied = rig.ops(&["templates", "apply"]).await.ended_with(0);
    assert!(applied.contains("Created: 1 template."), "{applied}");
    rig.ops(&["templates", "plan"]).await.ended_with(0);
}
