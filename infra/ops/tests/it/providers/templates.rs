//! The message templates of an account.

use std::path::PathBuf;

use insta::assert_snapshot;
use local::simulator::{ParameterFormat, Provider, Reviews, Template, TemplateHeader, TemplateStatus};
use serde_json::{Value, json};

use crate::support::{Rig, ops, repository};

const META: Provider = Provider::Meta;

impl Rig {
    /// A local run with an account at Meta without templates.
    async fn with_an_empty_account() -> Self {
        let rig = Self::start().await;
        rig.local.simulator().change_templates(META, Vec::clear);
        rig
    }

    fn held(&self) -> Vec<Template> {
        self.local.simulator().account().meta.templates
    }
}

/// An operator's own definitions, deleted on drop.
struct Folder(PathBuf);

impl Folder {
    /// The tests' definitions with one text replaced.
    fn with(from: &str, to: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ops-templates-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        for entry in std::fs::read_dir(repository().join("tests/shop/message-templates")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap().replace(from, to);
            std::fs::write(folder.join(path.file_name().unwrap()), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

/// A template with every part.
const WHOLE: &str = r#"
name = "order_shipped"
category = "MARKETING"
message_send_ttl_seconds = 43200

[texts.en]
codes   = { kaleyra = "en_US", meta = "en_US" }
header  = { image = "sample.png" }
body    = "Hello, {{customer_name}}! Order {{order_number}} is on its way."
samples = { customer_name = "Alexey", order_number = "10482" }
footer  = "Thank you."
buttons = [
    { text = "Track", url = "https://www.a-real-shop.com/track/{{1}}", sample = "10482" },
    { text = "Orders", url = "https://www.a-real-shop.com/orders" },
    { code = "SAVE10" },
    { text = "Call us", phone = "+12025550100" },
    { text = "Yes", quick_reply = true },
]
"#;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

impl Folder {
    /// One template with every part, and the sample of its header.
    fn with_a_whole_template() -> Self {
        let folder = std::env::temp_dir().join(format!("ops-templates-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("order_shipped.toml"), WHOLE).unwrap();
        std::fs::write(folder.join("sample.png"), PNG).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Each template of a plan with its finding.
fn findings(plan: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = plan["templates"].as_array().unwrap();
    rows.iter()
        .map(|row| (format!("{} {}", text(row, "template"), text(row, "language")), text(row, "finding")))
        .collect()
}

#[tokio::test]
async fn an_account_that_holds_what_is_defined_needs_nothing() {
    let rig = Rig::start().await;
    let planned = rig.ops(&["templates", "plan"]).await;
    planned.told_no_secret(&rig);
    assert_snapshot!("nothing_to_do", planned);
    assert_snapshot!("nothing_done", rig.ops(&["templates", "apply"]).await);
    assert_eq!(rig.held().len(), 10);
}

#[tokio::test]
async fn an_empty_account_gets_everything_once() {
    let rig = Rig::with_an_empty_account().await;
    let plan = rig.json(&["templates", "plan"]).await;
    assert!(findings(&plan).iter().all(|(_, finding)| finding == "missing"), "{plan}");
    rig.ops(&["templates", "plan"]).await.ended_with(1);

    assert_snapshot!("placeholders", rig.ops(&["templates", "apply"]).await);
    assert_snapshot!("dry_run", rig.ops(&["templates", "apply", "--dry-run"]).await);
    assert!(rig.held().is_empty());

    let folder = Folder::with("https://shop.example/", "https://www.a-real-shop.com/");
    let apply = ["templates", "apply", "--definitions", folder.path()];
    let applied = rig.ops(&apply).await;
    applied.told_no_secret(&rig);
    let text = applied.ended_with(0);
    assert!(text.contains("Created: 10 templates."), "{text}");
    let held = rig.held();
    assert_eq!(held.len(), 10);
    assert!(held.iter().all(|template| text.contains(&template.id)));
    assert!(
        held.iter()
            .flat_map(|it| &it.buttons)
            .all(|button| button.url.starts_with("https://www.a-real-shop.com/"))
    );

    let again = rig.ops(&apply).await.ended_with(0);
    assert!(again.contains("Created: nothing."), "{again}");
    assert_eq!(rig.held(), held);
    let plan = rig.ops(&["templates", "plan", "--definitions", folder.path()]).await.ended_with(0);
    assert!(!plan.contains("placeholder"), "{plan}");
}

#[tokio::test]
async fn a_template_with_every_part_is_created_with_the_sample_of_its_header() {
    let rig = Rig::with_an_empty_account().await;
    let folder = Folder::with_a_whole_template();
    let apply = ["templates", "apply", "--definitions", folder.path()];
    let app = rig.local.simulator().account().meta.app_id;
    rig.change_credentials(|secret| {
        secret["meta"].as_object_mut().unwrap().remove("app_id");
    });
    assert_snapshot!("no_app_id", rig.ops(&apply).await);
    assert!(rig.held().is_empty());

    let other = rig.ops(&[&apply[..], &["--app-id", "1"]].concat()).await.ended_with(1);
    assert!(other.contains("Meta refused the sample of its header (image)"), "{other}");
    assert!(rig.held().is_empty());

    let applied = rig.ops(&[&apply[..], &["--app-id", &app]].concat()).await;
    applied.told_no_secret(&rig);
    assert!(applied.ended_with(0).contains("Created: 1 template."));
    let [held] = rig.held().try_into().unwrap();
    assert_eq!((held.header, held.parameters), (Some(TemplateHeader::Image), ParameterFormat::Named));
    assert_eq!(held.message_send_ttl_seconds, Some(43_200));
    assert_eq!(held.buttons.len(), 5);
    assert_eq!(rig.ops(&apply).await.ended_with(0).matches("nothing: it is there").count(), 1);
    let plan = ["templates", "plan", "--definitions", folder.path()];
    rig.ops(&plan).await.ended_with(0);

    rig.local.simulator().change_templates(META, |templates| {
        templates[0].header = Some(TemplateHeader::Text("Your order".to_owned()));
        templates[0].message_send_ttl_seconds = None;
        templates[0].buttons.swap(0, 1);
    });
    assert_snapshot!("whole_differences", rig.ops(&plan).await);
}

#[tokio::test]
async fn a_sample_that_is_none_keeps_its_template_from_being_submitted() {
    let rig = Rig::with_an_empty_account().await;
    let folder = Folder::with_a_whole_template();
    std::fs::write(folder.0.join("sample.png"), "<html>").unwrap();
    let apply = ["templates", "apply", "--definitions", folder.path()];
    let refused = rig.ops(&apply).await.ended_with(1);
    assert!(
        refused.contains("the sample of its header (image): sample.png is not a JPEG or PNG picture"),
        "{refused}"
    );
    assert!(refused.contains("create this template in WhatsApp Manager"), "{refused}");
    assert!(rig.held().is_empty());
}

#[tokio::test]
async fn every_part_is_shown_for_submission() {
    let folder = Folder::with_a_whole_template();
    let show = ["templates", "show", "--definitions", folder.path()];
    assert_snapshot!("whole_shown", ops(&show).await);
}

#[tokio::test]
async fn only_what_is_missing_is_created_and_nothing_is_edited() {
    let rig = Rig::start().await;
    rig.local.simulator().change_templates(META, |templates| {
        templates.retain(|it| (it.name.as_str(), it.language.as_str()) != ("order_return", "es"));
        for template in templates.iter_mut() {
            match (template.name.as_str(), template.language.as_str()) {
                ("order_return", "en_US") => template.status = TemplateStatus::Paused,
                ("order_cancelled", "es") => template.status = TemplateStatus::Rejected,
                ("stock_arrived", "en_US") => template.text = "Hello, {{1}}! Item {{2}} is here.".to_owned(),
                ("order_status", "es") => template.footer = None,
                _ => {}
            }
        }
    });
    let before = rig.held();
    let plan = rig.json(&["templates", "plan"]).await;
    let expected = [
        ("order_cancelled en_US", "matches"),
        ("order_cancelled es", "unusable"),
        ("order_ready en_US", "matches"),
        ("order_ready es", "matches"),
        ("order_return en_US", "unusable"),
        ("order_return es", "missing"),
        ("order_status en_US", "matches"),
        ("order_status es", "different"),
        ("stock_arrived en_US", "different"),
        ("stock_arrived es", "matches"),
    ];
    let expected: Vec<_> = expected.map(|(name, finding)| (name.to_owned(), finding.to_owned())).into();
    assert_eq!(findings(&plan), expected);
    assert_eq!(plan["templates"][1]["reason"], "TAG_CONTENT_MISMATCH");
    assert_eq!(plan["templates"][7]["differences"][0]["part"], "footer");
    assert_eq!(plan["templates"][7]["differences"][0]["held"], Value::Null);
    assert_eq!(plan["templates"][8]["differences"][0]["held"], "Hello, {{1}}! Item {{2}} is here.");
    assert_snapshot!("differences", rig.ops(&["templates", "plan"]).await);
    // Only the selected templates count.
    rig.ops(&["templates", "plan", "--language", "es-MX"]).await.ended_with(3);

    let applied = rig.ops(&["templates", "apply", "--allow-placeholders"]).await.ended_with(1);
    assert!(applied.contains("Created: 1 template."), "{applied}");
    let after = rig.held();
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!((after[9].name.as_str(), after[9].language.as_str()), ("order_return", "es"));
}

#[tokio::test]
async fn a_template_in_review_is_not_ready() {
    let rig = Rig::with_an_empty_account().await;
    rig.local.simulator().set_reviews(Reviews::Later);
    let apply = ["templates", "apply", "--language", "es", "--allow-placeholders"];
    assert_snapshot!("in_review", rig.ops(&apply).await);
    let plan = rig.json(&["templates", "plan", "--language", "es"]).await;
    assert!(findings(&plan).iter().all(|(_, finding)| finding == "unusable"), "{plan}");
    assert_eq!(plan["templates"][0]["status"], "PENDING");
}

#[tokio::test]
async fn a_template_that_meta_refuses_does_not_keep_the_others_from_being_created() {
    let rig = Rig::with_an_empty_account().await;
    // Meta has no such language: it has es_AR, es_ES and es_MX.
    let folder = Folder::with(r#"meta = "es""#, r#"meta = "es_419""#);
    let apply = ["templates", "apply", "--allow-placeholders", "--definitions", folder.path()];
    assert_snapshot!("half_refused", rig.ops(&apply).await);
    assert_eq!(rig.held().len(), 5);
}

#[tokio::test]
async fn faults_in_definitions_are_all_named_with_their_places() {
    let rig = Rig::with_an_empty_account().await;
    let folder = Folder::with("{{4}}.'", "{{5}}.'");
    let refused = async |action: &str| {
        rig.ops(&["templates", action, "--definitions", folder.path()]).await.to_string()
    };
    let plan = refused("plan").await;
    assert_eq!([refused("apply").await, refused("show").await], [plan.as_str(), plan.as_str()]);
    assert_snapshot!("faults", plan);
    assert!(rig.held().is_empty());
}

#[tokio::test]
async fn the_account_is_named_by_the_secret_or_by_the_command_line() {
    let rig = Rig::start().await;
    let account = rig.local.simulator().account().meta;
    let wrong = rig.ops(&["templates", "plan", "--waba-id", &account.phone_number_id]).await;
    wrong.told_no_secret(&rig);
    assert_snapshot!(wrong, @"
    exit code 4
    stderr:
    error: Meta refused: Unsupported request. Object with ID '[…]' does not exist, cannot be loaded due to missing permissions, or does not support this operation (HTTP 400, code 100, subcode 33)
    next: check the ids (the account's is meta.waba_id or --waba-id, the number's is meta.phone_number_id), and that the token may manage that account: permissions whatsapp_business_management and whatsapp_business_messaging
    ");

    rig.change_credentials(|secret| {
        secret["meta"].as_object_mut().unwrap().remove("waba_id");
    });
    assert_snapshot!(rig.ops(&["templates", "plan"]).await, @r#"
    exit code 2
    stderr:
    error: the id of the WhatsApp business account at Meta is not known
    next: add "waba_id" to the entry "meta" of the credentials secret, or name it with --waba-id; WhatsApp Manager shows it under Account tools > Phone numbers
    "#);
    rig.ops(&["templates", "plan", "--waba-id", &account.waba_id]).await.ended_with(0);

    rig.change_credentials(|secret| secret["meta"]["token"] = json!("EAAwrong"));
    assert_snapshot!(rig.ops(&["templates", "apply"]).await, @"
    exit code 4
    stderr:
    error: Meta does not take the credentials (HTTP 401)
    next: store valid meta credentials in the credentials secret; `ops doctor` checks them
    ");
}

#[tokio::test]
async fn kaleyras_account_is_compared_and_one_msgs_is_not() {
    let rig = Rig::start().await;
    rig.ops(&["templates", "plan", "--provider", "kaleyra"]).await.ended_with(0);
    rig.local.simulator().change_templates(Provider::Kaleyra, |templates| {
        templates[0].status = TemplateStatus::Disabled;
    });
    assert_snapshot!("kaleyra", rig.ops(&["templates", "plan", "--provider", "kaleyra"]).await);
    assert_snapshot!(rig.ops(&["templates", "plan", "--provider", "onemsg"]).await, @"
    exit code 2
    stderr:
    error: 1MSG's templates are managed in its own cabinet
    next: `ops templates show --provider onemsg` prints what to submit there
    ");
}

#[tokio::test]
async fn what_to_submit_is_shown_without_any_deployment() {
    let show = async |arguments: &[&str]| ops(&[&["templates", "show"], arguments].concat()).await;
    assert_snapshot!("shown_for_one_msg", show(&["--provider", "onemsg", "--language", "en"]).await);
    let everything: Value = serde_json::from_str(&show(&["--json"]).await.ended_with(0)).unwrap();
    assert_eq!(everything.as_array().unwrap().len(), 8 + 10 + 10);
    assert_snapshot!("shown_for_meta", show(&["--provider", "meta", "--language", "es", "--json"]).await);
    assert_snapshot!(show(&["--language", "tlh"]).await, @r#"
    exit code 3
    stderr:
    error: no template is defined in the language "tlh"
    next: `ops templates show` lists all of them
    "#);
}
