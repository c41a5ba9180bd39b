//! The accounts at the simulated providers. They have every defined template, approved, as if the shop had submitted all
//! of them. Their credentials are random.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared::catalogue::Catalogue;
use shared::message::Sender;
use shared::provider::Provider;
use simulator::{
    Account, ParameterFormat, Template, TemplateButton, TemplateHeader, TemplateKind, Templates,
};
use template_definitions::{
    Button, Definition, Definitions, Disagreement, DisagreementKind, Header, Kind, LoadError, Media, Text,
    TimeToLive, first_namespace,
};

use crate::catalogue;

/// The folder of the message template definitions that belong to [`catalogue::shipped`].
pub fn shipped_definitions() -> PathBuf {
    catalogue::repository().join("tests/shop/message-templates")
}

/// The folder of the message template definitions that belong to [`catalogue::of_the_shop`].
pub fn definitions_of_the_shop() -> PathBuf {
    catalogue::repository().join("infra/message-templates")
}

/// Reads the definitions of a folder; the error lists their faults.
pub fn read_definitions(folder: &Path) -> anyhow::Result<Definitions> {
    match Definitions::load(folder) {
        Err(error @ LoadError::Io { .. }) => Err(error)
            .context("--definitions must name a folder with one .toml file for each message template"),
        read => Ok(read?),
    }
}

/// The accounts of the suites' shop.
pub fn shipped() -> anyhow::Result<Account> {
    let definitions = read_definitions(&shipped_definitions())?;
    Ok(Account::with_templates(templates(&definitions, &catalogue::read(&catalogue::shipped())?)))
}

/// Builds the accounts' templates: every defined template, approved. 1MSG's namespace is the first one in
/// the catalogue, because a channel has only one.
pub fn templates(definitions: &Definitions, catalogue: &Catalogue) -> Templates {
    let at = |provider| definitions.texts().filter_map(|(it, text)| approved(provider, it, text)).collect();
    Templates {
        namespace: first_namespace(catalogue).map(|(_, namespace)| namespace.to_owned()).unwrap_or_default(),
        onemsg: at(Provider::OneMsg),
        kaleyra: at(Provider::Kaleyra),
        meta: at(Provider::Meta),
    }
}

/// The accounts of senders with a name: the same templates, under the namespace that the catalogue has for the sender.
pub fn of_senders(
    senders: &BTreeSet<Sender>,
    templates: &Templates,
    catalogue: &Catalogue,
) -> BTreeMap<String, Account> {
    let account = |sender: &Sender| {
        let of_onemsg = catalogue.entries().iter().filter_map(|entry| entry.templates.get(&Provider::OneMsg));
        let own = of_onemsg
            .filter_map(|rule| rule.senders.get(sender))
            .find_map(|own| own.template.namespace.clone());
        let namespace = own.unwrap_or_else(|| templates.namespace.clone());
        (sender.to_string(), Account::of_sender(Templates { namespace, ..templates.clone() }))
    };
    senders.iter().map(account).collect()
}

/// The reasons why a provider will refuse this catalogue's messages: a template or the namespace differs from the account's.
pub fn refusals(definitions: &Definitions, catalogue: &Catalogue) -> Vec<String> {
    let is_refused = |it: &Disagreement| {
        !matches!(it.kind, DisagreementKind::LanguageLeftOut | DisagreementKind::LateDelivery)
    };
    let disagreements = definitions.disagreements(catalogue).into_iter().filter(is_refused);
    disagreements.map(|it| it.fault.to_string()).collect()
}

fn approved(provider: Provider, definition: &Definition, text: &Text) -> Option<Template> {
    let language = text.language_code(provider)?.as_str();
    let kind = match definition.kind {
        Kind::Body => TemplateKind::Body,
        Kind::OrderStatus => TemplateKind::OrderStatus,
    };
    Some(Template {
        category: definition.category.name().to_owned(),
        parameters: if text.has_names() { ParameterFormat::Named } else { ParameterFormat::Positional },
        header: text.header.as_ref().map(header),
        footer: text.footer.clone(),
        buttons: text.buttons.iter().map(button).collect(),
        message_send_ttl_seconds: definition.time_to_live.map(TimeToLive::seconds),
        ..Template::approved(&definition.name, language, kind, &text.body)
    })
}

fn header(header: &Header) -> TemplateHeader {
    match header {
        Header::Text { text, .. } => TemplateHeader::Text(text.clone()),
        Header::Media { media: Media::Image, .. } => TemplateHeader::Image,
        Header::Media { media: Media::Video, .. } => TemplateHeader::Video,
        Header::Media { media: Media::Document, .. } => TemplateHeader::Document,
        Header::Location => TemplateHeader::Location,
    }
}

