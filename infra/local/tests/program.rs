//! The program as a separate process: the README's first command with the suites' files, and the settings for a
//! shell.

#![expect(clippy::unwrap_used, reason = "a shop's files are written and read by helpers of the tests")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use local::environment::clock;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_mins(2);

/// With the suites' catalogue and definitions, independently of the shop's.
fn program(arguments: &[&str]) -> Command {
    program_under(&local::catalogue::shipped(), &local::account::shipped_definitions(), arguments)
}

fn program_under(catalogue: &Path, definitions: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.arg("--catalogue").arg(catalogue).arg("--definitions").arg(definitions);
    command.args(arguments).env_clear().envs(clock()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The suites' samples.
fn samples() -> String {
    local::samples::shipped().display().to_string()
}

/// A shop with its own files, deleted on drop.
struct Shop(PathBuf);

impl Shop {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("shop-{:016x}", rand::random::<u64>()));
        let shop = Self(folder);
        for (file, text) in [
            (
                "notifications.toml",
                r#"
                [notifications.order-packed]
                source = ["warehouse"]
                detail_type = ["Order Packed"]
                order = "detail.order"
                recipient = "detail.phone"
                consent = "`true`"
                max_age = "1d"
                providers = ["onemsg", "kaleyra"]
                body = ["detail.name", "detail.order", "detail.carrier"]
                [notifications.order-packed.templates]
                onemsg = { name = "parcel_left", namespace = "of_this_shop_alone", languages = ["de"] }
                kaleyra = { name = "parcel_left", languages = ["de"] }
                "#,
            ),
            (
                "message-templates/parcel_left.toml",
                r#"
                name = "parcel_left"
                category = "UTILITY"
                [texts.de]
                codes = { onemsg = "de", kaleyra = "de" }
                body = "Hallo {{1}}, Bestellung {{2}} ist heute mit {{3}} unterwegs."
                samples = ["Anna", "W-17", "der Post"]
                "#,
            ),
            (
                "events/packed.json",
                r#"{
                    "source": "warehouse", "detail-type": "Order Packed", "id": "1", "time": "2026-11-20T09:00:00Z",
                    "detail": {"order": "W-17", "carrier": "der Post", "name": "Anna", "phone": "+12025550100"}
                }"#,
            ),
        ] {
            let file = shop.0.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        shop
    }

    /// Replaces a text in the definition.
    fn change_definition(&self, from: &str, to: &str) {
        let file = self.0.join("message-templates/parcel_left.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(file, text.replace(from, to)).unwrap();
    }

    /// Whether the local run succeeded, its output, and its warnings and errors.
    async fn run(&self) -> (bool, String, String) {
        let events = self.0.join("events").display().to_string();
        let (catalogue, definitions) = (self.0.join("notifications.toml"), self.0.join("message-templates"));
        let output =
            program_under(&catalogue, &definitions, &["--events", &events, "--time-limit", "30s"]).output();
        let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_shops_own_files_produce_its_own_text_at_each_of_its_providers() {
    let shop = Shop::new();
    let (is_well, shown, warnings) = shop.run().await;
    let line = "onemsg   accepted parcel_left for …00: Hallo Anna, Bestellung W-17 ist heute mit der Post unterwegs.";
    assert!(is_well && shown.contains(line) && warnings.is_empty(), "{shown}{warnings}");

    let file = shop.0.join("notifications.toml");
    let catalogue = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, catalogue.replace("[\"onemsg\", \"kaleyra\"]", "[\"kaleyra\", \"onemsg\"]"))
        .unwrap();
    let (is_well, shown, _) = shop.run().await;
    assert!(is_well && shown.contains(&line.replace("onemsg ", "kaleyra")), "{shown}");
}

#[tokio::test]
async fn definitions_with_faults_are_one_error_with_file_and_place() {
    let shop = Shop::new();
    shop.change_definition("samples = [\"Anna\", ", "samples = [");
    let (is_well, shown, error) = shop.run().await;
    let file = shop.0.join("message-templates/parcel_left.toml");
    let said = format!("{}: [texts.de] samples: are 2, and the body has 3 variables", file.display());
    assert!(!is_well && shown.is_empty() && error.contains(&said), "{shown}{error}");
}

#[tokio::test]
async fn a_refusal_because_of_differing_definitions_is_announced() {
    let shop = Shop::new();
    shop.change_definition(" mit {{3}}", "");
    shop.change_definition(", \"der Post\"]", "]");
    let (is_well, shown, warnings) = shop.run().await;
    let said = "notifications.toml: [notifications.order-packed] body: fills 3 variables of parcel_left, which has 2";
    assert!(!is_well && warnings.contains(said), "{shown}{warnings}");
    assert!(shown.contains("did not accept"), "{shown}");
}

#[tokio::test]
async fn a_run_shows_every_samples_expected_outcome_and_succeeds() {
    let output =
        tokio::time::timeout(PATIENCE, program(&["--events", &samples()]).output()).await.unwrap().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    let samples = local::samples::read(&[local::samples::shipped()]).unwrap().len();
    assert!(
        shown.contains(&format!("{samples} of {samples} events have their expected outcome.")),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "escapes, although standard output is no terminal: {shown}");
}

#[tokio::test]
async fn a_run_shows_each_message_as_the_customer_reads_it() {
    let sample = local::samples::shipped().join("order-cancelled.json");
    let output = program(&["--events", sample.to_str().unwrap()]).output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let sample: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(sample).unwrap()).unwrap();
    let customer = sample["detail"]["customer"]["name"].as_str().unwrap();
    let line = shown
        .lines()
        .find(|line| line.contains("accepted order_cancelled"))
        .unwrap_or_else(|| panic!("{shown}"));
    assert!(line.contains(&format!("Hello, {customer}!")) && !line.contains("{{"), "{line}");
}

#[tokio::test]
async fn a_run_whose_catalogue_ignores_the_events_says_so_at_once() {
    let catalogue = std::fs::read_to_string(local::catalogue::shipped()).unwrap();
    let sources = [r#""oms""#, r#""returns""#, r#""wms""#];
    let ignoring = sources.iter().fold(catalogue, |text, source| text.replace(source, r#""elsewhere""#));
    let file = std::env::temp_dir().join(format!("ignoring-{}.toml", rand::random::<u64>()));
    std::fs::write(&file, ignoring).unwrap();
    let output =
        program_under(&file, &local::account::shipped_definitions(), &["--events", &samples()]).output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
    std::fs::remove_file(&file).unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let said = format!("No notification of {} is for ", file.display());
    assert!(shown.contains(&said) && shown.contains("order-cancelled"), "{shown}");
}

#[tokio::test]
async fn a_run_without_the_expected_outcomes_in_time_fails() {
    let samples = samples();
    let arguments = ["--time-limit", "1ms", "--events", &samples];
    let output = tokio::time::timeout(PATIENCE, program(&arguments).output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[tokio::test]
async fn a_kept_run_has_a_studio_and_uses_a_changed_catalogue() {
    let catalogue = std::env::temp_dir().join(format!("kept-{:016x}.toml", rand::random::<u64>()));
    std::fs::copy(local::catalogue::shipped(), &catalogue).unwrap();
    // Below the ports that Linux takes for outgoing connections.
    let port = rand::random_range(20_000..32_000_u16);
    let sample = local::samples::shipped().join("order-cancelled.json");
    let (port, sample) = (port.to_string(), sample.display().to_string());
    let arguments = ["--keep", "--port", &port, "--events", &sample];
    let mut program = program_under(&catalogue, &local::account::shipped_definitions(), &arguments);
    let mut running = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut until = async |part: &str| {
        while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
            if line.contains(part) {
                return line;
            }
        }
        panic!("the run ended before it said {part:?}");
    };
    let line = until("The Studio shows this run in a browser: ").await;
    let address = line.split_once(": ").unwrap().1;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.unwrap();
    let without = address.split_once("/?").unwrap().0;
    assert_eq!(client.get(without).send().await.unwrap().status(), 403);
    let admitted = client.get(address).send().await.unwrap();
    let cookie = admitted.headers()["set-cookie"].to_str().unwrap().to_owned();
    let list = client.get(without).header("cookie", cookie.split(';').next().unwrap()).send().await.unwrap();
    assert_eq!(list.status(), 200);

    until("The run continues until Ctrl-C.").await;
    let text = std::fs::read_to_string(&catalogue).unwrap();
    std::fs::write(&catalogue, "[nonsense]").unwrap();
    until("has changed and has faults; the earlier one goes on").await;
    std::fs::write(&catalogue, text.replacen("\"oms\"", "\"shop\"", 1)).unwrap();
    until("has changed: order-notifier uses it from now on").await;
    until("doesn't match the new source \"shop\"").await;
    std::fs::remove_file(catalogue).unwrap();
}

#[tokio::test]
async fn backends_only_prints_settings_that_a_shell_reads() {
    // Below the ports that Linux takes for outgoing connections.
    let port = rand::random_range(20_000..32_000_u16);
    let port = port.to_string();
    let mut running = program(&["--backends-only", "--port", &port]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut settings = Vec::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        if line.starts_with('#') {
            break;
        }
        settings.push(line);
    }
    let script = settings.join("\n") + "\nprintf %s \"$TABLE_NAME\"";
    let output = Command::new("sh").args(["-c", &script]).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), local::environment::TABLE, "{settings:?}");
}
