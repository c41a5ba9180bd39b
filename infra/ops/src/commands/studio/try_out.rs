//! A sample event or one's own under the catalogue: match, rendering and faults, and in a local run the send.

mod result;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, Found, OrderEvent};
use shared::settings::NotifierSettings;

use self::result::{Shown, show_result};
use super::app::App;
use super::guard::{OwnForm, form_token};
use super::local_run::LocalRun;
use super::orders;
use super::page::{self, Section};
use crate::bus::{Bus, Envelope};
use crate::catalogue;
use crate::commands::preview::report::Finding;
use crate::commands::preview::{Sources, Wanted};
use crate::events::{self, Judgement, file};
use crate::failure::Failure;

/// The variable with which a local run says that its catalogue is a copy, which it deletes at its end.
const IS_COPY: &str = "CATALOGUE_IS_COPY";
/// How long a saved catalogue may take to be used.
const USED_WITHIN: Duration = Duration::from_secs(4);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/try", get(show).post(act)).route("/try/result", post(result))
}

/// The form's fields.
#[derive(Default, Deserialize)]
struct Trial {
    #[serde(default)]
    event: String,
    #[serde(default)]
    catalogue: String,
    /// The hash of the catalogue's text when the page was loaded.
    #[serde(default)]
    loaded: String,
    /// A checkbox: present if it is set.
    now: Option<String>,
    /// The phone number that stands for a behaviour of the simulated providers; empty for the event's own.
    #[serde(default)]
    behaviour: String,
    #[serde(default)]
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Show,
    Save,
    Send,
}

#[derive(Deserialize)]
struct Chosen {
    /// The name of a sample.
    sample: Option<String>,
}

async fn show(State(app): State<Arc<App>>, Query(chosen): Query<Chosen>) -> Response {
    let page = async {
        let (_, catalogue) = catalogue_text(&app)?;
        let event = sample(&app, chosen.sample.as_deref()).await?;
        let loaded = hash(&catalogue);
        let trial = Trial { event, catalogue, loaded, now: Some(String::new()), ..Trial::default() };
        whole_page(&app, &trial, chosen.sample.as_deref(), None).await
    };
    page.await.unwrap_or_else(|failure| page::failed(&app, Section::Try, &failure))
}

/// Only what the event becomes, for the script.
async fn result(State(app): State<Arc<App>>, OwnForm(trial): OwnForm<Trial>) -> Response {
    show_result(&judge(&app, &trial).await).into_response()
}

async fn act(State(app): State<Arc<App>>, OwnForm(mut trial): OwnForm<Trial>) -> Response {
    let note = match trial.action {
        Action::Show => None,
        Action::Save => Some(save(&app, &mut trial)),
        Action::Send => match send(&app, &trial).await {
            Ok(order) => return Redirect::to(&order).into_response(),
            Err(failure) => Some(Err(failure)),
        },
    };
    let page = whole_page(&app, &trial, None, note).await;
    page.unwrap_or_else(|failure| page::failed(&app, Section::Try, &failure))
}

