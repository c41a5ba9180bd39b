//! Held and released notifications, with their settlement.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use clap::ValueEnum as _;
use maud::{Markup, html};
use serde::Deserialize;
use shared::message::Reference;

use super::Found;
use super::step::{self, Fields, Options, SET, Stage, Step};
use crate::commands::held::{self, Held};
use crate::commands::studio::app::App;
use crate::commands::studio::guard::OwnForm;
use crate::commands::studio::{orders, page};
use crate::commands::{resend, resolve};
use crate::failure::Failure;
use crate::order_id;
use crate::outcome;
use crate::provider_name::ProviderName;

const RESOLVE: &str = "/attention/resolve";
const RESEND: &str = "/attention/resend";
/// The page ends here; `ops held` lists all.
const MAX_SHOWN: usize = 200;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route(RESOLVE, post(resolve).get(step::to_the_list))
        .route(RESEND, post(resend).get(step::to_the_list))
}

/// Lists them.
pub(super) async fn find(app: &App) -> Result<Found, Failure> {
    let report = held::list(&app.table, &app.tool, None, Some(MAX_SHOWN)).await?;
    let is_unsent = |held: &Held| held.certainty == Some(shared::protocol::Held::Unsent.name());
    // Those that were not read may be unsent, too.
    let may_have_unsent = report.not_read > 0 || report.held.iter().any(is_unsent);
    let shown = html! {
        @if report.held.is_empty() && report.released.is_empty() { p.good { "Nothing is held." } }
        @if may_have_unsent {
            div.actions {
                @let fields = vec![("held_unsent", SET.to_owned())];
                (step::button(app, RESEND, RESEND_ALL, &fields, "held-title"))
            }
        }
        @for held in &report.held { (card(app, held, true)) }
        @if report.not_read > 0 {
            p.note { "The oldest " (report.held.len()) " are shown. All of them, in a terminal: " code { (app.tool.line(&["held"])) } }
        }
        @if !report.released.is_empty() {
            h3 { "Released, and waiting for their events to come again" }
            @for released in report.released.iter().take(MAX_SHOWN) { (card(app, released, false)) }
            @if report.released.len() > MAX_SHOWN {
                p.note { "The oldest " (MAX_SHOWN) " are shown. All of them, in a terminal: " code { (app.tool.line(&["held"])) } }
            }
        }
    };
    let count = report.held.len() + report.not_read + report.released.len();
    Ok(Found { count: count as u64, shown })
}

fn card(app: &App, held: &Held, is_held: bool) -> Markup {
    let Held { order, notification, reference, provider, event_time, answers, summary, next, .. } = held;
    let path = orders::path(order);
    let anchor = page::held_anchor(reference);
    let id = &format!("title-{anchor}");
    let fields = |finding: Option<&str>| -> Fields {
        let reference = [("reference", reference.clone())];
        reference.into_iter().chain(finding.map(|finding| ("finding", finding.to_owned()))).collect()
    };
    html! {
        article.card id=(anchor) aria-labelledby=(id) {
            h3 id=(id) { (notification) " of order " a href=(path) { (order_id::plain(order)) } }
            p.bad { (summary) }
            dl.details {
                dt { "Event" } dd { (page::time(*event_time)) }
                @if let Some(provider) = provider { dt { "Provider" } dd { (provider.title()) } }
                @if !answers.is_empty() {
                    dt { "Answers" }
                    dd { ul { @for answer in outcome::answers(answers) { li { (answer) } } } }
                }
            }
            @if let Some(next) = next { (page::next_step(next)) }
            div.actions {
                @if is_held {
                    (step::button(app, RESOLVE, AS_SENT, &fields(Some("sent")), id))
                    (step::button(app, RESOLVE, AS_NOT_SENT, &fields(Some("not-sent")), id))
                }
                (step::button(app, RESEND, SEND_AGAIN, &fields(None), id))
            }
        }
    }
}

const AS_SENT: &str = "Resolve as sent";
const AS_NOT_SENT: &str = "Resolve as not sent";
const SEND_AGAIN: &str = "Send again";
const RESEND_ALL: &str = "Send all unsent ones again";

/// The form of a resolution.
#[derive(Deserialize)]
struct Resolution {
    reference: String,
    finding: String,
    #[serde(default)]
    message_id: String,
    #[serde(default)]
    provider: String,
    /// The state of the notification in the dry run.
    #[serde(default)]
    seen: String,
    #[serde(default)]
    apply: bool,
}

async fn resolve(State(app): State<Arc<App>>, OwnForm(form): OwnForm<Resolution>) -> Response {
    let applied = form.apply.then(|| format!("{RESOLVE} {}", form.reference));
    step::answer(Arc::clone(&app), applied, Box::pin(async move { resolved(&app, &form).await })).await
}

