//! A browser on the pages of `ops studio`.

use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::{Captures, Regex};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::form_urlencoded;

use super::{PATIENCE, Rig, command};

/// How a browser encodes a form.
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// `ops studio` as a process of its own, and a client that its printed address has let in.
pub struct Studio {
    client: Client,
    /// The printed address, with the token.
    pub address: Url,
    /// What the browser keeps.
    pub cookie: String,
    _process: Child,
}

/// A page, or what was answered in its place.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    /// The HTML.
    pub html: String,
}

/// A form of a page, filled in as the page has it.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Rig {
    /// Starts the Studio of this local run, and opens the address that it prints.
    pub async fn studio(&self) -> Studio {
        let mut tool = command();
        tool.arg(self.local_option());
        Studio::start(tool).await
    }

    /// Starts the Studio with the functions' own variables, as for a deployment that is no local run.
    pub async fn studio_of_environment(&self) -> Studio {
        let mut tool = command();
        tool.envs(self.local.variables().environment().iter());
        Studio::start(tool).await
    }
}

impl Rig {
    /// Starts the Studio of this local run as if it were a stack, with further variables.
    pub async fn studio_of_stack(&self, stack: &str, variables: &[(&str, &str)]) -> Studio {
        let mut tool = command();
        tool.envs(self.local.variables().environment().iter()).args(["--stack", stack]);
        tool.env("AWS_ENDPOINT_URL_CLOUDFORMATION", self.local.lookup_url()).envs(variables.iter().copied());
        Studio::start(tool).await
    }
}

impl Studio {
    async fn start(mut tool: Command) -> Self {
        tool.args(["studio", "--json"]).stdout(Stdio::piped());
        let mut process = tool.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the Studio prints its address");
            if let Some((_, rest)) = line.split_once("\"address\": \"") {
                break Url::parse(rest.trim_end_matches(['"', ','])).unwrap();
            }
        };
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let admitted = client.get(address.clone()).send().await.unwrap();
        let cookie = admitted.headers()[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { client, address, cookie, _process: process }
    }

    /// Loads a page until its text fulfils the condition.
    pub async fn until(&self, path: &str, condition: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.get(path).await.text();
            if condition(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "{path} still says {text}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The origin of its pages.
    pub fn origin(&self) -> String {
        self.address.origin().ascii_serialization()
    }

    /// A request without the cookie and without an `Origin`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.address.join(path).unwrap())
    }

    /// A page, whatever its status.
    pub async fn get(&self, path: &str) -> Page {
        let mut path = path.to_owned();
        loop {
            let answer = self.request(Method::GET, &path).header(COOKIE, &self.cookie).send().await.unwrap();
            match answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) {
                Some(location) => path = location.to_str().unwrap().to_owned(),
                None => return Page::read(answer).await,
            }
        }
    }

    /// What a browser sends when a form's button is pressed, not yet sent.
    pub fn pressed(&self, form: &Form) -> RequestBuilder {
        let request = self.request(Method::POST, &form.action).header(COOKIE, &self.cookie);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        request.header(ORIGIN, self.origin()).header(CONTENT_TYPE, FORM_TYPE).body(body)
    }

    /// Presses a form's button. A redirection is followed.
    pub async fn submit(&self, form: &Form) -> Page {
        let answer = self.pressed(form).send().await.unwrap();
        match answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) {
            Some(location) => self.get(location.to_str().unwrap()).await,
            None => Page::read(answer).await,
        }
    }
}

static FORM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<form\b([^>]*)>(.*?)</form>").unwrap());
static CONTROL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<input\b([^>]*)>").unwrap());
static TEXT_AREA: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<textarea\b([^>]*)>(.*?)</textarea>").unwrap());
static SELECT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<select\b([^>]*)>(.*?)</select>").unwrap());
static OPTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<option\b([^>]*)>").unwrap());
static BUTTON: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<button\b([^>]*)>(.*?)</button>").unwrap());
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"([a-z-]+)(?:="([^"]*)")?"#).unwrap());
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^>]*>").unwrap());

impl Page {
    async fn read(answer: reqwest::Response) -> Self {
        Self { status: answer.status(), html: answer.text().await.unwrap() }
    }

    /// Asserts this status.
    #[track_caller]
    pub fn with_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// What a reader sees, without the tags; spaces and line breaks are one space.
    pub fn text(&self) -> String {
        let text = decoded(&TAG.replace_all(&self.html, " "));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first form whose button has this text.
    #[track_caller]
    pub fn form(&self, button: &str) -> Form {
        let form = self.forms().find(|(_, texts)| texts.iter().any(|text| text == button));
        form.unwrap_or_else(|| panic!("no button {button:?} in {}", self.html)).0
    }

    /// Whether a form has a button with this text.
    pub fn has_button(&self, button: &str) -> bool {
        self.forms().any(|(_, texts)| texts.iter().any(|text| text == button))
    }

    /// Each form, with its buttons' texts.
    fn forms(&self) -> impl Iterator<Item = (Form, Vec<String>)> {
        FORM.captures_iter(&self.html).map(|form| {
            let action = attribute(&form[1], "action").unwrap_or_default();
            let buttons =
                BUTTON.captures_iter(&form[2]).map(|button| decoded(TAG.replace_all(&button[2], "").trim()));
            (Form { action, fields: fields(&form[2]) }, buttons.collect())
        })
    }
}

impl Form {
    /// With another value of a field, or with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self
    }
}

/// The fields that a browser sends if nothing is changed.
fn fields(form: &str) -> Vec<(String, String)> {
    let inputs = CONTROL.captures_iter(form).filter_map(|input| {
        let of = |name| attribute(&input[1], name);
        let is_choice = matches!(of("type").as_deref(), Some("checkbox" | "radio"));
        let is_sent = !is_choice || of("checked").is_some();
        let value = of("value").unwrap_or_else(|| if is_choice { "on".to_owned() } else { String::new() });
        is_sent.then(|| Some((of("name")?, value))).flatten()
    });
    let areas = TEXT_AREA
        .captures_iter(form)
        .filter_map(|area| Some((attribute(&area[1], "name")?, decoded(area[2].trim_start_matches('\n')))));
    let selects = SELECT.captures_iter(form).filter_map(|select| {
        let options: Vec<Captures<'_>> = OPTION.captures_iter(&select[2]).collect();
        let selected = options.iter().find(|option| attribute(&option[1], "selected").is_some());
        let chosen = selected.or_else(|| options.first())?;
        Some((attribute(&select[1], "name")?, attribute(&chosen[1], "value").unwrap_or_default()))
    });
    inputs.chain(areas).chain(selects).collect()
}

/// An attribute's value; empty if it has none.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let found = ATTRIBUTE.captures_iter(attributes).find(|attribute| &attribute[1] == name)?;
    Some(decoded(found.get(2).map_or("", |value| value.as_str())))
}

/// The text of what maud has escaped.
fn decoded(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