async fn whole_page(
    app: &App,
    trial: &Trial,
    chosen: Option<&str>,
    note: Option<Result<String, Failure>>,
) -> Result<Response, Failure> {
    let local = match &app.local_run {
        Some(local_run) => Some(Choices::read(local_run).await?),
        None => None,
    };
    let is_failed = matches!(note, Some(Err(_)));
    let content = html! {
        h1 { "Try an event" }
        @if let Some(note) = &note { (note_of(note)) }
        @if let Some(choices) = &local { (choices.samples(chosen)) }
        div.columns.trial {
            form.try id="try" method="post" action="/try" {
                (form_token(app))
                input type="hidden" name="loaded" value=(trial.loaded);
                label for="event" { "Event" }
                p.note id="event-help" { "EventBridge's envelope, a producer's entry for PutEvents, or a queue's message, as JSON." }
                textarea id="event" name="event" rows="18" spellcheck="false" aria-describedby="event-help" { "\n" (trial.event) }
                p { label { input type="checkbox" name="now" checked[trial.now.is_some()]; " It happens now, regardless of its time" } }
                @if let Some(choices) = &local { (choices.behaviours(&trial.behaviour)) }
                // The first button is pressed by the Enter key: this one changes nothing.
                p.actions {
                    button.without-script name="action" value="show" { "Show what it becomes" }
                    @if local.is_some() { " " button.primary name="action" value="send" { "Send the event" } }
                }
                details open[local.is_none()] {
                    summary { "The catalogue" }
                    label for="catalogue" { "notifications.toml" }
                    textarea id="catalogue" name="catalogue" rows="30" spellcheck="false" { "\n" (trial.catalogue) }
                    @if can_save(app) { button name="action" value="save" { "Save the catalogue" } }
                }
            }
            section aria-label="What it becomes" {
                p id="said" role="status" {}
                (show_result(&judge(app, trial).await))
            }
        }
    };
    let mut response = page::page(app, Section::Try, "Try an event", &content);
    if is_failed {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn note_of(note: &Result<String, Failure>) -> Markup {
    match note {
        Ok(note) => html! { p.good role="status" { (note) } },
        Err(failure) => html! {
            div role="alert" {
                p.bad { (failure.problem()) }
                @if let Some(remedy) = failure.remedy() { p { strong { "Next: " } (remedy) } }
            }
        },
    }
}

/// What the event becomes under the form's catalogue.
async fn judge(app: &App, trial: &Trial) -> Result<Shown, Failure> {
    if trial.event.trim().is_empty() {
        return Ok(Shown::Nothing);
    }
    let catalogue = match Catalogue::parse("the catalogue", &trial.catalogue) {
        Ok(catalogue) => catalogue,
        Err(faults) => return Ok(Shown::Finding(Finding::CatalogueFaulty { faults }, None)),
    };
    let now = Timestamp::now();
    let event = match file::read(&file::object(&trial.event, "the event")?, now) {
        Ok(read) => prepared(read.event, trial, now),
        Err(faults) => return Ok(Shown::Finding(Finding::Invalid { notification: None, faults }, None)),
    };
    let event = with_behaviour(event, &catalogue, &trial.behaviour)?;
    let sources = Sources::Deployment(Arc::clone(&app.deployment));
    let definitions = app.definitions()?;
    let (finding, remark) = sources.finding(&catalogue, &definitions, event, &Wanted::default(), now).await?;
    Ok(Shown::Finding(finding, remark))
}

fn prepared(mut event: Value, trial: &Trial, now: Timestamp) -> Value {
    if trial.now.is_some() {
        file::set_time(&mut event, now);
    }
    event
}

/// The event with the chosen phone number in place of its customer's.
fn with_behaviour(event: Value, catalogue: &Catalogue, phone: &str) -> Result<Value, Failure> {
    if phone.is_empty() {
        return Ok(event);
    }
    let Ok(parsed) = OrderEvent::parse(event.clone()) else { return Ok(event) };
    let Some(entry) = catalogue.entry_for(&parsed) else { return Ok(event) };
    let Ok(Found::Text(own)) = entry.recipient.evaluate(&parsed) else { return Ok(event) };
    let mut changed = event;
    if replace(&mut changed, &own, phone) == 0 {
        let problem = format!("the recipient ({}) is not one value of the event", entry.recipient.as_str());
        return Err(
            Failure::usage(problem).with_remedy(format!("write the number {phone} into the event yourself"))
        );
    }
    Ok(changed)
}

/// Replaces every text or number that is `from`, and returns how many were replaced.
fn replace(value: &mut Value, from: &str, to: &str) -> usize {
    match value {
        Value::String(text) if text == from => {
            to.clone_into(text);
            1
        }
        Value::Number(number) if number.to_string() == from => {
            *value = to.into();
            1
        }
        Value::Array(items) => items.iter_mut().map(|item| replace(item, from, to)).sum(),
        Value::Object(members) => members.values_mut().map(|member| replace(member, from, to)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Puts the event on the local run's bus, and returns its order's page.
async fn send(app: &App, trial: &Trial) -> Result<String, Failure> {
    let Some(local_run) = &app.local_run else {
        return Err(Failure::usage("only a local run's events can be sent from here")
            .with_remedy("use `ops send`, which shows first what the event becomes"));
    };
    wait_until_used(local_run, &lines(&trial.catalogue)).await?;
    let Shown::Finding(Finding::Notification(shown), _) = judge(app, trial).await? else {
        return Err(Failure::usage("the event doesn't become a message: nothing was sent")
            .with_remedy("see beside it what is missing"));
    };
    let catalogue = app.catalogue()?;
    let now = Timestamp::now();
    let read = file::read(&file::object(&trial.event, "the event")?, now).map_err(Failure::usage)?;
    let event = with_behaviour(prepared(read.event, trial, now), &catalogue, &trial.behaviour)?;
    let envelope = Envelope::parse(&event).map_err(Failure::usage)?;
    Bus::new(&app.deployment)?.put(&envelope).await?;
    Ok(orders::path(&shown.order))
}

/// The local run takes a saved catalogue within two seconds or three.
async fn wait_until_used(local_run: &LocalRun, wanted: &str) -> Result<(), Failure> {
    let deadline = Instant::now() + USED_WITHIN;
    while local_run.catalogue_in_use().await? != wanted {
        if Instant::now() > deadline {
            return Err(Failure::usage("the local run uses another catalogue than the edited one")
                .with_remedy("save the catalogue first: the next event is sent under it"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Whether the run reads a file that the user knows: with `local --provider` it is a copy.
fn can_save(app: &App) -> bool {
    app.local_run.is_some() && app.deployment.environment().get(IS_COPY).is_none()
}

/// Writes the catalogue that a local run reads; it starts order-notifier anew with it.
fn save(app: &App, trial: &mut Trial) -> Result<String, Failure> {
    let path = NotifierSettings::catalogue_path(app.deployment.environment());
    let (Some(path), true) = (path, can_save(app)) else {
        return Err(Failure::usage("only a local run's own catalogue can be saved from here")
            .with_remedy("change notifications.toml and deploy it"));
    };
    let text = lines(&trial.catalogue);
    Catalogue::parse("the catalogue", &text)
        .map_err(|faults| Failure::usage(format!("the catalogue has faults and was not saved:\n{faults}")))?;
    let (name, current) = catalogue::read_file(path)?;
    if hash(&current) != trial.loaded {
        return Err(Failure::usage(format!(
            "{name} has changed since this page was loaded, and was not saved"
        ))
        .with_remedy("copy your edit, load the page again, and make it there"));
    }
    replace_file(path, &text).map_err(|error| Failure::usage(format!("{name} can't be written: {error}")))?;
    trial.loaded = hash(&text);
    Ok(format!("Saved to {name}. The local run uses it for the next event."))
}

/// In one step: a run that looks at the file sees the old text or the new one.
fn replace_file(path: &Path, text: &str) -> std::io::Result<()> {
    // The file itself, and not a link to it.
    let path = path.canonicalize()?;
    let beside = path.with_extension("toml.new");
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::metadata(&path)?.permissions())?;
    std::fs::rename(beside, path)
}

fn hash(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

/// A browser sends a text's line ends as CR LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn catalogue_text(app: &App) -> Result<(String, String), Failure> {
    catalogue::read_text(NotifierSettings::catalogue_path(app.deployment.environment()))
}

/// The sample of this name, or the first one; nothing for a stack, which has none.
async fn sample(app: &App, name: Option<&str>) -> Result<String, Failure> {
    let Some(local_run) = &app.local_run else { return Ok(String::new()) };
    let samples = local_run.samples().await?;
    let found = match name {
        Some(name) => samples.into_iter().find(|sample| sample.name == name),
        None => samples.into_iter().next(),
    };
    let Some(mut sample) = found else { return Ok(String::new()) };
    // Under a faulty catalogue the sample keeps its number.
    if let Ok(catalogue) = app.catalogue() {
        let judged = events::judge(&catalogue, sample.event.clone(), None, Timestamp::now());
        if let Judgement::Notification(notification, _) = judged {
            let own = notification.reference.order.number.to_string();
            replace(&mut sample.event, &own, &new_order_number());
        }
    }
    Ok(format!("{:#}", sample.event))
}

/// A number that no sample has, and that this process gives to one page only: the run sends no message twice.
fn new_order_number() -> String {
    /// The last number, counted in seconds: later processes give other numbers.
    static LAST: Mutex<i64> = Mutex::new(0);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last = Timestamp::now().as_second().max(last.saturating_add(1));
    (1_000_000 + last.rem_euclid(9_000_000)).to_string()
}

/// What a local run has to choose from.
struct Choices {
    samples: Vec<String>,
    behaviours: Vec<(String, String)>,
}

impl Choices {
    async fn read(local_run: &LocalRun) -> Result<Self, Failure> {
        let samples = local_run.samples().await?.into_iter().map(|sample| sample.name).collect();
        let numbers = local_run.magic_numbers().await?;
        let behaviours = numbers.into_iter().map(|magic| (magic.phone, magic.summary)).collect();
        Ok(Self { samples, behaviours })
    }

    fn samples(&self, chosen: Option<&str>) -> Markup {
        html! {
            form.search method="get" action="/try" {
                label { "Sample event "
                    select name="sample" {
                        @for sample in &self.samples {
                            option value=(sample) selected[chosen == Some(sample)] { (sample) }
                        }
                    }
                }
                button { "Use it" }
            }
        }
    }

    fn behaviours(&self, chosen: &str) -> Markup {
        html! {
            p { label { "What the provider does "
                select name="behaviour" {
                    option value="" { "as for the event's own number" }
                    @for (phone, summary) in &self.behaviours {
                        option value=(phone) selected[chosen == phone] { (summary) }
                    }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn two_pages_of_one_second_have_orders_of_their_own() {
        let numbers: BTreeSet<_> = (0..100).map(|_| new_order_number()).collect();
        assert_eq!(numbers.len(), 100);
        assert!(numbers.iter().all(|number| number.len() == 7), "{numbers:?}");
    }

    #[test]
    fn every_value_that_is_the_number_is_replaced() {
        let mut event = json!({"phone": "+1", "phones": ["+1", 1, true], "other": {"text": "call +1"}});
        assert_eq!(replace(&mut event, "+1", "+2"), 2);
        assert_eq!(event, json!({"phone": "+2", "phones": ["+2", 1, true], "other": {"text": "call +1"}}));
        assert_eq!(replace(&mut event, "1", "+2"), 1);
        assert_eq!(event["phones"], json!(["+2", "+2", true]));
    }
}