async fn resolved(app: &App, form: &Resolution) -> Result<Step, Failure> {
    let seen = current(app, &form.reference).await?;
    let has_changed = form.apply && seen != form.seen;
    let apply = form.apply && !has_changed;
    let finding = resolve::Found::from_str(&form.finding, false).map_err(Failure::usage)?;
    let message_id = text(&form.message_id);
    let arguments = resolve::Arguments {
        notification: form.reference.clone(),
        finding,
        order: None,
        sender: None,
        message_id: message_id.map(str::to_owned),
        provider: text(&form.provider).filter(|_| message_id.is_some()).map(provider).transpose()?,
        dry_run: !apply,
    };
    let report = resolve::settle(&arguments, &app.deployment).await?;
    let is_sent = finding == resolve::Found::Sent;
    let own = vec![("reference", form.reference.clone()), ("finding", form.finding.clone())];
    let mut given: Vec<&str> = vec!["resolve", &form.reference, "--as", &form.finding];
    if let Some(id) = message_id {
        given.extend(["--message-id", id]);
        given.extend(
            arguments
                .provider
                .and(text(&form.provider))
                .into_iter()
                .flat_map(|provider| ["--provider", provider]),
        );
    }
    Ok(Step {
        action: if is_sent { AS_SENT } else { AS_NOT_SENT },
        path: RESOLVE,
        meaning: if is_sent {
            "For a message that the provider or the customer has. It is marked as accepted and never sent again. With its id at the \
             provider, delivery reports about it are assigned to this notification."
        } else {
            "For a message that neither the provider nor the customer has. It is released: a stored event is put on the queue at once, \
             otherwise its event has to come again. If the message was sent after all, the customer gets it twice."
        },
        report: step::report(&report.lines()),
        next: apply.then_some(report.next),
        command: app.tool.line(&given),
        stage: if apply {
            Stage::Done
        } else {
            Stage::DryRun {
                apply: Some(
                    own.iter()
                        .cloned()
                        .chain([
                            ("message_id", form.message_id.clone()),
                            ("provider", form.provider.clone()),
                            ("seen", seen),
                        ])
                        .collect(),
                ),
                options: is_sent.then(|| Options { fields: own, controls: message_controls(form) }),
                has_changed,
            }
        },
    })
}

fn message_controls(form: &Resolution) -> Markup {
    html! {
        label { "The message's id at the provider, if you know it " input name="message_id" value=(form.message_id) autocomplete="off"; }
        label { "Its provider "
            select name="provider" {
                option value="" { "that of the last attempt" }
                @for name in ProviderName::value_variants() {
                    @let value = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
                    option value=(value) selected[form.provider == value] { (shared::provider::Provider::from(*name).title()) }
                }
            }
        }
    }
}

/// The form of a resend: of one notification, or of all that are certainly unsent.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the form")]
struct Resending {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    held_unsent: bool,
    #[serde(default)]
    twice: bool,
    #[serde(default)]
    late: bool,
    /// The state of the notification in the dry run.
    #[serde(default)]
    seen: String,
    #[serde(default)]
    apply: bool,
}

async fn resend(State(app): State<Arc<App>>, OwnForm(form): OwnForm<Resending>) -> Response {
    let applied = form.apply.then(|| format!("{RESEND} {}", form.reference));
    step::answer(Arc::clone(&app), applied, Box::pin(async move { resent(&app, &form).await })).await
}

async fn resent(app: &App, form: &Resending) -> Result<Step, Failure> {
    let arguments = resend::Arguments {
        notification: (!form.held_unsent).then(|| form.reference.clone()),
        order: None,
        sender: None,
        held_unsent: form.held_unsent,
        although_it_may_be_sent_twice: form.twice,
        although_late: form.late,
        apply: form.apply,
    };
    let report = resend::send_again(&arguments, Some(&form.seen), &app.deployment).await?;
    let (apply, seen) = (report.applied, report.fingerprint.clone());
    let has_changed = form.apply && !apply;
    let would_send = report.notifications.iter().any(|done| done.refused.is_none());
    let own: Fields = if form.held_unsent {
        vec![("held_unsent", SET.to_owned())]
    } else {
        vec![("reference", form.reference.clone())]
    };
    let flags = [("twice", form.twice), ("late", form.late)];
    let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, SET.to_owned()));
    let mut given = vec!["resend", if form.held_unsent { "--held-unsent" } else { form.reference.as_str() }];
    given.extend(form.twice.then_some("--although-it-may-be-sent-twice"));
    given.extend(form.late.then_some("--although-late"));
    given.push("--apply");
    Ok(Step {
        action: if form.held_unsent { RESEND_ALL } else { SEND_AGAIN },
        path: RESEND,
        meaning: "Puts a copy of the stored event on the queue of order events. If no event is stored, the notification is released and \
                  is sent when its event comes again. An order status is sent only if no newer one was sent.",
        report: step::report(&report.lines()),
        next: None,
        command: app.tool.line(&given),
        stage: match apply {
            true if would_send => Stage::Done,
            true => Stage::Refused,
            false => Stage::DryRun {
                apply: would_send.then(|| own.iter().cloned().chain(flags).chain([("seen", seen)]).collect()),
                options: Some(Options { fields: own, controls: risk_controls(form) }),
                has_changed,
            },
        },
    })
}

fn risk_controls(form: &Resending) -> Markup {
    html! {
        fieldset {
            legend { "Risks that you accept" }
            // All that are certainly unsent can't be sent twice.
            @if !form.held_unsent {
                label { input type="checkbox" name="twice" value=(SET) checked[form.twice];
                    " The customer may get it twice (" code { "--although-it-may-be-sent-twice" } ")" }
            }
            label { input type="checkbox" name="late" value=(SET) checked[form.late];
                " Its event is older than the catalogue's max_age (" code { "--although-late" } ")" }
        }
    }
}

/// What tells whether a notification has changed since its dry run was shown, for example because another operator has settled it
/// or because the form was sent twice. The command itself detects every later change.
async fn current(app: &App, reference: &str) -> Result<String, Failure> {
    let parsed = Reference::parse(reference);
    let parsed =
        parsed.ok_or_else(|| Failure::usage("the form names no notification; nothing was written"))?;
    let row = app.table.notification_row(&parsed).await?;
    let state = |row: shared::table::NotificationRow| {
        format!("{} {} {}", row.updated_at, row.record.attempt, row.record.state)
    };
    Ok(row.map(state).unwrap_or_default())
}

/// A field that was filled in.
fn text(field: &str) -> Option<&str> {
    Some(field.trim()).filter(|text| !text.is_empty())
}

fn provider(name: &str) -> Result<ProviderName, Failure> {
    ProviderName::from_str(name, false).map_err(Failure::usage)
}
