//! The deployment that a command works on: the names of its resources, and its AWS clients.
//!
//! The names are the functions' own variables (`TABLE_NAME`, `CREDENTIALS_SECRET_ID`, …), read from the process's
//! environment, from a stack's outputs and parameters, or from a local run.

mod aws;
mod local;
#[cfg(feature = "stack")]
pub mod signed;
#[cfg(feature = "stack")]
mod stack;
mod target;

use aws_types::SdkConfig;
use shared::protocol::Recipients;
use shared::settings::Environment;
use shared::table::Table;

pub use self::target::Target;

use crate::failure::Failure;

/// The deployment's variables, and the clients for its AWS services.
pub struct Deployment {
    environment: Environment,
    aws: SdkConfig,
    /// For suggested commands.
    named: Named,
}

/// How the user named the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By `--stack`.
    Stack(String),
    /// By `--local`.
    Local(u16),
    /// By environment variables.
    Environment,
}

impl Deployment {
    /// Reads the deployment's variables from its stack, its local run or the environment.
    pub async fn find(target: &Target) -> Result<Self, Failure> {
        let process = Environment::from_process();
        match (&target.local, &target.stack) {
            (Some(port), _) => Self::of_local_run(*port, local::environment(*port).await?),
            (None, Some(name)) => {
                let aws = aws::from_process().await?;
                #[cfg(feature = "stack")]
                let environment = stack::environment(&aws, name, &process).await?;
                #[cfg(not(feature = "stack"))]
                let environment = process;
                Ok(Self { environment, aws, named: Named::Stack(name.clone()) })
            }
            (None, None) => {
                let aws = aws::from_process().await?;
                Ok(Self { environment: process, aws, named: Named::Environment })
            }
        }
    }

    /// The local run whose first port is `port`, with the variables that it reports.
    pub fn of_local_run(port: u16, environment: Environment) -> Result<Self, Failure> {
        let aws = aws::from_local_run(&environment)?;
        Ok(Self { environment, aws, named: Named::Local(port) })
    }

    /// How the user named the deployment, for suggested commands.
    pub const fn named(&self) -> &Named {
        &self.named
    }

    /// Every variable, for the functions' own parsers of settings.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Every variable, with the region, which Lambda always sets and which may come from a profile here.
    pub fn functions_environment(&self) -> Environment {
        let region = self.aws.region().map(|region| ("AWS_REGION".to_owned(), region.to_string()));
        let given = self.environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        region.into_iter().chain(given).collect()
    }

    /// A variable that the command requires; the error says how to set it.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        self.environment.get(name).ok_or_else(|| match &self.named {
            Named::Stack(stack) => Failure::usage(format!("the stack {stack} has no output for {name}"))
                .with_remedy("deploy the stack with this version's template.yaml, or check --stack"),
            Named::Local(_) => Failure::usage(format!("the local run doesn't report its {name}"))
                .with_remedy("restart it with this version: cargo run -p local -- --keep"),
            Named::Environment if self.has_any_resource() => Failure::usage(format!("{name} is not set"))
                .with_remedy(
                "set it, or name the whole deployment: --stack NAME (or OPS_STACK), or --local for a local run",
            ),
            Named::Environment => Failure::usage("no deployment is named").with_remedy(format!(
                "name it with --stack NAME (or OPS_STACK), or --local for a local run; or set {name} and the \
                 functions' other variables"
            )),
        })
    }

    /// The setting `RECIPIENTS`.
    pub fn recipients(&self) -> Result<Recipients, Failure> {
        let parsed = self.required("RECIPIENTS")?.parse();
        parsed.map_err(|error| Failure::usage(format!("RECIPIENTS: {error}")))
    }

    /// The bus of the order events: the bus of the status events, unless another one is set.
    pub fn order_event_bus(&self) -> Result<&str, Failure> {
        let named = self.environment.get("ORDER_EVENT_BUS_NAME").filter(|name| !name.is_empty());
        named.map_or_else(|| self.required("EVENT_BUS_NAME"), Ok)
    }

    /// Whether any resource of a deployment is named.
    pub fn has_any_resource(&self) -> bool {
        const PARTS: [&str; 4] =
            ["TABLE_NAME", "CREDENTIALS_SECRET_ID", "WEBHOOK_SECRET_ID", "EVENT_BUS_NAME"];
        PARTS.iter().any(|name| self.environment.get(name).is_some())
    }

    /// The table of the notifications.
    pub fn table(&self) -> Result<Table, Failure> {
        Ok(Table::new(self.dynamodb(), self.required("TABLE_NAME")?))
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.aws);
        if let Some(url) = self.endpoint("AWS_ENDPOINT_URL_DYNAMODB") {
            config.set_endpoint_url(Some(url));
        }
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// A Secrets Manager client.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.aws);
        if let Some(url) = self.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER") {
            config.set_endpoint_url(Some(url));
        }
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.aws);
        if let Some(url) = self.endpoint("AWS_ENDPOINT_URL_SQS") {
            config.set_endpoint_url(Some(url));
        }
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// An EventBridge client.
    pub fn event_bridge(&self) -> aws_sdk_eventbridge::Client {
        let mut config = aws_sdk_eventbridge::config::Builder::from(&self.aws);
        if let Some(url) = self.endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE") {
            config.set_endpoint_url(Some(url));
        }
        aws_sdk_eventbridge::Client::from_conf(config.build())
    }

    /// A service's own endpoint. The SDK reads the process's variables itself, but not those of a local run.
    fn endpoint(&self, name: &str) -> Option<String> {
        self.environment.get(name).or_else(|| self.environment.get("AWS_ENDPOINT_URL")).map(str::to_owned)
    }
}
