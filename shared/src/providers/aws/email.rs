//! E-mail by Amazon SES: the request `SendEmail` of its API, version 2
//! (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>). Its events return our reference as a tag.

use std::convert::Infallible;

use secrecy::SecretString;
use serde::Serialize;

use super::reference_tag;
use super::reply::{self, Meaning, ServiceError, refused};
use crate::message::{Content, Recipient, TemplateMessage};
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::provider::Provider;
use crate::providers::api::Api;
use crate::providers::aws_service::Service;
use crate::providers::base_urls::{BaseUrls, endpoint};
use crate::providers::http::{Reply, Request};
use crate::providers::sanitizer::Sanitizer;
use crate::secrets::{AwsEmail, Credentials};
use ReasonClass::{Account, Content as OfContent};

pub(in super::super) enum Email {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail<'a> {
    from_email_address: &'a str,
    destination: Destination<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_addresses: Option<[&'a str; 1]>,
    content: EmailContent<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_set_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_tags: Option<[Tag; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Destination<'a> {
    to_addresses: [&'a str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EmailContent<'a> {
    simple: Simple<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Simple<'a> {
    subject: Utf8<'a>,
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    text: Utf8<'a>,
}

/// Without the character set SES expects ASCII.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Utf8<'a> {
    data: &'a str,
    charset: &'static str,
}

impl<'a> Utf8<'a> {
    fn new(data: &'a str) -> Self {
        Self { data, charset: "UTF-8" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    name: &'static str,
    value: String,
}

impl Api for Email {
    const PROVIDER: Provider = Provider::AwsEmail;
    type Credentials = AwsEmail;
    type WebhookSecret = Infallible;

    fn credentials(all: &Credentials) -> Option<&AwsEmail> {
        all.aws_email.as_ref()
    }

    fn secrets(_credentials: &AwsEmail) -> Vec<&SecretString> {
        Vec::new()
    }

    fn mask(_credentials: &mut AwsEmail) {}

    fn request(
        urls: &BaseUrls,
        credentials: &AwsEmail,
        message: &TemplateMessage,
    ) -> Result<Request, Reason> {
        let Content::Plain(plain) = &message.content else { return Err(without_subject()) };
        let Recipient::Email(address) = &message.recipient else { return Err(without_address()) };
        // SES supports no other characters before the @, and those behind it in Punycode alone
        // (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html).
        if !address.as_str().is_ascii() {
            return Err(not_ascii());
        }
        let body = SendEmail {
            from_email_address: &credentials.from,
            destination: Destination { to_addresses: [address.as_str()] },
            reply_to_addresses: credentials.reply_to.as_deref().map(|address| [address]),
            content: EmailContent {
                simple: Simple {
                    subject: Utf8::new(plain.subject.as_deref().ok_or_else(without_subject)?),
                    body: Body { text: Utf8::new(&plain.text) },
                },
            },
            configuration_set_name: credentials.configuration_set.as_deref(),
            email_tags: reference_tag::encode(&message.reference)
                .map(|value| [Tag { name: reference_tag::NAME, value }]),
        };
        let url = endpoint(&urls.aws.base(Service::Email)?, &["v2", "email", "outbound-emails"])?;
        let mut request = Request::json(url, &body)?;
        request.signed_for = Some(Service::Email);
        Ok(request)
    }

    fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
        reply::answer(reply, sanitizer, "MessageId", meaning)
    }
}

/// The errors of `SendEmail`, as its page lists them. None is about the customer for good: an invalid address has no code of its own, and a
/// mailbox that does not exist comes as an event.
fn meaning(error: &ServiceError) -> Option<Meaning> {
    let says = |words: &str| error.message.to_lowercase().contains(words);
    Some(match error.name.as_str() {
        // The text is `Email address is not verified. The following identities failed the check in region …`:
        // https://docs.aws.amazon.com/ses/latest/dg/api-error-codes.html.
        "MessageRejected" if says("not verified") => refused(
            Account,
            "the from address is not verified, or the AWS account is in SES's sandbox, which sends to verified addresses only",
        ),
        "MailFromDomainNotVerifiedException" => {
            refused(Account, "SES has not verified the domain of the from address")
        }
        "AccountSuspendedException" => refused(Account, "AWS has suspended the account's e-mail for good"),
        "SendingPausedException" => {
            refused(Account, "e-mail is paused for the AWS account or for the configuration set")
        }
        "LimitExceededException" => refused(Account, "a limit of the AWS account is reached"),
        "NotFoundException" => refused(
            Account,
            "SES knows no such configuration set as aws-email in the credentials secret names",
        ),
        "BadRequestException" | "MessageRejected" => refused(OfContent, ""),
        _ => return None,
    })
}

fn without_subject() -> Reason {
    Reason::new(ReasonClass::Content, "no_subject", "an e-mail needs a subject and a text")
}

fn without_address() -> Reason {
    Reason::new(ReasonClass::Content, "no_address", "an e-mail needs an e-mail address")
}

fn not_ascii() -> Reason {
    let text = "SES sends only to addresses of ASCII characters, with the domain in Punycode (xn--…)";
    Reason::new(ReasonClass::Content, "address_not_ascii", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{EmailAddress, NotificationKey};
    use crate::providers::AwsUrls;
    use crate::providers::samples::{self, on_the_wire};
    use crate::providers::summary::{self, summary};

    fn request(message: &TemplateMessage) -> Result<Request, Reason> {
        let credentials = r#"{"from": "My Shop <orders@example.com>", "configuration_set": "orders"}"#;
        request_with(credentials, message)
    }

    fn request_with(credentials: &str, message: &TemplateMessage) -> Result<Request, Reason> {
        let region = Some("eu-central-1".to_owned());
        let aws = AwsUrls::from_variables(region, None, |_| None);
        let urls = BaseUrls { aws, ..BaseUrls::default() };
        Email::request(&urls, &serde_json::from_str(credentials).unwrap(), message)
    }

    #[test]
    fn an_e_mail_has_our_reference_as_a_tag() {
        insta::assert_snapshot!(on_the_wire(&request(&samples::mail()).unwrap()), @r#"
        POST https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails
        content-type: application/json

        {"FromEmailAddress":"My Shop <orders@example.com>","Destination":{"ToAddresses":["alexey@example.com"]},"Content":{"Simple":{"Subject":{"Data":"Your order №10482","Charset":"UTF-8"},"Body":{"Text":{"Data":"Hi Alexey,\nyour order 10482 was cancelled – sorry.","Charset":"UTF-8"}}}},"ConfigurationSetName":"orders","EmailTags":[{"Name":"reference","Value":"notification_2Fk-1_2F10482"}]}
        "#);
        let credentials = r#"{"from": "orders@example.com", "reply_to": "help@example.com"}"#;
        let wire = on_the_wire(&request_with(credentials, &samples::mail()).unwrap());
        assert!(wire.contains(r#""ReplyToAddresses":["help@example.com"]"#), "{wire}");
        assert!(!wire.contains("ConfigurationSetName"), "{wire}");
    }

    #[test]
    fn a_reference_that_does_not_fit_is_left_out() {
        let mut message = samples::mail();
        message.reference.key = NotificationKey::parse(&".".repeat(128)).unwrap();
        let wire = on_the_wire(&request(&message).unwrap());
        assert!(!wire.contains("EmailTags"), "{wire}");
    }

    #[test]
    fn only_a_text_with_a_subject_to_an_ascii_address_is_an_e_mail() {
        let code = |message: &TemplateMessage| request(message).unwrap_err().code;
        let mut message = samples::mail();
        message.recipient = Recipient::Email(EmailAddress::parse("jürgen@example.com").unwrap());
        assert_eq!(code(&message), "address_not_ascii");
        assert_eq!(code(&samples::text_message()), "no_address");
        assert_eq!(code(&samples::order_cancelled()), "no_subject");
        let mut message = samples::mail();
        if let Content::Plain(plain) = &mut message.content {
            plain.subject = None;
        }
        assert_eq!(code(&message), "no_subject");
    }

    #[test]
    fn each_documented_error_has_one_classification() {
        for (status, name, text, meaning) in [
            (400, "MessageRejected", "Email address is not verified. The following", "refused account NAME"),
            (400, "MessageRejected", "Message contains a virus", "refused content NAME"),
            (400, "MailFromDomainNotVerifiedException", "", "refused account NAME"),
            (400, "AccountSuspendedException", "", "refused account NAME"),
            (400, "SendingPausedException", "", "refused account NAME"),
            (400, "LimitExceededException", "", "refused account NAME"),
            (404, "NotFoundException", "", "refused account NAME"),
            (400, "BadRequestException", "Missing final '@domain'", "refused content NAME"),
            (429, "TooManyRequestsException", "Maximum sending rate exceeded.", "not sent throttled NAME"),
            (403, "AccessDeniedException", "", "refused credentials NAME"),
            (500, "InternalFailure", "", "unknown unclear http_500"),
        ] {
            let body = format!(r#"{{"__type":"{name}","message":"{text}"}}"#);
            let answer = summary::classify(Email::answer, status, &body);
            assert_eq!(summary(&answer), meaning.replace("NAME", name), "{text}");
        }
        let accepted = summary::classify(Email::answer, 200, r#"{"MessageId":"0100-7"}"#);
        assert_eq!(summary(&accepted), "accepted 0100-7");
    }
}
