//! Each function's role allows the function's requests to AWS, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;
use shared::provider::Provider;

use crate::paths::{self, Made};
use crate::template::{Named, resources, template};

/// An action on a resource of the template.
type Permission = (String, Named);

/// A permission that a role grants although its function makes no such call.
struct Explained {
    /// The function; none if every function has the permission.
    function: Option<&'static str>,
    actions: &'static [&'static str],
    resource: &'static str,
    part: &'static str,
    reason: &'static str,
}

/// `{function}` stands for the function's name.
const EXPLAINED: [Explained; 8] = [
    Explained {
        function: None,
        actions: &["logs:CreateLogStream", "logs:PutLogEvents"],
        resource: "{function}LogGroup",
        part: "",
        reason: "Lambda itself writes with the function's role what the function prints: \
            https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    },
    Explained {
        function: None,
        actions: &["kms:Decrypt"],
        resource: "KmsKeyArn",
        part: "",
        reason: "With a key of the shop's own, DynamoDB, Secrets Manager and SQS use it in the name of whoever calls: \
            https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service",
    },
    Explained {
        function: Some("OrderNotifier"),
        actions: &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resource: "OrderEventsQueue",
        part: "",
        reason: "Lambda's event source mapping takes the messages with the function's role: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    },
    Explained {
        function: Some("StatusPublisher"),
        actions: &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        resource: "Table",
        part: "StreamArn",
        reason: "Lambda's event source mapping reads the stream with the function's role: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html",
    },
    Explained {
        function: Some("StatusPublisher"),
        actions: &["dynamodb:ListStreams"],
        resource: "Table",
        part: "/stream/*",
        reason: "The event source mapping's as well: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html",
    },
    Explained {
        function: Some("StatusPublisher"),
        actions: &["sqs:SendMessage"],
        resource: "UnpublishedStatusesQueue",
        part: "",
        reason: "Lambda puts what could not be published into the failure destination with the function's role: \
            https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html",
    },
    Explained {
        function: Some("DeliverySweeper"),
        actions: &["kms:GenerateDataKey"],
        resource: "KmsKeyArn",
        part: "",
        reason: "With a key of the shop's own, what is put into the queue of order events is encrypted with it: \
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    },
    Explained {
        function: Some("StatusPublisher"),
        actions: &["kms:GenerateDataKey"],
        resource: "KmsKeyArn",
        part: "",
        reason: "With a key of the shop's own, what is put into that queue is encrypted with it: \
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    },
];

/// The actions allowed on `*`, each with its reason.
const ON_EVERYTHING: [(&str, &str); 1] = [(
    "dynamodb:ListStreams",
    "Listing has no stream to name, only those of a table: \
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let template = template();
    let mut made: BTreeMap<&str, Vec<Made>> = BTreeMap::new();
    for of_a_shop in join_all(Provider::ALL.map(paths::all_of)).await {
        for (function, calls) in of_a_shop {
            made.entry(function).or_default().push(calls);
        }
    }
    let functions: Vec<String> = resources(&template, "AWS::Serverless::Function").into_keys().collect();
    assert_eq!(made.keys().copied().collect::<BTreeSet<_>>(), functions.iter().map(String::as_str).collect());
    let found = faults(&template, &made);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let found = unmet(&template, &made);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let narrowed: Vec<(&str, &str)> = conditions(&template).iter().map(|it| (it.role, it.key)).collect();
    assert_eq!(narrowed, NARROWED);

    // A narrower condition is detected.
    let mut other = template.clone();
    let keys = &mut other["Resources"]["DeliveryWebhookRole"]["Properties"]["Policies"][0];
    keys["PolicyDocument"]["Statement"][0]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] =
        serde_json::json!(["ORDER#*", "INVALID#*", "MESSAGE#*"]);
    assert_eq!(
        unmet(&other, &made),
        [
            "DeliveryWebhook isn't allowed dynamodb:LeadingKeys WARM_UP",
            "DeliveryWebhook never asks for dynamodb:LeadingKeys INVALID#*"
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
        faults(&other, &made),
        [
            "OrderNotifier isn't allowed dynamodb:PutItem on Table",
            "OrderNotifier never asks for dynamodb:Scan on Table"
        ]
    );
}

/// The roles whose permissions are limited to certain items or events.
const NARROWED: [(&str, &str); 4] = [
    ("DeliverySweeper", "dynamodb:LeadingKeys"),
    ("DeliveryWebhook", "dynamodb:LeadingKeys"),
    ("OrderNotifier", "dynamodb:LeadingKeys"),
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
                    let key = NARROWED.iter().map(|(_, key)| *key).find(|known| known == key).unwrap();
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

/// Requests that a condition would refuse, and patterns that no request needs.
fn unmet(template: &Value, made: &BTreeMap<&str, Vec<Made>>) -> Vec<String> {
    let mut faults = Vec::new();
    for condition in conditions(template) {
        let calls = made[condition.role].iter().flat_map(|made| &made.calls);
        let narrowed = calls.filter(|call| condition.actions.contains(&call.action));
        let values: BTreeSet<&str> = narrowed
            .flat_map(|call| {
                let seen = call.seen.iter().find(|(key, _)| *key == condition.key);
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
            unused.map(|pattern| format!("{} never asks for {} {pattern}", condition.role, condition.key)),
        );
    }
    faults
}

/// Missing permissions, superfluous permissions, and reasons without a permission.
fn faults(template: &Value, made: &BTreeMap<&str, Vec<Made>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (function, made) in made {
        let asked: BTreeSet<Permission> =
            made.iter().flat_map(|made| asked(template, function, made)).collect();
        assert!(!asked.is_empty(), "{function} asks nothing of AWS");
        let allowed = allowed(template, function);
        let explained = explained(function);
        let mut fault = |what: &str, permissions: Vec<&Permission>| {
            for (action, on) in permissions {
                faults.push(format!("{function} {what} {action} on {}{}", on.name, on.part));
            }
        };
        fault("isn't allowed", asked.difference(&allowed).collect());
        let unused = allowed.difference(&asked);
        fault("never asks for", unused.filter(|permission| !explained.contains(permission)).collect());
        fault("has a reason, but no permission, for", explained.difference(&allowed).collect());
        fault("needs no reason for", explained.intersection(&asked).collect());
    }
    faults
}

/// The permissions that a function used, with each resource named by the setting that holds its name.
fn asked(template: &Value, function: &str, made: &Made) -> BTreeSet<Permission> {
    let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
    let variables = variables.as_object().unwrap();
    let named = |resource: &str| {
        let of_this = |(name, _): &(&String, &Value)| made.environment.get(name) == Some(resource);
        variables.iter().find(of_this).map(|(_, expression)| Named::all_in(expression))
    };
    let permissions = made.calls.iter().flat_map(|call| {
        let named = named(&call.resource).unwrap_or_else(|| panic!("{function} asks for {call:?}"));
        let part = call.index.as_ref().map(|index| format!("/index/{index}")).unwrap_or_default();
        named
            .into_iter()
            .map(move |named| (call.action.clone(), Named { part: part.clone(), ..named.resolved(template) }))
    });
    permissions.collect()
}

fn allowed(template: &Value, function: &str) -> BTreeSet<Permission> {
    let role = &template["Resources"][function]["Properties"]["Role"];
    let role = &Named::all_in(role)[0].name;
    let mut statements = statements(&template["Resources"][role]["Properties"]);
    for (_, policy) in policies(template) {
        if list(&policy["Roles"]).iter().flat_map(Named::all_in).any(|attached| attached.name == *role) {
            statements.extend(list(&policy["PolicyDocument"]["Statement"]));
        }
    }
    statements
        .iter()
        .flat_map(|statement| {
            let on: Vec<Named> = list(&statement["Resource"]).iter().flat_map(Named::all_in).collect();
            let actions = list(&statement["Action"]);
            let pairs = actions.into_iter().flat_map(move |action| {
                let action = action.as_str().unwrap().to_owned();
                on.clone().into_iter().map(move |on| (action.clone(), on))
            });
            pairs.collect::<Vec<_>>()
        })
        .collect()
}

fn explained(function: &str) -> BTreeSet<Permission> {
    let mine = EXPLAINED.iter().filter(|it| it.function.is_none_or(|other| other == function));
    mine.flat_map(|it| {
        assert!(it.reason.contains("https://"), "{} has no source", it.resource);
        let on = Named::new(&it.resource.replace("{function}", function), it.part);
        it.actions.iter().map(move |action| ((*action).to_owned(), on.clone()))
    })
    .collect()
}

/// Separate policy resources that are attached to roles; the template need not have any.
fn policies(template: &Value) -> Vec<(String, Value)> {
    let all = template["Resources"].as_object().unwrap();
    assert!(all.values().all(|it| it["Type"] != "AWS::IAM::ManagedPolicy"), "whose roles is it attached to?");
    let policies = all.iter().filter(|(_, resource)| resource["Type"] == "AWS::IAM::Policy");
    policies.map(|(name, resource)| (name.clone(), resource["Properties"].clone())).collect()
}

/// A role's statements, including those under a CloudFormation condition.
fn statements(role: &Value) -> Vec<Value> {
    assert_eq!(role.get("ManagedPolicyArns"), None, "nobody here knows what a managed policy allows");
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
fn no_role_names_every_action_or_without_a_reason_every_resource() {
    let template = template();
    let mut on_everything = BTreeSet::new();
    let of_roles = resources(&template, "AWS::IAM::Role")
        .into_iter()
        .map(|(role, properties)| (role, statements(&properties)));
    let attached = policies(&template)
        .into_iter()
        .map(|(policy, properties)| (policy, list(&properties["PolicyDocument"]["Statement"])));
    for (role, statements) in of_roles.chain(attached) {
        for statement in statements {
            assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none(), "{role}");
            let actions = list(&statement["Action"]);
            for action in &actions {
                assert!(!action.as_str().unwrap().contains('*'), "{role}: {action}");
            }
            for resource in list(&statement["Resource"]) {
                if resource.to_string().contains('*') {
                    on_everything.extend(actions.iter().map(|action| action.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    let with_reason: BTreeSet<String> =
        ON_EVERYTHING.iter().map(|(action, _)| (*action).to_owned()).collect();
    assert_eq!(on_everything, with_reason);
}
