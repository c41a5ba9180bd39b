//! What all pages share.

use std::sync::Arc;

use shared::catalogue::Catalogue;
use shared::secrets::KeySecret;
use shared::table::Table;
use template_definitions::Definitions;
use tokio::sync::OnceCell;

use super::actions::Actions;
use super::local_run::LocalRun;
use crate::accounts::Accounts;
use crate::catalogue;
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;
use crate::message_templates;
use crate::next::Tool;

/// One deployment, and its pages' form token.
pub(super) struct App {
    pub(super) deployment: Arc<Deployment>,
    pub(super) table: Table,
    pub(super) tool: Tool,
    /// `None` for a deployment in AWS.
    pub(super) local_run: Option<LocalRun>,
    pub(super) actions: Actions,
    form_token: String,
    key_secret: OnceCell<KeySecret>,
}

impl App {
    pub(super) fn new(deployment: Deployment, form_token: String) -> Result<Self, Failure> {
        Ok(Self {
            table: deployment.table()?,
            tool: Tool::for_deployment(deployment.named()),
            local_run: LocalRun::find(&deployment)?,
            actions: Actions::default(),
            form_token,
            key_secret: OnceCell::new(),
            deployment: Arc::new(deployment),
        })
    }

    pub(super) fn form_token(&self) -> &str {
        &self.form_token
    }

    /// The deployment's name in the pages' headings.
    pub(super) fn name(&self) -> String {
        match self.deployment.named() {
            Named::Stack(stack) => format!("stack {stack}"),
            Named::Local(_) => "local run".to_owned(),
            Named::Environment => "deployment of the environment".to_owned(),
        }
    }

    /// Read anew for each page: a file may have changed.
    pub(super) fn catalogue(&self) -> Result<Catalogue, Failure> {
        catalogue::for_deployment(&self.deployment)
    }

    /// Read anew for each page, like the catalogue.
    pub(super) fn definitions(&self) -> Result<Definitions, Failure> {
        message_templates::read(None, self.deployment.environment())
    }

    /// The secret of the notifications' keys, read once: an order's events are matched with its notifications by it.
    pub(super) async fn key_secret(&self) -> Result<&KeySecret, Failure> {
        self.key_secret.get_or_try_init(|| Accounts::default_sender(&self.deployment).key_secret()).await
    }
}
