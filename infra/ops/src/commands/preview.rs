//! `ops preview`: shows the message that an event would become under this catalogue, without sending it.

pub(super) mod fallback;
pub(super) mod look;
pub(super) mod misleading;
pub(super) mod report;
pub(super) mod request;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::{Timestamp, Unit};
use shared::catalogue::{
    Catalogue, ContentRule, Entry, Expression, Found, Notification, OrderEvent, VariablesRule,
};
use shared::message::{
    Components, Content, Goods, Language, OrderCurrency, Sender, Text, Variables, has_order_messages,
};
use shared::protocol::{Guard, Policy};
use shared::provider::Provider;
use shared::providers::BaseUrls;
use shared::secrets::{Credentials, KeySecret};
use shared::settings::{Environment, NotifierSettings};
use template_definitions::Definitions;

use self::fallback::FallbackShown;
use self::misleading::{truth_in_words, unformatted_amounts};
use self::report::{Finding, Preview, Shown};
use crate::accounts::Accounts;
use crate::catalogue;
use crate::deployment::{Deployment, Target};
use crate::events::{self, Judgement, Known, explain_faults, explain_missing, explain_paths, file};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::message_templates;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  ops preview tests/events/order-cancelled.json --now
  ops preview tests/events/order-status-shipped.json --now --provider meta --language es
  ops preview tests/events/order-cancelled.json --now --catalogue notifications.toml --local
  ops preview tests/events/order-cancelled-invalid.json";

/// Shows what an event would become: the notification, the WhatsApp message, the request to each provider. Sends nothing.
///
/// Reads the event, the catalogue and the definitions of the message templates; no deployment is needed. With --local or
/// --stack it also reads that deployment's catalogue setting, the notification's record (a message that was sent is
/// not sent again) and the credentials (for the channel and ids in the requests; tokens are never shown).
///
/// A notification's key identifies it within its order. By default it is a hash of name, order, recipient and values, made with the
/// deployment's secret and so unknown without a deployment; the catalogue's `key` replaces it. If one of these values changes, in
/// the event or in the catalogue, the message is sent again: another order of `body` is enough.
///
/// Exit code 1 if the catalogue or the event has faults, or if no catalogue entry matches the event; every fault is shown
/// with its place.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The event as JSON, - for standard input: an EventBridge event, a producer's entry, or a queue's message.
    file: PathBuf,

    /// Sets the event's time to now, so that a sample is not too old.
    #[arg(long)]
    now: bool,

    /// The catalogue [default: the deployment's, or the built-in one].
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// The folder with the definitions of the message templates [default: the local run's, `OPS_DEFINITIONS`, or the built-in
    /// ones].
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,

    /// Shows only this provider: onemsg, kaleyra or meta.
    #[arg(long)]
    provider: Option<Provider>,

    /// The customer's language, instead of the event's.
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, target: &Target, output: Output) -> Result<Exit, Failure> {
    let sources = Sources::find(target).await?;
    let path =
        arguments.catalogue.as_deref().or_else(|| NotifierSettings::catalogue_path(sources.environment()));
    let (catalogue_name, catalogue) = catalogue::read(path)?;
    let definitions = message_templates::read(arguments.definitions.as_deref(), sources.environment())?;
    let written = file::open(&arguments.file)?;
    // In the table's precision.
    let now = Timestamp::now();
    let now = now.round(Unit::Millisecond).unwrap_or(now);
    let mut form = None;
    let finding = match (catalogue, file::read(&written, now)) {
        (Err(faults), _) => Finding::CatalogueFaulty { faults },
        (Ok(_), Err(faults)) => Finding::Invalid { notification: None, faults },
        (Ok(catalogue), Ok(mut read)) => {
            form = Some(read.form);
            if arguments.now {
                file::set_time(&mut read.event, now);
            }
            let wanted = Wanted { provider: arguments.provider, language: arguments.language };
            let (finding, remark) =
                sources.finding(&catalogue, &definitions, read.event, &wanted, now).await?;
            if let Some(remark) = remark {
                output.remark(remark);
            }
            finding
        }
    };
    let exit = finding.exit();
    output.show(&Preview { catalogue: catalogue_name, form, finding });
    Ok(exit)
}

/// Where settings and credentials come from.
pub(in crate::commands) enum Sources {
    /// Only the process's variables.
    Environment(Environment),
    Deployment(Arc<Deployment>),
}

impl Sources {
    async fn find(target: &Target) -> Result<Self, Failure> {
        if target.local.is_none() && target.stack.is_none() {
            return Ok(Self::Environment(Environment::from_process()));
        }
        Ok(Self::Deployment(Arc::new(Deployment::find(target).await?)))
    }

