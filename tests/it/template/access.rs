//! Permissions: one role per function, each resource by its name.

use serde_json::json;

use super::{properties, resources, statements, strings, table_index, template};

/// The resources in policies that aren't a resource's own ARN, each with the reason.
const PARTS: [(&str, &str); 6] = [
    ("${Table.Arn}/index/due", "CloudFormation returns no ARN of an index"),
    ("${Table.Arn}/stream/*", "the action lists streams, so it can only name the table"),
    (
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}",
        "the bus may exist already",
    ),
    (
        "arn:${AWS::Partition}:social-messaging:${AWS::Region}:${AWS::AccountId}:*",
        "the shop's numbers are named in the credentials secret alone",
    ),
    ("arn:${AWS::Partition}:sms-voice:${AWS::Region}:${AWS::AccountId}:*", "the same"),
    ("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:*", "the same"),
];

#[test]
fn a_role_names_each_resource_and_each_action() {
    for (role, properties) in resources(&template(), "AWS::IAM::Role") {
        assert_eq!(properties.get("ManagedPolicyArns"), None, "{role}");
        for statement in statements(&properties) {
            let resource = &statement["Resource"];
            let is_named = resource.get("Fn::GetAtt").is_some()
                || *resource == json!({ "Ref": "DeliverySweeper.Alias" })
                || PARTS.iter().any(|(part, _)| *resource == json!({ "Fn::Sub": part }));
            assert!(is_named, "{role}: {statement}");
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{role}: {action}");
            }
        }
    }
}

#[test]
fn each_function_has_its_own_role() {
    let template = template();
    let functions = resources(&template, "AWS::Serverless::Function");
    for (name, function) in &functions {
        assert_eq!(function["Role"], json!({ "Fn::GetAtt": format!("{name}Role.Arn") }));
    }
    for (role, properties) in resources(&template, "AWS::IAM::Role") {
        let trusted = &properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
        let service =
            if role == "SweepScheduleRole" { "scheduler.amazonaws.com" } else { "lambda.amazonaws.com" };
        assert_eq!(*trusted, service, "{role}");
    }
}

#[test]
fn the_schedule_may_invoke_the_sweeper_and_nothing_else() {
    let template = template();
    let sweeper = json!({ "Ref": "DeliverySweeper.Alias" });
    assert_eq!(
        statements(properties(&template, "SweepScheduleRole")),
        [json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": sweeper })]
    );
}

#[test]
fn the_sweeper_may_query_the_index_that_the_table_has() {
    let template = template();
    let query = statements(properties(&template, "DeliverySweeperRole"))
        .into_iter()
        .find(|statement| strings(&statement["Action"]).contains("dynamodb:Query"));
    let index = format!("${{Table.Arn}}/index/{}", table_index(&template));
    assert_eq!(query.unwrap()["Resource"], json!({ "Fn::Sub": index }));
}

#[test]
fn a_function_reads_only_its_own_secrets_and_has_their_names() {
    let template = template();
    let credentials = ("CREDENTIALS_SECRET_ID", "CredentialsSecret.Id");
    let key = ("KEY_SECRET_ID", "KeySecret.Id");
    for (function, named) in [
        ("OrderNotifier", &[credentials, key][..]),
        ("DeliverySweeper", &[credentials]),
        ("DeliveryWebhook", &[("WEBHOOK_SECRET_ID", "WebhookSecret.Id")]),
    ] {
        let secrets: Vec<_> = named.iter().map(|(_, secret)| json!({ "Fn::GetAtt": secret })).collect();
        for ((variable, _), secret) in named.iter().zip(&secrets) {
            assert_eq!(properties(&template, function)["Environment"]["Variables"][variable], *secret);
        }

        let readable: Vec<_> = statements(properties(&template, &format!("{function}Role")))
            .into_iter()
            .filter(|statement| {
                strings(&statement["Action"]).iter().any(|action| action.starts_with("secretsmanager:"))
            })
            .map(|statement| statement["Resource"].clone())
            .collect();
        assert_eq!(readable, secrets, "{function}");
    }
}

#[test]
fn the_publisher_may_put_events_on_the_one_bus_and_reads_no_secret_and_no_item() {
    let template = template();
    let statements = statements(properties(&template, "StatusPublisherRole"));
    let actions: Vec<_> = statements.iter().flat_map(|statement| strings(&statement["Action"])).collect();
    assert!(actions.contains(&"events:PutEvents".to_owned()));
    for action in &actions {
        let reads_items = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"].contains(&action.as_str());
        assert!(!reads_items && !action.starts_with("secretsmanager:"), "{action}");
    }
}
