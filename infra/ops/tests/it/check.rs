//! `ops check` on shops: one with every part of the example changed, and many with contradictions.
//!
//! The changed shop goes through everything that reads a shop's files: `ops check`, order-notifier with the catalogue, the
//! simulated providers with the definitions, and each sample, which must become its message. The other suites have their own
//! files; `tests/it/shop_files.rs` fails if a test reads a shop's.

use std::fmt::Write as _;
use std::path::PathBuf;

use insta::assert_snapshot;
use local::{Local, LocalOptions, demo};

use crate::support::{PATIENCE, Ran, SAMPLES, command, repository};

/// A shop's files in a temporary folder, deleted on drop.
struct Shop(PathBuf);

impl Shop {
    /// A copy of the example.
    fn copied() -> Self {
        let shop = Self(std::env::temp_dir().join(format!("ops-shop-{:016x}", rand::random::<u64>())));
        for folder in ["infra/message-templates", "infra/sample-events"] {
            std::fs::create_dir_all(shop.0.join(folder)).unwrap();
        }
        let copy = |from: PathBuf, to: &str| std::fs::copy(from, shop.0.join(to)).unwrap();
        let example = repository().join("tests/shop");
        copy(example.join("notifications.toml"), "notifications.toml");
        copy(example.join("template.yaml"), "template.yaml");
        for name in ["order_cancelled", "order_ready", "order_return", "order_status", "stock_arrived"] {
            copy(
                example.join(format!("message-templates/{name}.toml")),
                &format!("infra/message-templates/{name}.toml"),
            );
        }
        for name in SAMPLES {
            let sample = repository().join(format!("tests/events/{name}.json"));
            copy(sample, &format!("infra/sample-events/{name}.json"));
        }
        shop
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Replaces a text everywhere in a file.
    #[track_caller]
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from} in {file}");
        self.write(file, &text.replace(from, to));
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    fn remove(&self, file: &str) {
        std::fs::remove_file(self.path(file)).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Removes the notifications of these names, and their templates, from the catalogue.
    fn take_out(&self, names: &[&str]) {
        let text = std::fs::read_to_string(self.path("notifications.toml")).unwrap();
        let mut kept = true;
        let mut lines = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                kept = !names.iter().any(|name| {
                    line == format!("[notifications.{name}]")
                        || line.trim_start_matches('[').starts_with(&format!("notifications.{name}."))
                });
            }
            lines.extend(kept.then_some(line));
        }
        self.write("notifications.toml", &(lines.join("\n") + "\n"));
    }

    /// Starts the functions and the providers with the shop's files, and sends every sample.
    async fn send(&self) {
        let (catalogue, definitions) =
            (self.path("notifications.toml"), self.path("infra/message-templates"));
        let options = LocalOptions {
            catalogue: catalogue.clone(),
            definitions,
            timing: 0.1,
            ..LocalOptions::default()
        };
        let local = Local::start(options).await.unwrap();
        demo::play_shop(&local, &catalogue, &self.path("infra/sample-events"), PATIENCE).await.unwrap();
    }

    async fn check(&self, arguments: &[&str]) -> Ran {
        let mut tool = command();
        tool.current_dir(&self.0).env_remove("CATALOGUE_PATH").env_remove("OPS_DEFINITIONS");
        Ran::from_output(tool.arg("check").args(arguments).output().await.unwrap())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_example_has_no_faults_and_is_summarised() {
    assert_snapshot!(Shop::copied().check(&[]).await);
}

/// Adds a notification: its catalogue entry, its definition and its sample.
fn add(shop: &Shop, name: &str, detail_type: &str, body: &str, variables: &[&str], detail: &str) {
    let template = name.replace('-', "_");
    let values: Vec<String> = variables.iter().map(|value| format!("{value:?}")).collect();
    let catalogue = std::fs::read_to_string(shop.path("notifications.toml")).unwrap();
    let entry = format!(
        "\n[notifications.{name}]\nsource = [\"payments\"]\ndetail_type = [{detail_type:?}]\norder = \"detail.order_id\"\n\
         recipient = \"detail.phone\"\ncountry = \"'AT'\"\nconsent = \"detail.agreed\"\nmax_age = \"20d\"\n\
         providers = [\"meta\"]\nbody = [{}]\n\n[notifications.{name}.templates]\n\
         meta = {{ name = \"{template}\", languages = [\"de\"] }}\n",
        values.join(", ")
    );
    shop.write("notifications.toml", &(catalogue + &entry));
    let samples: Vec<String> = (1..=variables.len()).map(|number| format!("\"Wert {number}\"")).collect();
    let definition = format!(
        "name = \"{template}\"\ncategory = \"UTILITY\"\n[texts.de]\ncodes = {{ meta = \"de\" }}\nbody = '{body}'\n\
         samples = [{}]\n",
        samples.join(", ")
    );
    shop.write(&format!("infra/message-templates/{template}.toml"), &definition);
    let event = format!(
        r#"{{"id": "1", "source": "payments", "detail-type": {detail_type:?}, "time": "2026-11-20T09:00:00Z", "detail": {detail}}}"#
    );
    shop.write(&format!("infra/sample-events/{name}.json"), &event);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completely_changed_shop_has_no_faults() {
    let shop = Shop::copied();
    // Renames everything, and removes three notifications.
    shop.take_out(&["return-registered", "return-updated", "pickup-ready"]);
    shop.remove("infra/message-templates/order_return.toml");
    shop.remove("infra/message-templates/order_ready.toml");
    shop.remove("infra/sample-events/pickup-ready.json");
    shop.remove("infra/sample-events/return-registered.json");
    shop.remove("infra/sample-events/return-updated.json");
    for (from, to) in [
        ("order-cancelled", "bestellung-storniert"),
        ("order_cancelled", "bestellung_storniert"),
        ("stock-arrived", "ware-da"),
        ("stock_arrived", "ware_da"),
        ("order-status-changed", "status"),
        ("order_status", "bestellstatus"),
        ("\"oms\"", "\"shop\""),
        ("\"wms\"", "\"lager\""),
        ("\"es\"", "\"pt_BR\""),
        ("Order Cancelled", "BestellungStorniert"),
        ("max_age = \"3d\"", "max_age = \"36h\""),
        ("detail.customer", "detail.kunde"),
        (", \"detail.next_step\"]", "]"),
    ] {
        shop.change("notifications.toml", from, to);
    }
    for (from, to) in [
        ("order_cancelled", "bestellung_storniert"),
        ("stock_arrived", "ware_da"),
        ("order_status", "bestellstatus"),
    ] {
        let file = format!("infra/message-templates/{to}.toml");
        shop.rename(&format!("infra/message-templates/{from}.toml"), &file);
        shop.change(&file, from, to);
        shop.change(&file, "\"es\"", "\"pt_BR\"");
        shop.change(&file, "[texts.es", "[texts.pt");
    }
    for file in ["bestellung_storniert", "ware_da"] {
        let path = format!("infra/message-templates/{file}.toml");
        shop.change(&path, " {{4}}.'", " Danke.'");
        let text = std::fs::read_to_string(shop.path(&path)).unwrap();
        // Removes the fourth sample of each language.
        let kept = text.lines().filter(|line| !line.starts_with("    ") || line.len() < 40);
        shop.write(&path, &(kept.collect::<Vec<_>>().join("\n") + "\n"));
    }
    for sample in ["order-cancelled", "order-status-shipped", "stock-arrived"] {
        let file = format!("infra/sample-events/{sample}.json");
        shop.change(&file, "\"customer\"", "\"kunde\"");
        let (from, to) =
            if sample == "stock-arrived" { ("\"wms\"", "\"lager\"") } else { ("\"oms\"", "\"shop\"") };
        shop.change(&file, from, to);
    }
    shop.change("infra/sample-events/order-cancelled.json", "Order Cancelled", "BestellungStorniert");
    // Adds three notifications.
    let detail =
        r#"{"order_id": 7, "phone": "0664 1234567", "agreed": true, "name": "Grete", "total": 4250}"#;
    add(&shop, "zahlung-eingegangen", "Paid", "Hallo {{1}}, danke!", &["detail.name"], detail);
    add(
        &shop,
        "zahlung-offen",
        "Unpaid",
        "Hallo {{1}}, {{2}} für {{3}} sind offen.",
        &["detail.name", "money(detail.total, 'eur', 'de')", "detail.order_id"],
        detail,
    );
    add(
        &shop,
        "zahlung-erstattet",
        "Refunded",
        "Es wurden {{1}} erstattet.",
        &["money(detail.total, 'eur', 'de')"],
        detail,
    );
    shop.change("template.yaml", "oms,returns,wms", "shop,lager,payments");
    shop.change("template.yaml", "14d", "20d");

    assert_snapshot!(shop.check(&[]).await);
    shop.send().await;
}

/// A change to a copy of the example.
type Change = fn(&Shop);

/// Contradictory shops, each with the name under which its faults stand in the snapshot.
const BROKEN: [(&str, Change); 24] = [
    ("a catalogue that is not TOML", |shop| shop.write("notifications.toml", "[notifications")),
    ("no catalogue", |shop| shop.remove("notifications.toml")),
    ("no consent", |shop| {
        shop.change("notifications.toml", "consent     = \"detail.customer.whatsapp_opt_in\"\n", "");
    }),
    ("an unknown key", |shop| {
        shop.change("notifications.toml", "[\"wms\"]\n", "[\"wms\"]\nrecipent = \"detail.phone\"\n");
    }),
    ("a template's name misspelt", |shop| {
        shop.change("notifications.toml", "name = \"stock_arrived\"", "name = \"stock_arived\"");
    }),
    ("too few variables", |shop| shop.change("notifications.toml", ", \"detail.next_step\"]", "]")),
    ("another language defined", |shop| {
        shop.change("infra/message-templates/stock_arrived.toml", "\"es\"", "\"pt_BR\"");
    }),
    ("two namespaces of 1MSG", |shop| {
        shop.change(
            "notifications.toml",
            "\"stock_arrived\", namespace = \"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61\"",
            "\"stock_arrived\", namespace = \"another\"",
        );
    }),
    ("a definition missing", |shop| shop.remove("infra/message-templates/order_status.toml")),
    ("a definition without category", |shop| {
        shop.change("infra/message-templates/order_return.toml", "category = \"UTILITY\"\n", "");
    }),
    ("a definition with a gap", |shop| {
        shop.change("infra/message-templates/order_return.toml", "{{4}}.'", "{{5}}.'");
    }),
    ("no definitions", |shop| std::fs::remove_dir_all(shop.path("infra/message-templates")).unwrap()),
    ("a source not let in", |shop| shop.change("template.yaml", "oms,returns,wms", "oms, returns")),
    ("our own source let in", |shop| {
        shop.change("template.yaml", "oms,returns,wms", "oms,returns,wms,order-notifications");
    }),
    ("several faults of the sources", |shop| {
        shop.change("template.yaml", "oms,returns,wms", "oms, crm,order-notifications,wsm");
    }),
    ("a wrong path", |shop| {
        shop.change(
            "notifications.toml",
            "recipient   = \"detail.customer.phone\"",
            "recipient = \"detail.custmer.phone\"",
        );
    }),
    ("a rule with sources of its own", |shop| {
        shop.change("template.yaml", "source: !Ref EventSources", "source: [oms, wms]");
    }),
    ("events kept too short", |shop| {
        shop.change("notifications.toml", "max_age = \"3d\"", "max_age = \"30d\"");
    }),
    ("a first wait above the longest", |shop| {
        shop.change("template.yaml", "unsent=30s-15m,refused=1m-1h", "unsent=15m-30s");
    }),
    ("recipients that can't be read", |shop| {
        shop.write(
            "samconfig.toml",
            "[dev.deploy.parameters]\nparameter_overrides = [\"Recipients=+12025550101,2025550102\"]\n",
        );
    }),
    ("a template that is no YAML", |shop| shop.write("template.yaml", "Parameters: [")),
    ("a sample with a national number", |shop| {
        shop.change("infra/sample-events/order-cancelled.json", "\"+12025550100\"", "\"202 555 0100\"");
    }),
    ("samples that are no events", |shop| {
        shop.write("infra/sample-events/order-cancelled.json", "{\"id\": ");
        shop.write("infra/sample-events/stock-arrived.json", "{}");
    }),
    ("a sample too long for WhatsApp", |shop| {
        let long = "x".repeat(930);
        shop.change("infra/sample-events/stock-arrived.json", "Wireless headphones", &long);
    }),
];

#[tokio::test]
async fn every_fault_is_shown_with_its_place_and_correction() {
    let mut shown = String::new();
    for (name, change) in BROKEN {
        let shop = Shop::copied();
        change(&shop);
        let ran = shop.check(&[]).await;
        writeln!(shown, "## {name}\n{ran}").unwrap();
    }
    assert_snapshot!(shown);
}

#[tokio::test]
async fn faults_of_all_files_are_shown_together() {
    let shop = Shop::copied();
    shop.change("notifications.toml", "recipient   = \"detail.customer.phone\"", "recipient = \"detail.[\"");
    shop.change("infra/message-templates/order_status.toml", "\"UTILITY\"", "\"OTHER\"");
    shop.change("template.yaml", "oms,returns,wms", "returns,wms");
    shop.write("infra/sample-events/other.json", "[]");
    assert_snapshot!(shop.check(&["--json"]).await);
}

#[tokio::test]
async fn possibly_intended_differences_are_warnings() {
    let shop = Shop::copied();
    shop.change("infra/sample-events/stock-arrived.json", "Stock Arrived", "Stock Arived");
    shop.change(
        "infra/sample-events/return-updated.json",
        "\"whatsapp_opt_in\": true",
        "\"whatsapp_opt_in\": \"true\"",
    );
    shop.change(
        "infra/sample-events/return-registered.json",
        "\"whatsapp_opt_in\": true",
        "\"whatsapp_opt_in\": false",
    );
    shop.change("template.yaml", "oms,returns,wms", "crm,oms,returns,wms");
    shop.change(
        "notifications.toml",
        "kaleyra = { name = \"order_status\", languages = [\"en_US\", \"es\"] }",
        "kaleyra = { name = \"order_status\", languages = [\"en_US\"] }",
    );
    shop.write(
        "infra/message-templates/unused.toml",
        "name = \"unused\"\ncategory = \"UTILITY\"\n[texts.en]\ncodes = { meta = \"en_US\" }\n\
         body = \"Hello {{1}}, {{2}} and {{3}}!\"\nsamples = [\"Value 1\", \"Alexey\", \"Value 3\"]\n",
    );
    assert_snapshot!(shop.check(&[]).await);
}

#[tokio::test]
async fn a_consent_of_everybody_without_the_field_is_a_warning() {
    let warning = "consent: (detail.customer | opt_in == yes) is true for an event with an empty detail";
    for (consent, is_reported) in [
        ("detail.customer | opt_in == yes", true),
        ("detail.customer | opt_in == 'yes'", false),
        ("`true`", false),
    ] {
        let shop = Shop::copied();
        shop.change("notifications.toml", "\"detail.customer.whatsapp_opt_in\"", &format!("\"{consent}\""));
        let report = shop.check(&[]).await.to_string();
        assert_eq!(report.contains(warning), is_reported, "{report}");
    }
}

#[tokio::test]
async fn an_environments_parameters_override_the_defaults() {
    let shop = Shop::copied();
    shop.change("notifications.toml", "\"wms\"", "\"warehouse\"");
    for sample in ["stock-arrived", "pickup-ready"] {
        shop.change(&format!("infra/sample-events/{sample}.json"), "\"wms\"", "\"warehouse\"");
    }
    let set = |sources: &str| {
        let set = format!(
            "[default.deploy.parameters]\nparameter_overrides = \"EventSources=\\\"{sources}\\\"\"\n"
        );
        shop.write("samconfig.toml", &set);
    };
    set("oms,returns,warehouse");
    shop.check(&[]).await.ended_with(0);
    set("oms,returns,wms");
    assert_snapshot!(shop.check(&[]).await, @r#"
    exit code 1
    fault: samconfig.toml: [default.deploy.parameters] parameter_overrides EventSources: doesn't match "Stock Arrived" of "warehouse", which notifications.toml: [notifications.stock-arrived] needs
      write: oms,returns,warehouse
    fault: samconfig.toml: [default.deploy.parameters] parameter_overrides EventSources: doesn't match "Order Ready for Pickup" of "warehouse", which notifications.toml: [notifications.pickup-ready] needs
      write: oms,returns,warehouse
    warning: samconfig.toml: [default.deploy.parameters] parameter_overrides EventSources: matches "wms", which no notification of notifications.toml uses
      write: oms,returns,warehouse
    Fix 2 faults before you deploy.
    "#);
    // With the sources on the command line, neither file is read.
    shop.check(&["--event-sources", "oms,returns,warehouse"]).await.ended_with(0);
    shop.check(&["--event-sources", "oms"]).await.ended_with(1);
}

#[tokio::test]
async fn files_can_be_elsewhere_and_samples_are_optional() {
    let shop = Shop::copied();
    shop.rename("notifications.toml", "shop.toml");
    std::fs::remove_dir_all(shop.path("infra/sample-events")).unwrap();
    assert_snapshot!(shop.check(&["--catalogue", "shop.toml"]).await);
    let refused = shop.check(&["--catalogue", "shop.toml", "--events", "infra/sample-events"]).await;
    assert_snapshot!(refused, @r#"
    exit code 1
    fault: --events: infra/sample-events can't be read: No such file or directory (os error 2)
      write: the name of a folder with an event of each kind, as EventBridge delivers it, in a .json file
    warning: shop.toml: [notifications.return-registered]: no sample event triggers it
      write: an event of "returns", "Return Registered" into a .json file of the samples
    warning: shop.toml: [notifications.return-updated]: no sample event triggers it
      write: an event of "returns", "Return Updated" into a .json file of the samples
    warning: shop.toml: [notifications.order-cancelled]: no sample event triggers it
      write: an event of "oms", "Order Cancelled" into a .json file of the samples
    warning: shop.toml: [notifications.stock-arrived]: no sample event triggers it
      write: an event of "wms", "Stock Arrived" into a .json file of the samples
    warning: shop.toml: [notifications.pickup-ready]: no sample event triggers it
      write: an event of "wms", "Order Ready for Pickup" into a .json file of the samples
    warning: shop.toml: [notifications.order-status-changed]: no sample event triggers it
      write: an event of "oms", "Order Status Changed" into a .json file of the samples
    Fix 1 fault before you deploy.
    "#);
}