    fn environment(&self) -> &Environment {
        match self {
            Self::Environment(environment) => environment,
            Self::Deployment(deployment) => deployment.environment(),
        }
    }

    /// What the event becomes, and a remark if the credentials can't be read.
    pub(in crate::commands) async fn finding(
        &self,
        catalogue: &Catalogue,
        definitions: &Definitions,
        event: serde_json::Value,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<(Finding, Option<String>), Failure> {
        let key_secret = self.key_secret().await?;
        let (mut notification, entry) =
            match events::judge(catalogue, event.clone(), key_secret.as_ref(), now) {
                Judgement::Invalid { notification, faults } => {
                    let notification = notification.map(str::to_owned);
                    return Ok((Finding::Invalid { notification, faults }, None));
                }
                Judgement::Ignored { source, detail_type, nearest } => {
                    return Ok((Finding::Ignored { source, detail_type, nearest }, None));
                }
                Judgement::Notification(notification, entry) => (*notification, entry),
            };
        if let Some(provider) = wanted.provider.filter(|_| notification.unusable_recipient.is_none()) {
            notification.routes.retain(|route| route.provider == provider);
            if notification.routes.is_empty() {
                return Err(Failure::usage(format!("{} isn't sent by {provider}", notification.name))
                    .with_remedy("omit --provider, or add the provider to the catalogue's entry"));
            }
        }
        let parsed = OrderEvent::parse(event.clone()).ok();
        let fallback = parsed.and_then(|event| FallbackShown::find(&notification, entry, &event));
        let mut remarks = match &wanted.language {
            Some(language) => choose_language(&mut notification, entry, language),
            None => Vec::new(),
        };
        remarks.extend(event_remarks(catalogue, entry, &notification, event));
        let known = self.known(&notification).await?;
        let mut providers = notification.routes.iter().map(|route| route.provider);
        let remembered = providers.find_map(|provider| known.progress.reference_for(provider));
        notification.content.fill_reference(remembered);
        remarks.extend(missing_reference(&notification));
        let policy = self.policy()?;
        let guard = self.guard(&notification, key_secret.as_ref())?;
        let forecast = match events::forecast(&notification, &known, guard, &policy, now) {
            Ok(forecast) => forecast,
            Err(fault) => {
                let finding =
                    Finding::Invalid { notification: Some(notification.name), faults: fault.into() };
                return Ok((finding, None));
            }
        };
        let mut urls = BaseUrls::read(self.environment())
            .map_err(|faults| Failure::usage(format!("settings (environment variables):\n{faults}")))?;
        urls.aws.region.get_or_insert_with(|| request::REGION.to_owned());
        let (credentials, remark) = self.credentials(notification.reference.order.sender.as_ref()).await;
        let warning = known.warning().filter(|_| forecast.is_sent());
        let is_key_known = key_secret.is_some() || entry.key.is_some();
        let shown = Shown::describe(&notification, entry, definitions, forecast, now)
            .with_key(is_key_known.then(|| notification.reference.key.to_string()))
            .with_remarks(remarks)
            .with_fallback(
                fallback.map(|fallback| fallback.with_requests(&notification, &urls, &credentials)),
            )
            .with_warning(warning)
            .with_requests(&notification, &urls, &credentials);
        Ok((Finding::Notification(Box::new(shown)), remark))
    }

    /// The secret of the notification keys, which only a deployment has.
    async fn key_secret(&self) -> Result<Option<KeySecret>, Failure> {
        match self {
            Self::Environment(_) => Ok(None),
            Self::Deployment(deployment) => Accounts::default_sender(deployment).key_secret().await.map(Some),
        }
    }

    async fn known(&self, notification: &Notification) -> Result<Known, Failure> {
        match self {
            Self::Environment(_) => Ok(Known::default()),
            Self::Deployment(deployment) => Ok(Known::read(&deployment.table()?, notification).await?),
        }
    }

    /// Only a deployment has `RECIPIENTS` and the key secret of its hashes.
    fn guard(&self, notification: &Notification, key_secret: Option<&KeySecret>) -> Result<Guard, Failure> {
        match (self, key_secret) {
            (Self::Deployment(deployment), Some(key_secret)) => {
                Ok(deployment.recipients()?.guard(&notification.recipient, key_secret))
            }
            _ => Ok(Guard::Allowed),
        }
    }

    fn policy(&self) -> Result<Policy, Failure> {
        match self.environment().get("UNKNOWN_OUTCOME") {
            None => Ok(Policy::default()),
            Some(text) => text.parse().map_err(|error| Failure::usage(format!("UNKNOWN_OUTCOME: {error}"))),
        }
    }

    /// The sender's credentials; placeholders if there is no deployment, or, with a remark, if they can't be read.
    async fn credentials(&self, sender: Option<&Sender>) -> (Credentials, Option<String>) {
        let Self::Deployment(deployment) = self else { return (request::placeholders(), None) };
        match Accounts::for_sender(deployment, sender).credentials().await {
            Ok(credentials) => (credentials, None),
            Err(failure) => {
                let remark = format!("The requests have placeholders: {}", failure.problem());
                (request::placeholders(), Some(remark))
            }
        }
    }
}

/// What is shown of a message that several providers could send, in several languages.
#[derive(Debug, Default)]
pub(in crate::commands) struct Wanted {
    /// Only this provider.
    provider: Option<Provider>,
    /// Instead of the customer's language.
    language: Option<String>,
}

/// Sets the customer's language, and returns a remark for each provider without a template in it.
fn choose_language(notification: &mut Notification, entry: &Entry, wanted: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    let sender = notification.reference.order.sender.as_ref();
    for route in &mut notification.routes {
        let Some(rule) = entry.templates.get(&route.provider).map(|rule| rule.for_sender(sender)) else {
            continue;
        };
        let found = Language::find(&rule.languages, wanted);
        if let Some(language) = found.or_else(|| rule.languages.first()) {
            route.language = language.clone();
        }
        if found.is_none() {
            let (name, provider, language) = (&route.template.name, route.provider, &route.language);
            remarks.push(format!(
                "{provider}'s {name} isn't there in {wanted}: {language}, its first, is taken"
            ));
        }
    }
    remarks
}

/// Remarks about how the event was interpreted.
fn event_remarks(
    catalogue: &Catalogue,
    entry: &Entry,
    notification: &Notification,
    event: serde_json::Value,
) -> Vec<String> {
    let language = unfound_language(entry, &event);
    let consent = consent_problem(&entry.consent, &event);
    let zero = zero_amounts(entry, &event);
    let content = event.clone();
    let Ok(event) = OrderEvent::parse(event) else { return Vec::new() };
    let second = catalogue.entries_for(&event).nth(1).map(|second| {
        let (second, first) = (&second.name, &entry.name);
        format!("{second} is for this event too and gets nothing: {first} stands before it in the catalogue")
    });
    let doubt = notification.recipient.phone().filter(|number| number.is_doubtful()).map(|_| {
        "the country's numbering plan does not contain the phone number; the message is sent anyway"
            .to_owned()
    });
    let unusable = unusable_recipient(entry, notification, &content);
    let time = entry.time.as_ref().filter(|_| notification.is_time_unread).map(|expression| {
        format!(
            "time ({}) finds no time with a zone; the envelope's time is used instead",
            expression.as_str()
        )
    });
    let truth = truth_in_words(entry, &event);
    let full_stop = dropped_full_stop(entry, notification, &event);
    let description = changed_description(entry, notification, &event);
    let remarks = [second, truth, doubt, time, full_stop, description, consent, other_country(notification)];
    let amounts = unformatted_amounts(entry);
    let order = amounts.into_iter().chain(zero).chain(demands_of_india(notification));
    unusable.into_iter().chain(remarks.into_iter().flatten()).chain(language).chain(order).collect()
}

/// Why the message can't go out on WhatsApp, although a channel of the fallback reaches the customer.
fn unusable_recipient(entry: &Entry, notification: &Notification, event: &serde_json::Value) -> Vec<String> {
    let Some(faults) = &notification.unusable_recipient else { return Vec::new() };
    let explained = explain_faults(entry, faults, event);
    explained.iter().map(|fault| format!("{fault}; so nothing is sent on WhatsApp")).collect()
}

/// The order's progress, which only a deployment has, supplies the reference once the order's details are accepted.
fn missing_reference(notification: &Notification) -> Option<String> {
    notification.content.lacks_reference().then(|| {
        "the event names no reference_id: the status waits until one of its providers accepts an order_details message of the order, \
         and takes that message's"
            .to_owned()
    })
}

/// Amounts of an order that the event doesn't have: a path may be wrong.
fn zero_amounts(entry: &Entry, event: &serde_json::Value) -> Vec<String> {
    let ContentRule::Template(rule) = &entry.content else { return Vec::new() };
    let Some(rule) = &rule.order_details else { return Vec::new() };
    let amounts = [("tax", &rule.tax), ("shipping", &rule.shipping), ("discount", &rule.discount)];
    let missing = amounts.into_iter().filter_map(|(name, expression)| {
        let expression = expression.as_ref()?.as_str();
        let why = explain_missing(expression, event)?;
        Some(format!("order_details {name} ({expression}) finds nothing and counts as zero: {why}"))
    });
    missing.collect()
}

/// What India's rules require of an order, but not of every order.
fn demands_of_india(notification: &Notification) -> Vec<String> {
    let Content::Template(Components { order_details: Some(details), .. }) = &notification.content else {
        return Vec::new();
    };
    if details.currency != OrderCurrency::Inr {
        return Vec::new();
    }
    let items = details.catalog_id.is_none().then_some(
        "order_details has no catalog_id: WhatsApp then requires each item's importer and country of origin in India, which this \
         system doesn't send",
    );
    let beneficiary = (details.goods == Goods::Physical && details.beneficiary.is_none()).then_some(
        "order_details has no beneficiary: WhatsApp requires it in India for physical goods that are shipped",
    );
    items.into_iter().chain(beneficiary).map(str::to_owned).collect()
}

/// A message about an order is refused in every other country, and nothing in the catalogue can change that.
fn other_country(notification: &Notification) -> Option<String> {
    let kind = match &notification.content {
        Content::OrderStatus(_) => "order_status",
        Content::Template(components) => components.order_details.as_ref().map(|_| "order_details")?,
        Content::Plain(_) => return None,
    };
    (!has_order_messages(&notification.recipient)).then(|| {
        format!(
            "{kind} messages exist in India, Brazil and Singapore only, and the recipient's number is of another country"
        )
    })
}

/// The language's path may be wrong, or the event may not have the field.
fn unfound_language(entry: &Entry, event: &serde_json::Value) -> Option<String> {
    let language = entry.language.as_ref()?.as_str();
    let why = explain_missing(language, event)?;
    Some(format!("language ({language}) finds nothing: {why}; the template's first language is used"))
}

/// Why the consent is not given, if the event has another value than false. A producer that writes `"true"` or 1 probably means
/// yes, but only the producer knows.
pub(super) fn consent_problem(consent: &Expression, event: &serde_json::Value) -> Option<String> {
    let expression = consent.as_str();
    match consent.evaluate(&OrderEvent::parse(event.clone()).ok()?) {
        Ok(Found::Bool(true)) => None,
        Ok(Found::Bool(false) | Found::Nothing) | Err(_) => {
            let why = explain_paths(expression, event)?;
            Some(format!("consent ({expression}) is not true: {why}"))
        }
        Ok(Found::Text(_)) => Some(format!(
            "consent ({expression}) is a text or a number, and only JSON's true is consent: where it means yes, write \
             consent = \"{expression} == 'true'\", with the word that means yes"
        )),
        Ok(Found::Compound) => Some(format!(
            "consent ({expression}) is an object or a list, and only JSON's true is consent: write an expression that gives \
             true or false, such as \"contains({expression}, 'whatsapp')\""
        )),
    }
}

/// The description is optional, so an unsendable one is dropped rather than blocking the message.
fn changed_description(entry: &Entry, notification: &Notification, event: &OrderEvent) -> Option<String> {
    let (ContentRule::OrderStatus(rule), Content::OrderStatus(update)) =
        (&entry.content, &notification.content)
    else {
        return None;
    };
    let expression = rule.description.as_ref()?;
    let change = match expression.evaluate(event) {
        Ok(Found::Text(value)) if Text::parse(&value, usize::MAX).ok() == update.description => return None,
        Ok(Found::Nothing) => return None,
        Ok(Found::Text(_)) => {
            "is longer than the 120 characters that the providers accept, and is shortened".to_owned()
        }
        Ok(Found::Bool(_) | Found::Compound) => "is no text, and is left out".to_owned(),
        Err(problem) => format!("is omitted, because it {problem}"),
    };
    Some(format!("description ({}) {change}", expression.as_str()))
}

/// The template has the full stop after its last variable, so a value's own full stop is removed (seeds 000 to 002).
fn dropped_full_stop(entry: &Entry, notification: &Notification, event: &OrderEvent) -> Option<String> {
    let (ContentRule::Template(rule), Content::Template(components)) =
        (&entry.content, &notification.content)
    else {
        return None;
    };
    let (VariablesRule::Positional(variables), Variables::Positional(texts)) = (&rule.body, &components.body)
    else {
        return None;
    };
    let (last, text) = (variables.last()?, texts.last()?);
    let Ok(Found::Text(value)) = last.evaluate(event) else { return None };
    let is_cut = Text::parse(&value, usize::MAX).is_ok_and(|whole| whole != *text);
    is_cut.then(|| {
        format!("{} ends with a full stop, which is left out: the template has its own", last.as_str())
    })
}

impl Finding {
    fn exit(&self) -> Exit {
        match self {
            Self::Notification(shown) if shown.problems.is_empty() => Exit::Fine,
            Self::Notification(_)
            | Self::CatalogueFaulty { .. }
            | Self::Invalid { .. }
            | Self::Ignored { .. } => Exit::Attention,
        }
    }
}