fn button(button: &Button) -> TemplateButton {
    match button {
        Button::Url { text, url, sample } => {
            TemplateButton { sample: sample.clone(), ..TemplateButton::url(text, &url.to_string()) }
        }
        Button::QuickReply { text } => TemplateButton::quick_reply(text),
        Button::OrderDetails { text } => TemplateButton::order_details(text),
        Button::CopyCode { sample } => {
            TemplateButton { sample: Some(sample.clone()), ..TemplateButton::copy_code() }
        }
        Button::Phone { text, number } => TemplateButton::phone(text, number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(list: &'a [Template], name: &str, language: &str) -> Option<&'a Template> {
        list.iter().find(|it| it.name == name && it.language == language)
    }

    #[test]
    fn the_same_text_is_held_by_every_provider_that_has_a_code_for_it() {
        let Account { one_msg, kaleyra, meta } = shipped().unwrap();
        assert_eq!((one_msg.templates.len(), kaleyra.templates.len(), meta.templates.len()), (8, 10, 10));
        let english = found(&one_msg.templates, "order_return", "en").unwrap();
        assert_eq!(english.text, found(&meta.templates, "order_return", "en_US").unwrap().text);
        assert_eq!(
            (english.variables(), english.kind, english.category.as_str()),
            (4, TemplateKind::Body, "UTILITY")
        );
        let button = TemplateButton::url("Return details", "https://shop.example/returns");
        assert_eq!(english.buttons, [button]);
        assert_eq!(found(&one_msg.templates, "order_status", "en"), None);
        let status = found(&kaleyra.templates, "order_status", "es").unwrap();
        assert_eq!(status.kind, TemplateKind::OrderStatus);
        assert_eq!(status.footer.as_deref(), Some("Gracias por comprar con nosotros."));
    }

    #[test]
    fn every_part_that_is_defined_is_held() {
        let file = r#"
            name = "order_shipped"
            category = "UTILITY"
            message_send_ttl_seconds = 600
            [texts.en]
            codes   = { meta = "en" }
            header  = { image = "a.png" }
            body    = "Hello, {{customer_name}}!"
            samples = { customer_name = "Alexey" }
            buttons = [
                { text = "Track", url = "https://a.shop/{{1}}", sample = "10482" },
                { code = "SAVE10" },
                { text = "Call us", phone = "+12025550100" },
                { text = "Stop", quick_reply = true },
            ]
        "#;
        let definitions = Definitions::parse([("order_shipped.toml", file)]).unwrap();
        let empty = Catalogue::parse("c", &std::fs::read_to_string(catalogue::shipped()).unwrap()).unwrap();
        let [template] = templates(&definitions, &empty).meta.try_into().unwrap();
        let sampled = |sample: &str, button| TemplateButton { sample: Some(sample.to_owned()), ..button };
        let expected = Template {
            id: template.id.clone(),
            parameters: ParameterFormat::Named,
            header: Some(TemplateHeader::Image),
            message_send_ttl_seconds: Some(600),
            buttons: vec![
                sampled("10482", TemplateButton::url("Track", "https://a.shop/{{1}}")),
                sampled("SAVE10", TemplateButton::copy_code()),
                TemplateButton::phone("Call us", "+12025550100"),
                TemplateButton::quick_reply("Stop"),
            ],
            ..Template::approved("order_shipped", "en", TemplateKind::Body, "Hello, {{customer_name}}!")
        };
        assert_eq!(template, expected);
        let headers =
            ["text = 'Order'", "video = 'a.mp4'", "document = 'a.pdf'", "location = true"].map(|written| {
                let file = file.replace("image = \"a.png\"", written);
                let definitions = Definitions::parse([("order_shipped.toml", file.as_str())]).unwrap();
                templates(&definitions, &empty).meta.remove(0).header.unwrap()
            });
        let text = TemplateHeader::Text("Order".to_owned());
        assert_eq!(
            headers,
            [text, TemplateHeader::Video, TemplateHeader::Document, TemplateHeader::Location]
        );
    }

    #[test]
    fn the_namespace_is_the_catalogues_and_a_second_one_is_said() {
        let text = std::fs::read_to_string(catalogue::shipped()).unwrap();
        let shipped = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61";
        let definitions = read_definitions(&shipped_definitions()).unwrap();
        let read = |text: &str| Catalogue::parse("c", text).unwrap();
        let other = read(&text.replace(shipped, "another"));
        assert_eq!(templates(&definitions, &other).namespace, "another");
        assert_eq!(refusals(&definitions, &other), [""; 0]);
        let two = read(&text.replacen(shipped, "another", 1));
        let said = refusals(&definitions, &two);
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(
            said[0].starts_with("[notifications.return-updated.templates] onemsg namespace: is "),
            "{said:?}"
        );
    }

    #[test]
    fn what_a_provider_would_refuse_is_said_and_what_is_only_left_out_is_not() {
        let text = std::fs::read_to_string(catalogue::shipped()).unwrap();
        let definitions = read_definitions(&shipped_definitions()).unwrap();
        let said = |from: &str, to: &str| {
            refusals(&definitions, &Catalogue::parse("c", &text.replace(from, to)).unwrap()).join("\n")
        };
        assert!(
            said("\"stock_arrived\"", "\"stock_here\"").contains("names stock_here, which has no definition")
        );
        assert!(
            said(", \"detail.next_step\"]", "]").contains("fills 3 variables of order_return, which has 4")
        );
        assert_eq!(said("\"en_US\", \"es\"", "\"en_US\""), "");
    }

    #[test]
    fn definitions_that_cannot_be_read_are_one_error_with_file_and_place() {
        let missing = read_definitions(Path::new("no/such/folder")).unwrap_err();
        assert!(format!("{missing:#}").contains("no/such/folder can't be read"), "{missing:#}");
        let folder = std::env::temp_dir().join(crate::aws::uuid());
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("order_packed.toml");
        std::fs::write(&file, "name = \"order_packed\"\ncategory = \"UTILITY\"\n[texts.en]\nbody = 7\n")
            .unwrap();
        let said = format!("{:#}", read_definitions(&folder).unwrap_err());
        std::fs::remove_dir_all(folder).unwrap();
        for part in [
            "[texts.en] body: is a number, not a text; write, for example, body = ",
            "[texts.en] codes: is missing",
        ] {
            assert!(said.contains(&format!("{}: {part}", file.display())), "{part} in {said}");
        }
    }
}
