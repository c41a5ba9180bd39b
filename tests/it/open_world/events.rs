//! Order events as producers, address books and AWS's own services write them, each from the bus or the queue to the
//! request that a provider has accepted. The customer must get the message: if an event ends as invalid, suppressed
//! or ignored, the test states why no better outcome is possible.

mod bodies;
mod catalogues;
mod languages;
mod payments;
mod recipients;
mod shops;
mod texts;

use local::simulator::{AcceptedSend, Provider, Template, TemplateKind};
use shared::protocol::State;
use toml::{Table, Value};

use crate::support::{Opening, Shop, variables};

/// The last variable of the sample of a cancelled order, as sent.
const NEXT_STEP: &str = "Payment will be refunded within 3–5 business days to the card used for the order";

/// A request that a provider has accepted.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    provider: Provider,
    recipient: String,
    template: String,
    language: String,
    variables: Vec<String>,
}

impl Request {
    /// A request with the template for cancelled orders.
    fn cancelled(provider: Provider, recipient: &str, language: &str, variables: [&str; 4]) -> Self {
        let variables = variables.map(str::to_owned).to_vec();
        let (recipient, language) = (recipient.to_owned(), language.to_owned());
        Self { provider, recipient, template: "order_cancelled".to_owned(), language, variables }
    }

    fn from_send(send: &AcceptedSend) -> Self {
        let template = &send.message.template;
        Self {
            provider: send.message.provider,
            recipient: send.message.recipient.digits().to_owned(),
            template: template.name.clone(),
            language: template.language.clone(),
            variables: variables(send).to_vec(),
        }
    }
}

/// The one request about an order, once a provider has accepted it.
async fn accepted(shop: &Shop, order: &str) -> Request {
    shop.until_state(order, State::Accepted).await;
    Request::from_send(&shop.the_send_about(order))
}

/// A shop with this catalogue, whose templates of so many variables Meta has approved in these languages.
async fn open_with(catalogue: &'static str, templates: &[(&str, usize)], languages: &[&str]) -> Shop {
    let shop = Opening::default().catalogue(|table| *table = catalogue.parse().unwrap()).open().await;
    for (name, variables) in templates {
        approve(&shop, name, *variables, languages);
    }
    shop
}

/// A shop whose catalogue reads the country of a number from the event.
fn opening_with_country() -> Opening {
    Opening::default()
        .catalogue(|catalogue| set(cancellations(catalogue), "country", "detail.customer.country"))
}

/// The entry of cancelled orders.
fn cancellations(catalogue: &mut Table) -> &mut Table {
    catalogue["notifications"]["order-cancelled"].as_table_mut().unwrap()
}

fn set(entry: &mut Table, key: &str, value: impl Into<Value>) {
    entry.insert(key.to_owned(), value.into());
}

/// Makes Meta approve a template with this number of variables in these languages, in addition to its own.
fn approve(shop: &Shop, name: &str, variables: usize, languages: &[&str]) {
    let numbered: Vec<String> = (1..=variables).map(|number| format!("{{{{{number}}}}}")).collect();
    let text = format!("About your order: {}.", numbered.join(", "));
    shop.simulator().change_templates(Provider::Meta, |templates| {
        for language in languages {
            if !templates.iter().any(|it| (it.name.as_str(), it.language.as_str()) == (name, *language)) {
                templates.push(Template::approved(name, language, TemplateKind::Body, &text));
            }
        }
    });
}
