//! The page on which one tries an event.

use local::{LocalOptions, catalogue};

use crate::support::{File, Rig, repository};

/// A local run with a copy of the suites' catalogue, which may be changed.
async fn with_own_catalogue() -> (Rig, File) {
    let own = File::with(&std::fs::read_to_string(catalogue::shipped()).unwrap());
    let options = LocalOptions { catalogue: own.path().into(), ..LocalOptions::default() };
    (Rig::with(options).await, own)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_changes_with_the_event_and_the_catalogue() {
    let (rig, own) = with_own_catalogue().await;
    let studio = rig.studio().await;
    let page = studio.get("/try?sample=pickup-ready").await.with_status(200);
    assert!(page.text().contains("would be sent by onemsg"), "{}", page.text());
    let form = page.form("Send the event");
    let field = |name: &str| form.fields.iter().find(|(field, _)| field == name).unwrap().1.clone();
    let typed = async |name: &str, value: &str| {
        let mut form = form.clone().with(name, value);
        form.action = "/try/result".to_owned();
        studio.submit(&form).await.with_status(200).text()
    };

    let event = field("event");
    let text = typed("event", &event.replace("\"Alexey\"", "\"Zoë\"")).await;
    assert!(text.contains("Hello, Zoë!"), "{text}");
    let text = typed("event", &event.replace("\"wms\"", "\"elsewhere\"")).await;
    assert!(text.contains("No entry of the catalogue is for it"), "{text}");
    let text = typed("event", &event.replace("\"name\"", "\"nickname\"")).await;
    assert!(text.contains("can't become a message") && text.contains("detail.customer.name"), "{text}");
    // EventBridge's largest event, which a form's encoding triples.
    let large = event.replace("\"Alexey\"", &format!("\"Zoë\", \"note\": \"{}\"", "é".repeat(450_000)));
    let text = typed("event", &large).await;
    assert!(text.contains("Hello, Zoë!"), "{text}");
    let text = typed("event", "{").await;
    assert!(text.contains("the event"), "{text}");

    let catalogue = field("catalogue");
    let text = typed("catalogue", &catalogue.replace("max_age = \"3d\"", "max_age = \"3 lightyears\"")).await;
    assert!(text.contains("The catalogue has faults") && text.contains("max_age"), "{text}");
    let changed = catalogue.replace("detail.pickup.place", "detail.customer.email");
    let text = typed("catalogue", &changed).await;
    assert!(text.contains("alexey@shop.example"), "{text}");

    // The run itself goes on with the saved catalogue.
    let refused = studio.submit(&form.clone().with("action", "send").with("catalogue", &changed)).await;
    assert!(refused.with_status(422).text().contains("save the catalogue first"));
    // The Enter key presses the first button, which must change nothing.
    let first_button = page.html.split("id=\"try\"").nth(1).unwrap().split("<button").nth(1).unwrap();
    assert!(first_button.contains("value=\"show\""), "{first_button}");
    let faulty = form.clone().with("action", "save").with("catalogue", "[nonsense]");
    assert!(studio.submit(&faulty).await.with_status(422).text().contains("was not saved"));
    assert_eq!(std::fs::read_to_string(own.path()).unwrap(), catalogue);
    // A browser sends line ends as CR LF.
    let saved = form.clone().with("action", "save").with("catalogue", &changed.replace('\n', "\r\n"));
    let after = studio.submit(&saved).await.with_status(200);
    assert!(after.text().contains("Saved to"), "{}", after.text());
    assert_eq!(std::fs::read_to_string(own.path()).unwrap(), changed);
    // The earlier page doesn't know of it, and would undo it.
    let outdated = studio.submit(&saved).await.with_status(422);
    assert!(outdated.text().contains("has changed since this page was loaded"), "{}", outdated.text());
    let again = after.form("Save the catalogue").with("action", "save").with("catalogue", &catalogue);
    assert!(studio.submit(&again).await.with_status(200).text().contains("Saved to"));
    assert_eq!(std::fs::read_to_string(own.path()).unwrap(), catalogue);
    // A half-edited file hides texts, and nothing else.
    std::fs::write(own.path(), "[nonsense").unwrap();
    for path in ["/", "/try", "/orders/10494"] {
        let page = studio.get(path).await;
        assert!(matches!(page.status.as_u16(), 200 | 404), "{path}: {}", page.text());
    }
    assert!(studio.get("/try").await.text().contains("The catalogue has faults"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_sent_and_the_provider_does_what_was_chosen() {
    let (rig, _own) = with_own_catalogue().await;
    let studio = rig.studio().await;
    let page = studio.get("/try?sample=pickup-ready").await;
    let send = page.form("Send the event").with("action", "send");

    let refused = studio.submit(&send.clone().with("event", "{}")).await;
    assert!(refused.with_status(422).text().contains("nothing was sent"));

    let order = studio.submit(&send.clone().with("behaviour", "+12025550112")).await;
    let path = order.text().split("Order ").find_map(|rest| rest.split(' ').next()?.parse::<u32>().ok());
    let path = format!("/orders/{}", path.unwrap());
    // Every provider refuses the number, and the text message follows.
    let text = studio.until(&path, |text| text.contains("SMS reported: delivered")).await;
    assert!(text.contains("Rejected: every provider refused it"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_local_run_sends_and_saves() {
    let rig = Rig::start().await;
    let studio = rig.studio_of_environment().await;
    let page = studio.get("/try").await.with_status(200);
    assert!(!page.has_button("Send the event") && !page.has_button("Save the catalogue"), "{}", page.html);
    let event = std::fs::read_to_string(repository().join("tests/events/pickup-ready.json")).unwrap();
    let form = page.form("Show what it becomes").with("event", &event);
    let shown = studio.submit(&form.clone().with("action", "show")).await.with_status(200);
    assert!(shown.text().contains("Hello, Alexey!"), "{}", shown.text());
    for (action, expected) in
        [("send", "only a local run's events"), ("save", "only a local run's own catalogue")]
    {
        let refused = studio.submit(&form.clone().with("action", action)).await.with_status(422);
        assert!(refused.text().contains(expected), "{}", refused.text());
    }
    let copied = LocalOptions { catalogue_is_copy: true, ..LocalOptions::default() };
    let page = Rig::with(copied).await.studio().await.get("/try").await.with_status(200);
    assert!(page.has_button("Send the event") && !page.has_button("Save the catalogue"), "{}", page.html);
    assert!(rig.local.bus().order_events().is_empty());
}
