//! Each role allows exactly the requests to AWS that its function makes.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;
use shared::provider::Provider;

use crate::paths::{self, FunctionCalls};
use crate::template::{ResourceName, resources, template};

/// An action on a resource of the template.
type Permission = (String, ResourceName);

/// A permission that a role needs although the function itself makes no such call.
struct Implicit {
    /// The function; none if every function has the permission.
    function: Option<&'static str>,
    actions: &'static [&'static str],
    resource: &'static str,
    part: &'static str,
    reason: &'static str,
}

/// `{function}` stands for the function's name.
const IMPLICIT: [Implicit; 12] = [
    Implicit {
        function: None,
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        resource: "{function}LogGroup",
        part: "",
        reason: "Lambda uses the function's role to write the function's output: \
            https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    },
    Implicit {
        function: None,
        actions: &["kms:Decrypt"],
        resource: "KmsKeyArn",
        part: "",
        reason: "DynamoDB, Secrets Manager and SQS use the shop's own key with the permissions of the caller: \
            https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service",
    },
    Implicit {
        function: Some("OrderNotifier"),
        actions: &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resource: "OrderEventsQueue",
        part: "",
        reason: "Lambda's event source mapping uses the function's role to receive messages: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    },
    Implicit {
        function: Some("DeliveryEvents"),
        actions: &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resource: "DeliveryEventsQueue",
        part: "",
        reason: "Lambda's event source mapping uses the function's role to receive messages: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    },
    Implicit {
        function: Some("OrderNotifier"),
        actions: &["social-messaging:SendWhatsAppMessage"],
        resource: "AWS::AccountId",
        part: ":*",
        reason: "The account's numbers: \
            https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsocial.html",
    },
    Implicit {
        function: Some("OrderNotifier"),
        actions: &["sms-voice:SendTextMessage"],
        resource: "AWS::AccountId",
        part: ":*",
        reason: "The account's numbers, pools and sender ids: \
            https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html",
    },
    Implicit {
        function: Some("OrderNotifier"),
        actions: &["ses:SendEmail"],
        resource: "AWS::AccountId",
        part: ":*",
        reason: "The account's identities and configuration sets: \
            https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html",
    },
    Implicit {
        function: Some("StatusPublisher"),
        actions: &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resource: "Table",
        part: "StreamArn",
        reason: "Lambda's event source mapping uses the function's role to read the stream: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html",
    },
    Implicit {
        function: Some("StatusPublisher"),
        actions: &["dynamodb:ListStreams"],
        resource: "Table",
        part: "/stream/*",
        reason: "The event source mapping needs this permission too: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html",
    },
    Implicit {
        function: Some("StatusPublisher"),
        actions: &["sqs:SendMessage"],
        resource: "UnpublishedStatusesQueue",
        part: "",
        reason: "Lambda uses the function's role to put failed records into the failure destination: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html",
    },
    Implicit {
        function: Some("DeliverySweeper"),
        actions: &["kms:GenerateDataKey"],
        resource: "KmsKeyArn",
        part: "",
        reason: "The shop's own key encrypts messages in the queue of order events: \
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    },
    Implicit {
        function: Some("StatusPublisher"),
        actions: &["kms:GenerateDataKey"],
        resource: "KmsKeyArn",
        part: "",
        reason: "The shop's own key encrypts messages in that queue: \
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    },
];

/// The actions allowed on `*`, each with its reason.
const UNLIMITED: [(&str, &str); 4] = [
    (
        "dynamodb:ListStreams",
        "A request for the list names no stream: \
            https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    ),
    ("ses:SendEmail", "Only the credentials secret names the identity and the configuration set"),
    ("sms-voice:SendTextMessage", "Only the credentials secret names the number and the configuration set"),
    ("social-messaging:SendWhatsAppMessage", "Only the credentials secret names the number"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_allows_exactly_the_requests_of_its_function() {
    let template = template();
    let mut runs: BTreeMap<&str, Vec<FunctionCalls>> = BTreeMap::new();
    for functions in join_all(Provider::WITH_WEBHOOK.map(paths::run_all_paths)).await {
        for (function, run) in functions {
            runs.entry(function).or_default().push(run);
        }
    }
    let functions: Vec<String> = resources(&template, "AWS::Serverless::Function").into_keys().collect();
    assert_eq!(runs.keys().copied().collect::<BTreeSet<_>>(), functions.iter().map(String::as_str).collect());
    let found = permission_faults(&template, &runs);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let found = condition_faults(&template, &runs);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let narrowed: Vec<(&str, &str)> = conditions(&template).iter().map(|it| (it.role, it.key)).collect();
    assert_eq!(narrowed, CONDITIONS);

    // A narrower condition is detected.
    let mut other = template.clone();
    let keys = &mut other["Resources"]["DeliveryWebhookRole"]["Properties"]["Policies"][0];
    keys["PolicyDocument"]["Statement"][0]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] =
        serde_json::json!(["ORDER#*", "SENDER#*", "INVALID#*", "MESSAGE#*"]);
    assert_eq!(
        condition_faults(&other, &runs),
        [
            "DeliveryWebhook isn't allowed dynamodb:LeadingKeys WARM_UP",
            "DeliveryWebhook never needs dynamodb:LeadingKeys INVALID#*"
        ]
    );
    let mut other = template;
    let statements = &mut other["Resources"]["OrderNotifierRole"]["Properties"]["Policies"][0];
    let statements = statements["PolicyDocument"]["Statement"].as_array_mut().unwrap();
    let actions = statements.iter_mut().filter_map(|statement| statement["Action"].as_array_mut()).flatten();
    for action in actions.filter(|action| *action == "dynamodb:PutItem") {
        *action = "dynamodb:Scan".into();
    }
    assert_eq!(
        permission_faults(&other, &runs),
        [
            "OrderNotifier isn't allowed dynamodb:PutItem on Table",
            "OrderNotifier never needs dynamodb:Scan on Table"
        ]
    );
}

/// The condition keys that limit each role's permissions to certain items or events.
const CONDITIONS: [(&str, &str); 6] = [
    ("DeliveryEvents", "dynamodb:LeadingKeys"),
    ("DeliverySweeper", "dynamodb:LeadingKeys"),
    ("DeliveryWebhook", "dynamodb:LeadingKeys"),
    ("OrderNotifier", "dynamodb:LeadingKeys"),
    ("StatusPublisher", "dynamodb:LeadingKeys"),
    ("StatusPublisher", "events:source"),
];

/// A condition of a function's role on the contents of its requests.
struct Condition<'a> {
    role: &'a str,
    actions: Vec<String>,
    key: &'a str,
    /// A `*` at the end matches any suffix.
    patterns: Vec<String>,
}

impl Condition<'_> {
    fn is_met(&self, value: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, value))
    }
}

fn matches(pattern: &str, value: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => value.starts_with(beginning),
        None => value == pattern,
    }
}

fn conditions(template: &Value) -> Vec<Condition<'_>> {
    let functions: Vec<String> = resources(template, "AWS::Serverless::Function").into_keys().collect();
    let mut found = Vec::new();
    for function in template["Resources"].as_object().unwrap().keys() {
        let Some(role) = function.strip_suffix("Role").filter(|role| functions.iter().any(|it| it == role))
        else {
            continue;
        };
        for statement in
            list(&template["Resources"][function]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"])
        {
            let Some(condition) = statement["Condition"].as_object() else { continue };
            for (operator, values) in condition.iter().filter(|(operator, _)| *operator != "Null") {
                assert!(operator.starts_with("ForAllValues:String"), "{function}: {operator}");
                for (key, patterns) in values.as_object().unwrap() {
                    // Without `Null: false`, a request without the key would satisfy the condition.
                    assert_eq!(condition["Null"][key], "false", "{function}: {key}");
                    let text = |value: Value| value.as_str().unwrap().to_owned();
                    let key = CONDITIONS.iter().map(|(_, key)| *key).find(|known| known == key).unwrap();
                    found.push(Condition {
                        role,
                        actions: list(&statement["Action"]).into_iter().map(text).collect(),
                        key,
                        patterns: list(patterns).into_iter().map(text).collect(),
                    });
                }
            }
        }
    }
    found
}

/// Requests that a condition refuses, and patterns that no request needs.
fn condition_faults(template: &Value, runs: &BTreeMap<&str, Vec<FunctionCalls>>) -> Vec<String> {
    let mut faults = Vec::new();
    for condition in conditions(template) {
        let calls = runs[condition.role].iter().flat_map(|run| &run.calls);
        let narrowed = calls.filter(|call| condition.actions.contains(&call.action));
        let values: BTreeSet<&str> = narrowed
            .flat_map(|call| {
                let seen = call.condition_keys.iter().find(|(key, _)| *key == condition.key);
                let values = &seen.unwrap_or_else(|| panic!("{call:?} has no {}", condition.key)).1;
                assert!(!values.is_empty(), "{call:?} has no {}", condition.key);
                values.iter().map(String::as_str)
            })
            .collect();
        let refused = values.iter().filter(|value| !condition.is_met(value));
        faults.extend(
            refused.map(|value| format!("{} isn't allowed {} {value}", condition.role, condition.key)),
        );
        let unused =
            condition.patterns.iter().filter(|pattern| !values.iter().any(|value| matches(pattern, value)));
        faults.extend(
            unused.map(|pattern| format!("{} never needs {} {pattern}", condition.role, condition.key)),
        );
    }
    faults
}

/// Missing permissions, superfluous permissions, and reasons without a permission.
fn permission_faults(template: &Value, runs: &BTreeMap<&str, Vec<FunctionCalls>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (function, runs) in runs {
        let used: BTreeSet<Permission> =
            runs.iter().flat_map(|run| used_permissions(template, function, run)).collect();
        assert!(!used.is_empty(), "{function} makes no request to AWS");
        let allowed = allowed_permissions(template, function);
        let implicit = implicit_permissions(function);
        let mut fault = |what: &str, permissions: Vec<&Permission>| {
            for (action, on) in permissions {
                faults.push(format!("{function} {what} {action} on {}{}", on.name, on.part));
            }
        };
        fault("isn't allowed", used.difference(&allowed).collect());
        let unused = allowed.difference(&used);
        fault("never needs", unused.filter(|permission| !implicit.contains(permission)).collect());
        fault("has a reason, but no permission, for", implicit.difference(&allowed).collect());
        fault("needs no reason for", implicit.intersection(&used).collect());
    }
    faults
}

/// The permissions that a function used. The setting that contains a resource's name identifies the resource.
fn used_permissions(template: &Value, function: &str, run: &FunctionCalls) -> BTreeSet<Permission> {
    let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
    let variables = variables.as_object().unwrap();
    let named = |resource: &str| {
        let is_setting = |(name, _): &(&String, &Value)| run.environment.get(name) == Some(resource);
        variables.iter().find(is_setting).map(|(_, expression)| ResourceName::find_all(expression))
    };
    let permissions = run.calls.iter().flat_map(|call| {
        let named = named(&call.resource)
            .unwrap_or_else(|| panic!("no setting of {function} has the resource of {call:?}"));
        let part = call.index.as_ref().map(|index| format!("/index/{index}")).unwrap_or_default();
        named.into_iter().map(move |named| {
            (call.action.clone(), ResourceName { part: part.clone(), ..named.resolved(template) })
        })
    });
    permissions.collect()
}

fn allowed_permissions(template: &Value, function: &str) -> BTreeSet<Permission> {
    let role = &template["Resources"][function]["Properties"]["Role"];
    let role = &ResourceName::find_all(role)[0].name;
    let mut statements = statements(&template["Resources"][role]["Properties"]);
    for (_, policy) in policies(template) {
        if list(&policy["Roles"])
            .iter()
            .flat_map(ResourceName::find_all)
            .any(|attached| attached.name == *role)
        {
            statements.extend(list(&policy["PolicyDocument"]["Statement"]));
        }
    }
    statements
        .iter()
        .flat_map(|statement| {
            let on: Vec<ResourceName> =
                list(&statement["Resource"]).iter().flat_map(ResourceName::find_all).collect();
            let actions = list(&statement["Action"]);
            let pairs = actions.into_iter().flat_map(move |action| {
                let action = action.as_str().unwrap().to_owned();
                on.clone().into_iter().map(move |on| (action.clone(), on))
            });
            pairs.collect::<Vec<_>>()
        })
        .collect()
}

fn implicit_permissions(function: &str) -> BTreeSet<Permission> {
    let mine = IMPLICIT.iter().filter(|it| it.function.is_none_or(|other| other == function));
    mine.flat_map(|it| {
        assert!(it.reason.contains("https://"), "{} has no source", it.resource);
        let on = ResourceName::new(&it.resource.replace("{function}", function), it.part);
        it.actions.iter().map(move |action| ((*action).to_owned(), on.clone()))
    })
    .collect()
}

/// The template's `AWS::IAM::Policy` resources, which are attached to roles.
fn policies(template: &Value) -> Vec<(String, Value)> {
    let all = template["Resources"].as_object().unwrap();
    assert!(
        all.values().all(|it| it["Type"] != "AWS::IAM::ManagedPolicy"),
        "this test can't tell the roles of a managed policy"
    );
    let policies = all.iter().filter(|(_, resource)| resource["Type"] == "AWS::IAM::Policy");
    policies.map(|(name, resource)| (name.clone(), resource["Properties"].clone())).collect()
}

/// A role's statements, including those under a CloudFormation condition.
fn statements(role: &Value) -> Vec<Value> {
    assert_eq!(role.get("ManagedPolicyArns"), None, "this test can't read managed policies");
    list(&role["Policies"])
        .iter()
        .flat_map(|policy| match policy.get("Fn::If") {
            Some(branches) => list(branches).split_off(1),
            None => vec![policy.clone()],
        })
        .flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
        .flat_map(|statement| match statement.get("Fn::If") {
            Some(branches) => list(branches).split_off(1),
            None => vec![statement],
        })
        .filter(|statement| statement["Effect"] == "Allow")
        .collect()
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

#[test]
fn no_role_allows_all_actions_and_all_resources_only_with_a_reason() {
    let template = template();
    let mut unlimited = BTreeSet::new();
    let role_statements = resources(&template, "AWS::IAM::Role")
        .into_iter()
        .map(|(role, properties)| (role, statements(&properties)));
    let attached = policies(&template)
        .into_iter()
        .map(|(policy, properties)| (policy, list(&properties["PolicyDocument"]["Statement"])));
    for (role, statements) in role_statements.chain(attached) {
        for statement in statements {
            assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none(), "{role}");
            let actions = list(&statement["Action"]);
            for action in &actions {
                assert!(!action.as_str().unwrap().contains('*'), "{role}: {action}");
            }
            for resource in list(&statement["Resource"]) {
                if resource.to_string().contains('*') {
                    unlimited.extend(actions.iter().map(|action| action.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    let with_reason: BTreeSet<String> = UNLIMITED.iter().map(|(action, _)| (*action).to_owned()).collect();
    assert_eq!(unlimited, with_reason);
}
