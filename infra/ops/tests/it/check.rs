//! `ops check` on shops: one with every part of the example changed, and many with contradictions.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Ran, SAMPLES, command, repository};

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
        for name in ["order_cancelled", "order_return", "order_status", "stock_arrived"] {
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
                        || line == format!("[notifications.{name}.templates]")
                });
            }
            lines.extend(kept.then_some(line));
        }
        self.write("notifications.toml", &(lines.join("\n") + "\n"));
    }

    async fn check(&self, arguments: &[&str]) -> Ran {
        let mut tool = command();
        tool.current_dir(&self.0).env_remove("CATALOGUE_PATH").env_remove("OPS_DEFINITIONS");
        Ran::of(tool.arg("check").args(arguments).output().await.unwrap())
    }

    /// The report as JSON, and the exit code.
    async fn checked(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.check(&[arguments, &["--json"]].concat()).await;
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {ran:?}"));
        (ran.code, report)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// Each fault or warning of a report: its place and its problem.
fn said(report: &Value, kind: &str) -> Vec<String> {
    let text = |remark: &Value, name: &str| remark[name].as_str().unwrap_or_default().to_owned();
    let remarks = report[kind].as_array().unwrap().iter();
    remarks
        .map(|remark| {
            let mend = text(remark, "mend");
            format!("{}: {} -> {mend}", text(remark, "place"), text(remark, "problem"))
        })
        .collect()
}

/// The number of lines that begin with a label.
fn labelled(text: &str, label: &str) -> usize {
    text.lines().filter(|line| line.starts_with(label)).count()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn the_example_holds_together_and_is_shown_in_short() {
    let shop = Shop::copied();
    let (code, report) = shop.checked(&[]).await;
    assert_eq!((code, said(&report, "faults"), said(&report, "warnings")), (0, vec![], vec![]));
    let names: Vec<&str> = report["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["notification"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["return-registered", "return-updated", "order-cancelled", "stock-arrived", "order-status-changed"]
    );
    let text = shop.check(&[]).await.ended_with(0);
    for part in [
        "The shop's files agree: 5 notifications.",
        "oms: Order Cancelled",
        "onemsg: order_cancelled (en, es)",
        "kaleyra: order_status (en_US, es)",
        "order-status-shipped.json",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
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

#[tokio::test]
async fn a_shop_that_changes_everything_adds_three_and_removes_two_holds_together() {
    let shop = Shop::copied();
    // Renames everything, and removes two notifications.
    shop.take_out(&["return-registered", "return-updated"]);
    shop.remove("infra/message-templates/order_return.toml");
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

    let (code, report) = shop.checked(&[]).await;
    assert_eq!((code, said(&report, "faults"), said(&report, "warnings")), (0, vec![], vec![]));
    assert_eq!(report["notifications"].as_array().unwrap().len(), 6);
}

/// A change to a copy of the example.
type Change = fn(&Shop);

/// Contradictory shops: the change, and the faults, each with its place and its remedy.
const BROKEN: [(Change, &[&str]); 20] = [
    (|shop| shop.write("notifications.toml", "[notifications"), &["notifications.toml: is no TOML: line 1"]),
    (
        |shop| shop.remove("notifications.toml"),
        &["--catalogue: the catalogue notifications.toml can't be read"],
    ),
    (
        |shop| shop.change("notifications.toml", "consent     = \"detail.customer.whatsapp_opt_in\"\n", ""),
        &[
            "[notifications.return-registered] consent: is missing -> consent = \"detail.customer.whatsapp_opt_in\"",
            "[notifications.return-updated] consent: is missing",
            "[notifications.order-cancelled] consent: is missing",
            "[notifications.stock-arrived] consent: is missing",
        ],
    ),
    (
        |shop| shop.change("notifications.toml", "[\"wms\"]\n", "[\"wms\"]\nrecipent = \"detail.phone\"\n"),
        &["[notifications.stock-arrived] recipent: is no key of this table"],
    ),
    (
        |shop| shop.change("notifications.toml", "name = \"stock_arrived\"", "name = \"stock_arived\""),
        &[
            "[notifications.stock-arrived.templates] onemsg: names stock_arived, which no definition has -> name = \"stock_arrived\"",
            "[notifications.stock-arrived.templates] meta: names stock_arived",
            "[notifications.stock-arrived.templates] kaleyra: names stock_arived",
        ],
    ),
    (
        |shop| {
            shop.change("notifications.toml", ", \"detail.next_step\"]", "]");
        },
        &[
            "[notifications.return-registered] body: fills 3 variables of order_return, which has 4",
            "[notifications.return-updated] body: fills 3",
            "[notifications.order-cancelled] body: fills 3",
            "[notifications.stock-arrived] body: fills 3 variables of stock_arrived, which has 4 -> as many expressions in body as infra/message-templates/stock_arrived.toml",
        ],
    ),
    (
        |shop| shop.change("infra/message-templates/stock_arrived.toml", "\"es\"", "\"pt_BR\""),
        &[
            "stock-arrived.templates] onemsg: wants stock_arrived in es, which isn't defined -> add the language to infra/message-templates/stock_arrived.toml",
            "stock-arrived.templates] meta: wants stock_arrived in es",
            "stock-arrived.templates] kaleyra: wants stock_arrived in es",
        ],
    ),
    (
        |shop| {
            shop.change(
                "notifications.toml",
                "\"stock_arrived\", namespace = \"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61\"",
                "\"stock_arrived\", namespace = \"another\"",
            );
        },
        &[
            "[notifications.stock-arrived.templates] onemsg namespace: is \"another\", and that of return-registered is \"5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61\": a channel of 1MSG's has one -> the namespace that 1MSG's cabinet shows, in every entry",
        ],
    ),
    (
        |shop| shop.remove("infra/message-templates/order_status.toml"),
        &[
            "[notifications.order-status-changed.templates] meta: names order_status, which no definition has -> define order_status in infra/message-templates/order_status.toml",
            "[notifications.order-status-changed.templates] kaleyra: names order_status",
        ],
    ),
    (
        |shop| shop.change("infra/message-templates/order_return.toml", "category = \"UTILITY\"\n", ""),
        &["infra/message-templates/order_return.toml: category: is missing -> category = \"UTILITY\""],
    ),
    (
        |shop| shop.change("infra/message-templates/order_return.toml", "{{4}}.'", "{{5}}.'"),
        &[
            "infra/message-templates/order_return.toml: [texts.en] body: has variables that are not {{1}}, {{2}}",
            "infra/message-templates/order_return.toml: [texts.en] samples: are 4, and the body has 5 variables",
            "infra/message-templates/order_return.toml: [texts.es] body: has variables",
            "infra/message-templates/order_return.toml: [texts.es] samples: are 4",
        ],
    ),
    (
        |shop| std::fs::remove_dir_all(shop.path("infra/message-templates")).unwrap(),
        &["--definitions: infra/message-templates can't be read"],
    ),
    (
        |shop| shop.change("template.yaml", "oms,returns,wms", "oms, returns"),
        &[
            "template.yaml: Parameters.EventSources.Default: doesn't let in \"Stock Arrived\" of \"wms\", which notifications.toml: [notifications.stock-arrived] listens to -> oms,returns,wms",
        ],
    ),
    (
        |shop| shop.change("template.yaml", "oms,returns,wms", "oms,returns,wms,order-notifications"),
        &[
            "template.yaml: Parameters.EventSources.Default: lets in \"order-notifications\", the source of this",
        ],
    ),
    (
        |shop| shop.change("template.yaml", "source: !Ref EventSources", "source: [oms, wms]"),
        &[
            "template.yaml: Resources.OrderEventsRule.Properties.EventPattern: doesn't let in \"Return Registered\" of \"returns\"",
            "EventPattern: doesn't let in \"Return Updated\" of \"returns\", which notifications.toml: [notifications.return-updated] listens to -> source: !Ref EventSources",
        ],
    ),
    (
        |shop| shop.change("notifications.toml", "max_age = \"3d\"", "max_age = \"30d\""),
        &[
            "template.yaml: Parameters.EventRetention.Default: is 14d, shorter than the longest max_age of notifications.toml, 30days: order-notifier doesn't start -> 30d",
        ],
    ),
    (|shop| shop.write("template.yaml", "Parameters: ["), &["template.yaml: is no YAML"]),
    (
        |shop| {
            shop.change("infra/sample-events/order-cancelled.json", "\"+12025550100\"", "\"202 555 0100\"");
        },
        &["infra/sample-events/order-cancelled.json: recipient (detail.customer.phone)"],
    ),
    (
        |shop| {
            shop.write("infra/sample-events/order-cancelled.json", "{\"id\": ");
            shop.write("infra/sample-events/stock-arrived.json", "{}");
        },
        &[
            "infra/sample-events/order-cancelled.json: is not JSON",
            "infra/sample-events/stock-arrived.json: ",
        ],
    ),
    (
        |shop| {
            let long = "x".repeat(930);
            shop.change("infra/sample-events/stock-arrived.json", "Wireless headphones", &long);
        },
        &["infra/sample-events/stock-arrived.json: [notifications.stock-arrived] body: makes 1"],
    ),
];

#[tokio::test]
async fn every_fault_of_a_broken_shop_is_named_with_its_place_and_what_to_write() {
    for (number, (change, expected)) in BROKEN.iter().enumerate() {
        let shop = Shop::copied();
        change(&shop);
        let (code, report) = shop.checked(&[]).await;
        assert_eq!(code, 1, "shop {number}: {report}");
        let faults = said(&report, "faults");
        for fault in *expected {
            assert!(faults.iter().any(|said| said.contains(fault)), "shop {number}: {fault} in {faults:#?}");
        }
        let unexpected: Vec<&String> =
            faults.iter().filter(|said| !expected.iter().any(|fault| said.contains(fault))).collect();
        assert_eq!(unexpected, NOTHING, "shop {number}");
        let text = shop.check(&[]).await.ended_with(1);
        assert_eq!(labelled(&text, "fault: "), faults.len(), "{text}");
    }
}

#[tokio::test]
async fn faults_of_all_files_are_named_at_once() {
    let shop = Shop::copied();
    shop.change("notifications.toml", "recipient   = \"detail.customer.phone\"", "recipient = \"detail.[\"");
    shop.change("infra/message-templates/order_status.toml", "\"UTILITY\"", "\"OTHER\"");
    shop.change("template.yaml", "oms,returns,wms", "returns,wms");
    shop.write("infra/sample-events/other.json", "[]");
    let (_, report) = shop.checked(&[]).await;
    let faults = said(&report, "faults").join("\n");
    for part in [
        "[notifications.order-cancelled] recipient",
        "order_status.toml: category: is \"OTHER\"",
        "EventSources.Default: doesn't let in \"Order Status Changed\" of \"oms\"",
        "other.json: is no JSON object",
    ] {
        assert!(faults.contains(part), "{part} in {faults}");
    }
}

#[tokio::test]
async fn what_may_be_meant_is_a_warning() {
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
        "name = \"unused\"\ncategory = \"UTILITY\"\n[texts.en]\ncodes = { meta = \"en_US\" }\nbody = \"Hello.\"\n",
    );
    let (code, report) = shop.checked(&[]).await;
    assert_eq!((code, said(&report, "faults")), (0, vec![]));
    let warnings = said(&report, "warnings");
    let expected = [
        "stock-arrived.json: nothing in notifications.toml listens to \"wms\", \"Stock Arived\": it is ignored -> the event for notifications.toml: [notifications.stock-arrived]: its detail type is \"Stock Arrived\"",
        "return-updated.json: as return-updated, it would be suppressed: the customer has not agreed to be written to; consent (detail.customer.whatsapp_opt_in) is a text or a number, and only JSON's true is consent: where it means yes, write consent = \"detail.customer.whatsapp_opt_in == 'true'\"",
        "return-registered.json: as return-registered, it would be suppressed: the customer has not agreed to be written to -> an event of which consent (detail.customer.whatsapp_opt_in) finds JSON's true",
        "[notifications.return-registered]: no sample event triggers it",
        "[notifications.stock-arrived]: no sample event triggers it -> an event of \"wms\", \"Stock Arrived\"",
        "[notifications.return-updated]: no sample event triggers it",
        "EventSources.Default: lets in \"crm\", which no notification of notifications.toml listens to -> oms,returns,wms",
        "order-status-changed.templates] kaleyra: leaves out es",
        "infra/message-templates/unused.toml: no notification of notifications.toml sends it",
    ];
    for part in expected {
        assert!(warnings.iter().any(|warning| warning.contains(part)), "{part} in {warnings:#?}");
    }
    assert_eq!(warnings.len(), expected.len(), "{warnings:#?}");
    assert_eq!(labelled(&shop.check(&[]).await.ended_with(0), "warning: "), expected.len());
}

#[tokio::test]
async fn what_an_environment_is_deployed_with_counts_in_place_of_the_default() {
    let shop = Shop::copied();
    shop.change("notifications.toml", "\"wms\"", "\"warehouse\"");
    shop.change("infra/sample-events/stock-arrived.json", "\"wms\"", "\"warehouse\"");
    let set = |sources: &str| {
        let set = format!(
            "[default.deploy.parameters]\nparameter_overrides = \"EventSources=\\\"{sources}\\\"\"\n"
        );
        shop.write("samconfig.toml", &set);
    };
    set("oms,returns,warehouse");
    shop.check(&[]).await.ended_with(0);
    set("oms,returns,wms");
    let (code, report) = shop.checked(&[]).await;
    let faults = said(&report, "faults");
    assert_eq!((code, faults.len()), (1, 1), "{faults:?}");
    let place =
        "samconfig.toml: [default.deploy.parameters] parameter_overrides EventSources: doesn't let in";
    assert!(faults[0].starts_with(place), "{faults:?}");
    // With the sources on the command line, neither file is read.
    shop.check(&["--event-sources", "oms,returns,warehouse"]).await.ended_with(0);
    shop.check(&["--event-sources", "oms"]).await.ended_with(1);
}

#[tokio::test]
async fn the_files_may_be_anywhere_and_no_samples_are_needed() {
    let shop = Shop::copied();
    let elsewhere = Path::new("infra").join("sample-events");
    shop.rename("notifications.toml", "shop.toml");
    std::fs::remove_dir_all(shop.path("infra/sample-events")).unwrap();
    let (code, report) = shop.checked(&["--catalogue", "shop.toml"]).await;
    assert_eq!((code, said(&report, "faults")), (0, vec![]));
    assert_eq!(said(&report, "warnings").len(), 5, "no sample for any");
    let refused = shop.check(&["--catalogue", "shop.toml", "--events", elsewhere.to_str().unwrap()]).await;
    assert!(refused.ended_with(1).contains("--events: infra/sample-events can't be read"));
}
