//! The pages of an action: what it would do, and what it has done.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::FutureExt as _;
use maud::{Markup, html};
use tokio::time::timeout;

use crate::commands::studio::actions::Ended;
use crate::commands::studio::app::App;
use crate::commands::studio::guard;
use crate::commands::studio::page::{self, Section};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Next;

/// The field whose presence applies an action; without it, a form is a dry run.
pub(super) const APPLY: &str = "apply";
/// The value of a set flag.
pub(super) const SET: &str = "true";

/// Where the end of an applied action is shown.
pub(super) const ENDS: &str = "/attention/done/{id}";
/// The answer to a form comes at the latest then. A redrive of many events takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
const GOES_ON: &str = "This goes on";

/// A form's hidden fields.
pub(super) type Fields = Vec<(&'static str, String)>;

/// An action with its report.
pub(super) struct Step {
    /// The button's text, such as "Resolve as sent".
    pub(super) action: &'static str,
    /// Where its form is sent.
    pub(super) path: &'static str,
    /// What the action means.
    pub(super) meaning: &'static str,
    pub(super) report: Markup,
    pub(super) next: Option<Next>,
    /// The command for a terminal that does the same.
    pub(super) command: String,
    pub(super) stage: Stage,
}

/// How far an action is.
pub(super) enum Stage {
    /// Nothing was written.
    DryRun {
        /// The form that applies it; none if it would do nothing.
        apply: Option<Fields>,
        /// The form for another dry run with other options, if there are options.
        options: Option<Options>,
        /// Whether the subject has changed since it was shown, so that it was not applied.
        has_changed: bool,
    },
    Done,
    /// It was not applied: the report says why.
    Refused,
}

pub(super) struct Options {
    pub(super) fields: Fields,
    pub(super) controls: Markup,
}

/// The answer to an action's form. `applied` is the subject of an action that is applied, and none for a dry run.
///
/// An applied action runs to its end even if the browser leaves; if its subject's form is sent again meanwhile, the second answer is
/// the first one's. What was done is shown at an address of its own, so that loading the page again repeats nothing.
pub(super) async fn answer(
    app: Arc<App>,
    applied: Option<String>,
    step: impl Future<Output = Result<Step, Failure>> + Send + 'static,
) -> Response {
    let Some(subject) = applied else { return respond(&app, &ended(&app, step.await)) };
    let work = {
        let app = Arc::clone(&app);
        async move { ended(&app, step.await) }
    };
    let action = match app.actions.start(subject, work).await {
        Ok(action) => action,
        Err(failure) => return respond(&app, &failed(&failure)),
    };
    match timeout(PATIENCE, action.end).await.as_deref() {
        Ok(Ok(ended)) if !ended.is_done => respond(&app, ended),
        Ok(Err(failure)) => respond(&app, &failed(failure)),
        Ok(Ok(_)) | Err(_) => Redirect::to(&ENDS.replace("{id}", &action.id)).into_response(),
    }
}

/// What became of an applied action. While it runs, the script loads the page again.
pub(super) async fn end(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(action) = app.actions.find(&id).await else {
        return page::not_found(
            "The Studio no longer knows what became of this action. The page Attention shows what waits.",
        );
    };
    match action.end.now_or_never().as_deref() {
        Some(Ok(ended)) => respond(&app, ended),
        Some(Err(failure)) => respond(&app, &failed(failure)),
        None => going_on(&app),
    }
}

/// For the address of a form that was copied or restored: a form is sent only by its button.
pub(super) async fn to_the_list() -> Redirect {
    Redirect::to("/attention")
}

fn respond(app: &App, ended: &Ended) -> Response {
    let content = html! { div id="followed" { (ended.content) } };
    let mut response = page::page(app, Section::Attention, &ended.title, &content);
    *response.status_mut() = ended.status;
    response
}

/// The page of an action. A failure is explained in the command's words.
fn ended(app: &App, step: Result<Step, Failure>) -> Ended {
    let step = match step {
        Ok(step) => step,
        Err(failure) => return failed(&failure),
    };
    let title = match &step.stage {
        Stage::DryRun { .. } => format!("{}?", step.action),
        Stage::Done => format!("{}: done", step.action),
        Stage::Refused => format!("{}: not done", step.action),
    };
    let status = match step.stage {
        Stage::DryRun { has_changed: true, .. } | Stage::Refused => StatusCode::CONFLICT,
        Stage::DryRun { .. } | Stage::Done => StatusCode::OK,
    };
    let content = content(app, &title, &step);
    Ended { status, title, content, is_done: matches!(step.stage, Stage::Done) }
}

fn going_on(app: &App) -> Response {
    let content = html! {
        div id="followed" data-follow {
            h1 { (GOES_ON) }
            section.card {
                p.pending { "It takes longer than " (PATIENCE.as_secs()) " seconds. It goes on if you close this page. Don't interrupt the Studio before its end." }
                p { "Load this page again to see its end. " a href="/attention" { "Attention" } " shows what still waits." }
            }
        }
    };
    page::page(app, Section::Attention, GOES_ON, &content)
}

fn content(app: &App, title: &str, step: &Step) -> Markup {
    html! {
        h1 { (title) }
        section.card {
            @match &step.stage {
                Stage::DryRun { apply, options, has_changed } => {
                    @if *has_changed {
                        p.bad { strong { "It has changed since it was shown to you, so nothing was written. Check it again." } }
                    }
                    p { (step.meaning) }
                    h2 { "What this would do" }
                    (step.report)
                    p.pending { "Nothing was written yet." }
                    @if let Some(Options { fields, controls }) = options {
                        form.options action=(step.path) method="post" {
                            (hidden(app, fields))
                            (controls)
                            button { "Check again with these options" }
                        }
                    }
                    @if let Some(fields) = apply {
                        form.actions action=(step.path) method="post" {
                            (hidden(app, fields))
                            input type="hidden" name=(APPLY) value=(SET);
                            button.apply { "Do it: " (step.action) }
                        }
                    }
                    @if let Some(next) = &step.next { (page::next_step(next)) }
                    p { a href="/attention" { "Back without a change" } }
                },
                Stage::Done | Stage::Refused => {
                    h2 { "What was done" }
                    (step.report)
                    @if let Some(next) = &step.next { (page::next_step(next)) }
                    p { a href="/attention" { "Back to what needs attention" } }
                },
            }
            p.note { "In a terminal: " code { (step.command) } }
        }
    }
}

/// A button that asks for an action's dry run. `about` is the id of the element that says what it is about.
pub(super) fn button(app: &App, path: &str, action: &str, fields: &Fields, about: &str) -> Markup {
    html! {
        form action=(path) method="post" {
            (hidden(app, fields))
            button aria-describedby=(about) { (action) }
        }
    }
}

/// The form token and these fields.
pub(super) fn hidden(app: &App, fields: &Fields) -> Markup {
    html! {
        (guard::form_token(app))
        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
    }
}

/// The lines of a command's report, without its colours.
pub(super) fn report(lines: &[String]) -> Markup {
    let text = lines.join("\n");
    html! { p.report { (anstream::adapter::strip_str(text.trim())) } }
}

/// The page for an action that a command's code refused.
fn failed(failure: &Failure) -> Ended {
    let (status, title) = match failure.exit() {
        Exit::Usage => (StatusCode::CONFLICT, "This can't be done"),
        Exit::NotFound => (StatusCode::NOT_FOUND, "This can't be done"),
        Exit::Fine | Exit::Attention | Exit::Unavailable => {
            (StatusCode::BAD_GATEWAY, "This was not finished")
        }
    };
    let content = html! {
        h1 { (title) }
        section.card {
            p.report.bad { (failure.problem()) }
            @if let Some(remedy) = failure.remedy() { p.report { strong { "Next: " } (remedy) } }
            p { a href="/attention" { "Back to what needs attention" } }
        }
    };
    Ended { status, title: title.to_owned(), content, is_done: false }
}
