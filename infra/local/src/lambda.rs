//! Lambda's part of a function: it starts the function's program, and delivers invocations through the Runtime API.

pub mod environment;
mod execution_environment;
mod runtime_api;

use std::sync::{Arc, Mutex, PoisonError};

pub use execution_environment::{ExecutionEnvironment, Program};
use lambda_runtime::LambdaEvent;
pub use runtime_api::Invoked;
use serde_json::Value;

use crate::aws::event_source_mapping::Function;

/// The program as a function. As in Lambda, an invocation takes an idle execution environment, or starts one if there
/// is none. An execution environment whose invocation failed or was aborted is killed; dropping the function kills
/// all of them.
pub fn function(program: Program) -> Function {
    let (program, idle) = (Arc::new(program), Arc::new(Mutex::new(Vec::new())));
    Arc::new(move |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let (program, idle) = (Arc::clone(&program), Arc::clone(&idle));
        Box::pin(async move {
            let warm = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let invoked = async {
                let mut environment = match warm {
                    Some(environment) => environment,
                    None => ExecutionEnvironment::start(&program, |_| Ok(())).await?,
                };
                let invoked = environment.invoke(&payload, context).await?;
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(environment);
                anyhow::Ok(invoked.answer)
            };
            invoked.await.map_err(|error| format!("{error:#}").into())
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::aws::event_source_mapping::context;

    async fn invoke(command: &str) -> String {
        let (command, arguments) = (PathBuf::from("/bin/sh"), vec!["-c".to_owned(), command.to_owned()]);
        let function = function(Program { command, arguments, variables: BTreeMap::new() });
        let context = context("a-shell", Duration::from_secs(30), Timestamp::now());
        function(LambdaEvent::new(json!({}), context)).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn the_output_of_a_program_that_ends_at_its_start_is_quoted() {
        let error = invoke("echo TABLE_NAME is not set; echo to both >&2; exit 3").await;
        for part in ["/bin/sh doesn't start", "TABLE_NAME is not set", "to both"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
