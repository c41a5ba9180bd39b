//! The operator's pages for this run.

use anyhow::anyhow;
use ops::{Deployment, Failure};
use tokio::task::JoinHandle;

use crate::Local;
use crate::server::Ports;
use crate::terminal::Stream;

/// The offset of its port.
const PORT_OFFSET: u16 = 7;

/// The Studio, which ends when it is dropped.
#[derive(Debug)]
pub struct Studio {
    address: String,
    task: JoinHandle<()>,
}

impl Studio {
    /// Serves the pages of this run, and opens the first one in the browser if that is wanted.
    pub async fn start(local: &Local, ports: Ports, open: bool) -> anyhow::Result<Self> {
        let listener = ports.listen(PORT_OFFSET, "the Studio").await?;
        let variables = local.tool_variables().clone().into_iter().collect();
        let deployment = Deployment::of_local_run(ports.number(0)?, variables).map_err(described)?;
        let studio = ops::Studio::new(deployment, listener).map_err(described)?;
        let address = studio.address().to_owned();
        if open && let Err(error) = studio.open_browser() {
            Stream::Errors
                .say(format_args!("The browser can't be opened ({error}): open {address} yourself."));
        }
        let task = tokio::spawn(async move {
            if let Err(failure) = studio.serve().await {
                tracing::error!(error = failure.problem(), "the Studio ended");
            }
        });
        Ok(Self { address, task })
    }

    /// The address of its first page, which lets a browser in.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps an error")]
fn described(failure: Failure) -> anyhow::Error {
    anyhow!(failure.problem().to_owned())
}
