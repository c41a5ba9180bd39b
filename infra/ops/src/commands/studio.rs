//! `ops studio`: pages in the browser over what the commands know.

mod actions;
mod app;
mod attention;
mod entrance;
mod figures;
mod guard;
mod live;
mod local_run;
mod markup;
mod orders;
mod page;
mod phone;
mod random;
mod server;
mod source_events;
mod try_out;

use std::net::Ipv4Addr;

use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;

use self::actions::Actions;
use crate::deployment::{Deployment, Named};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, Report, style};

pub use server::Studio;

/// Opens pages in the browser: orders with their messages as customers see them, and what needs an operator.
///
/// The pages are served on 127.0.0.1 only, with this process's AWS credentials, to everyone who has the printed address: it contains a
/// random token. The command ends with Ctrl-C, after a confirmed action that is still running.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ops studio --stack order-notifications-prod --open\n  ops studio --local"
)]
pub struct Arguments {
    /// The port [default: any that is free].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Opens the address in the browser.
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Serialize)]
struct Address {
    /// With the token.
    address: String,
    #[serde(skip)]
    named: Named,
}

pub(crate) async fn run(
    arguments: &Arguments,
    deployment: Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await.map_err(|error| {
        Failure::usage(format!("port {} of 127.0.0.1 can't be used: {error}", arguments.port))
            .with_remedy("omit --port: any free port is used then")
    })?;
    let named = deployment.named().clone();
    let studio = Studio::new(deployment, listener)?;
    output.show(&Address { address: studio.address().to_owned(), named });
    if arguments.open
        && let Err(error) = studio.open_browser()
    {
        output.remark(format!("The browser can't be opened ({error}): open the address yourself."));
    }
    let app = studio.app();
    tokio::select! {
        served = studio.serve() => served.map(|()| Exit::Fine),
        () = until_the_end(&app.actions, output) => Ok(Exit::Fine),
    }
}

/// Returns after Ctrl-C, when what an operator has confirmed is done, or after another Ctrl-C.
async fn until_the_end(actions: &Actions, output: Output) {
    // Without a handler the signal ends the process all the same.
    _ = tokio::signal::ctrl_c().await;
    if actions.is_any_running().await {
        output.remark("An action is still running; the Studio ends after it. Ctrl-C again interrupts it: then check what was done.");
    }
    tokio::select! {
        () = actions.finish() => {},
        _ = tokio::signal::ctrl_c() => {},
    }
}

impl Report for Address {
    fn text(&self) -> String {
        let named = match &self.named {
            Named::Stack(stack) => format!("the stack {stack}"),
            Named::Local(port) => format!("the local run at port {port}"),
            Named::Environment => "the environment's deployment".to_owned(),
        };
        format!("The Studio of {named}: {}\nCtrl-C ends it.", style::strong(&self.address))
    }
}
