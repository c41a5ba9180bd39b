//! The figures of a local run.

use crate::support::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_local_runs_figures_come_from_its_table() {
    let rig = Rig::played().await;
    let studio = rig.studio().await;
    let page = studio.get("/figures").await.with_status(200);
    let text = page.text();
    for expected in
        ["From accepted to read", "Messages by provider", "Messages by template", "the default one"]
    {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(page.html.matches(r#"<svg role="img""#).count(), 2, "{}", page.html);
    assert!(!page.html.contains("style="), "the policy forbids styles: {}", page.html);
    // One of the samples has no consent.
    studio.get("/figures?window=fortnight").await.with_status(200);
    studio.get("/figures?window=century").await.with_status(400);
}
