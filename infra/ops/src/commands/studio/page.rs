//! The frame of every page.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use url::form_urlencoded;

use super::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Next;
use crate::outcome::Rating;
use crate::output;

/// The pages, in the order of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Orders,
    Live,
    Try,
    Attention,
    Figures,
}

impl Section {
    const ALL: [Self; 5] = [Self::Orders, Self::Live, Self::Try, Self::Attention, Self::Figures];

    const fn title(self) -> &'static str {
        match self {
            Self::Orders => "Orders",
            Self::Live => "Live",
            Self::Try => "Try",
            Self::Attention => "Attention",
            Self::Figures => "Figures",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Orders => "/",
            Self::Live => "/live",
            Self::Try => "/try",
            Self::Attention => "/attention",
            Self::Figures => "/figures",
        }
    }

    /// What the page does by itself while it is open.
    const fn script(self) -> &'static str {
        match self {
            Self::Orders | Self::Attention => "/follow.js",
            Self::Live => "/live.js",
            Self::Try => "/try.js",
            Self::Figures => "/times.js",
        }
    }
}

/// A whole page.
pub(super) fn page(app: &App, section: Section, title: &str, content: &Markup) -> Response {
    let name = app.name();
    let body = html! {
        a.skip href="#content" { "Skip to the content" }
        header.top {
            nav aria-label="Pages" {
                ul {
                    @for other in Section::ALL {
                        li { a href=(other.path()) aria-current=[(other == section).then_some("page")] { (other.title()) } }
                    }
                }
            }
            p.deployment { (name) }
        }
        main id="content" tabindex="-1" {
            p.bad.stale id="stale" role="status" hidden {
                "The Studio doesn't answer: this may not be the current state. If this doesn't end, open the address that the Studio has printed."
            }
            (content)
        }
    };
    document(&format!("{title} – {name}"), Some(section.script()), &body).into_response()
}

/// The answer to a request that is not let in; it names no deployment.
pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, document("Refused", None, &html! { main id="content" { h1 { "Refused" } p { (why) } } }))
        .into_response()
}

/// The answer for an unknown address.
pub(super) fn not_found(why: &str) -> Response {
    let body =
        html! { main id="content" { h1 { "Not found" } p { (why) } p { a href="/" { "All orders" } } } };
    (StatusCode::NOT_FOUND, document("Not found", None, &body)).into_response()
}

/// The page for a failure of a command's code.
pub(super) fn failed(app: &App, section: Section, failure: &Failure) -> Response {
    let content = html! {
        h1 { "This can't be shown" }
        p.bad { (failure.problem()) }
        @if let Some(remedy) = failure.remedy() { p { strong { "Next: " } (remedy) } }
    };
    let status = match failure.exit() {
        Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::NotFound => StatusCode::NOT_FOUND,
        Exit::Fine | Exit::Attention | Exit::Unavailable => StatusCode::BAD_GATEWAY,
    };
    let mut response = page(app, section, "This can't be shown", &content);
    *response.status_mut() = status;
    response
}

/// A time, which the script shows in the reader's zone.
pub(super) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (output::time(at)) } }
}

/// The parameter of an address's query. A query is not parsed into a type by axum, whose refusal would be a bare text.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

/// The id of a held or released notification on the page Attention; its address is `/attention#` and this.
pub(super) fn held_anchor(reference: &str) -> String {
    std::iter::once("held-").chain(form_urlencoded::byte_serialize(reference.as_bytes())).collect()
}

/// The operator's next step, with the commands for a terminal.
pub(super) fn next_step(next: &Next) -> Markup {
    html! {
        p.next { strong { "Next: " } (next.what) "." }
        @if !next.commands.is_empty() {
            ul.commands { @for command in &next.commands { li { code { (command) } } } }
        }
    }
}

/// The class of a state's colour. The text itself says the state, too.
pub(super) const fn class(rating: Rating) -> &'static str {
    match rating {
        Rating::Good => "good",
        Rating::Pending => "pending",
        Rating::Bad => "bad",
    }
}

fn document(title: &str, script: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/studio.css";
                link rel="icon" href="data:,";
                @if let Some(script) = script { script type="module" src=(script) {} }
            }
            body { (body) }
        }
    }
}
