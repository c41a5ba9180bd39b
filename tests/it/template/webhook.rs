//! The HTTP API for callbacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::resolved::deployed;
use super::{properties, resources, template};

#[test]
fn the_webhook_has_exactly_the_routes_of_the_three_providers() {
    let template = template();
    let routes = resources(&template, "AWS::ApiGatewayV2::Route");
    let keys: BTreeSet<_> =
        routes.values().map(|route| route["RouteKey"].as_str().unwrap().to_owned()).collect();
    let expected: BTreeSet<_> = ["/webhooks/meta", "/webhooks/kaleyra", "/webhooks/onemsg/{secret}"]
        .into_iter()
        .flat_map(|path| ["GET", "POST"].map(|method| format!("{method} {path}")))
        .collect();
    assert_eq!(keys, expected);
    for (name, route) in &routes {
        assert_eq!(route["Target"]["Fn::Sub"], "integrations/${WebhookApiIntegration}", "{name}");
    }
}

#[test]
fn the_access_log_contains_no_path_because_of_its_secret() {
    for stage in resources(&template(), "AWS::ApiGatewayV2::Stage").values() {
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
        assert!(format.contains("$context.routeKey"));
        // `$context.path` is the path of the request, which contains a secret:
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
        assert!(!format.to_lowercase().contains("path"), "{format}");
        serde_json::from_str::<BTreeMap<String, String>>(format).unwrap();
    }
}

#[test]
fn the_stage_accepts_callbacks_at_the_parameters_rate() {
    let stack = deployed(&[("CallbackRate", "750")]);
    for (name, stage) in resources(&stack, "AWS::ApiGatewayV2::Stage") {
        assert_eq!(
            stage["DefaultRouteSettings"],
            json!({ "ThrottlingRateLimit": "750", "ThrottlingBurstLimit": "750" }),
            "{name}"
        );
    }
}

#[test]
fn each_provider_has_a_url_of_one_of_the_routes() {
    let stack = deployed(&[]);
    for (output, path) in [
        ("MetaWebhookUrl", "/webhooks/meta"),
        ("KaleyraWebhookUrl", "/webhooks/kaleyra"),
        ("OneMsgWebhookUrl", "/webhooks/onemsg/URL_SECRET"),
    ] {
        let url = stack["Outputs"][output]["Value"]["Fn::Sub"].as_str().unwrap();
        assert_eq!(url, format!("${{WebhookApi.ApiEndpoint}}{path}"));
    }
}

#[test]
fn only_this_api_may_invoke_the_webhook() {
    let template = template();
    let permissions = resources(&template, "AWS::Lambda::Permission");
    assert_eq!(permissions.len(), 1);
    let permission = properties(&template, "WebhookApiMayInvoke");
    assert_eq!(permission["Principal"], "apigateway.amazonaws.com");
    let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
    assert!(source.ends_with(":${WebhookApi}/*/*/webhooks/*"), "{source}");
}
