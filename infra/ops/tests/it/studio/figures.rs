//! The figures of a local run.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::provider::Provider;

use crate::support::Rig;

/// The status events' names in the order of the columns.
const STAGES: [&str; 5] = ["Accepted", "Sent", "Delivered", "Read", "Failed"];

/// How many status events of each stage were published, by provider: another way to count what the page counts in the table.
fn published(rig: &Rig) -> BTreeMap<&'static str, [u32; 5]> {
    let mut counts = BTreeMap::<_, [u32; 5]>::new();
    for event in rig.local.status_events() {
        let Some(name) = event.detail_type.strip_prefix("Notification ") else { continue };
        let Some(stage) = STAGES.iter().position(|stage| *stage == name) else { continue };
        let provider = event.envelope.pointer("/detail/provider").and_then(Value::as_str).unwrap();
        let provider = Provider::ALL.into_iter().find(|own| own.name() == provider).unwrap();
        counts.entry(provider.title()).or_default()[stage] += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_runs_figures_come_from_its_table() {
    let rig = Rig::played().await;
    rig.local.published().await;
    let published = published(&rig);
    let studio = rig.studio().await;
    let page = studio.get("/figures").await.with_status(200);
    let text = page.text();
    for expected in
        ["From accepted to read", "Messages by provider", "Messages by template", "the default one"]
    {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let row =
        |name: &str, counts: &[u32; 5]| format!("{name} {}", counts.map(|count| count.to_string()).join(" "));
    let mut total = [0; 5];
    assert!(published.len() >= 3, "{published:?}");
    for (provider, counts) in &published {
        assert!(text.contains(&row(provider, counts)), "{} is not in {text}", row(provider, counts));
        for (total, count) in total.iter_mut().zip(counts) {
            *total += count;
        }
    }
    assert!(total.iter().all(|count| *count > 0), "{total:?}");
    assert!(text.contains(&row("all", &total)), "{} is not in {text}", row("all", &total));
    let funnel = STAGES.iter().zip(total).map(|(stage, count)| format!("{count} {}", stage.to_lowercase()));
    let funnel = funnel.collect::<Vec<_>>().join(", ");
    assert!(page.html.contains(&format!("{funnel}</title>")), "{funnel} is not in {}", page.html);
    // The table's times are in the zone of the chart.
    assert!(text.contains("Times are UTC.") && text.contains(":00 UTC"), "{text}");
    assert!(!page.html.contains("<time"), "{}", page.html);
    assert_eq!(page.html.matches(r#"<svg role="img""#).count(), 2, "{}", page.html);
    assert!(!page.html.contains("style="), "the policy forbids styles: {}", page.html);
    // One of the samples has no consent.
    studio.get("/figures?window=fortnight").await.with_status(200);
    studio.get("/figures?window=century").await.with_status(400);
}
