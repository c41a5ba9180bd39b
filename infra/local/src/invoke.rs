//! Invokes a function in another process, such as one under `cargo lambda watch`, by Lambda's `Invoke` API.

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::aws::event_source_mapping::Function;

/// The function at this URL. A status other than 200 is an error of the function.
pub fn function(url: &str, timeout: Duration) -> anyhow::Result<Function> {
    let client = reqwest::Client::builder().timeout(timeout).no_proxy().build()?;
    let url: Arc<str> = url.into();
    Ok(Arc::new(move |event: LambdaEvent<Value>| {
        let (client, url) = (client.clone(), Arc::clone(&url));
        Box::pin(async move {
            let response = client.post(&*url).json(&event.payload).send().await?.error_for_status()?;
            let text = response.text().await?;
            Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
        })
    }))
}
