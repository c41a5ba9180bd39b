//! CloudFormation: `DescribeStacks` for one stack, which presents the local run as if `template.yaml` had created it.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>; the query
//! protocol: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::{ACCOUNT, REGION, identifier};

const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// The content of a stack's description.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The stack's name; requests for any other name fail.
    pub name: String,
    /// Output keys with their values.
    pub outputs: Vec<(&'static str, String)>,
    /// Parameter keys with their values.
    pub parameters: Vec<(&'static str, String)>,
}

/// CloudFormation's HTTP API of an account with this stack alone.
pub fn router(stack: Stack) -> Router {
    Router::new().route("/", post(answer)).with_state(Arc::new(stack))
}

async fn answer(State(stack): State<Arc<Stack>>, body: Bytes) -> Response {
    let asked: HashMap<Cow<'_, str>, Cow<'_, str>> = form_urlencoded::parse(&body).collect();
    let action = asked.get("Action").map(Cow::as_ref);
    if action != Some("DescribeStacks") {
        let message = format!("{} isn't part of the local run", action.unwrap_or("No action"));
        return refused("InvalidAction", &message);
    }
    match asked.get("StackName") {
        Some(name) if **name != stack.name && **name != stack.id() => {
            refused("ValidationError", &format!("Stack with id {name} does not exist"))
        }
        _ => xml(StatusCode::OK, stack.described()),
    }
}

impl Stack {
    fn id(&self) -> String {
        format!(
            "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/00000000-0000-4000-8000-000000000000",
            self.name
        )
    }

    fn described(&self) -> String {
        let mut stack = String::new();
        // Writing to a `String` can't fail.
        let _written = write!(
            stack,
            "<StackName>{}</StackName><StackId>{}</StackId><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <StackStatus>CREATE_COMPLETE</StackStatus>",
            escaped(&self.name),
            escaped(&self.id()),
        );
        for (list, key, value, members) in [
            ("Outputs", "OutputKey", "OutputValue", &self.outputs),
            ("Parameters", "ParameterKey", "ParameterValue", &self.parameters),
        ] {
            let members = members.iter().fold(String::new(), |members, (name, text)| {
                let text = escaped(text);
                members + &format!("<member><{key}>{name}</{key}><{value}>{text}</{value}></member>")
            });
            let _written = write!(stack, "<{list}>{members}</{list}>");
        }
        format!(
            "<DescribeStacksResponse xmlns=\"{NAMESPACE}\"><DescribeStacksResult><Stacks><member>{stack}</member>\
             </Stacks></DescribeStacksResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
             </DescribeStacksResponse>",
            identifier::uuid()
        )
    }
}

fn refused(code: &str, message: &str) -> Response {
    let message = escaped(message);
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
         </Error><RequestId>{}</RequestId></ErrorResponse>",
        identifier::uuid()
    );
    xml(StatusCode::BAD_REQUEST, body)
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{Ports, Server};

    #[tokio::test]
    async fn only_the_one_stack_is_described() {
        let outputs = vec![("TableName", "a&b".to_owned())];
        let stack = Stack { name: "orders".to_owned(), outputs, parameters: Vec::new() };
        let server =
            Server::start(Ports::Any.listen(0, "CloudFormation").await.unwrap(), router(stack)).unwrap();
        let ask = async |form: &'static str| {
            let answer = reqwest::Client::new().post(server.url()).body(form).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (status, body) = ask("Action=DescribeStacks&StackName=orders").await;
        assert_eq!(status, 200);
        assert!(
            body.contains("<OutputKey>TableName</OutputKey><OutputValue>a&amp;b</OutputValue>"),
            "{body}"
        );
        let (status, body) = ask("Action=DescribeStacks&StackName=other").await;
        assert_eq!(status, 400);
        assert!(
            body.contains("<Code>ValidationError</Code><Message>Stack with id other does not exist<"),
            "{body}"
        );
        assert_eq!(ask("Action=DeleteStack&StackName=orders").await.0, 400);
    }
}
