//! `indicia up`: runs the installation until it is told to stop.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::signals::StopSignals;
use crate::supervisor::Supervisor;

/// Run the installation on this machine: four boxes and the data centre
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia up
  indicia up --api-port 8080

Stops cleanly on Ctrl-C or SIGTERM. Logs are in run/*.log of the folder, addresses and process
numbers in run/ports.json. It listens on this machine only.")]
pub(crate) struct Arguments {
    /// Port of the API; 0 takes any free one
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    api_port: u16,
}

#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    api: &'a str,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let mut signals = StopSignals::listen()?;
    let programs = Programs::beside_this()?;
    let mut supervisor = tokio::select! {
        started = Supervisor::start(&context.folder, &programs, own.api_port) => started?,
        () = signals.heard() => return Ok(Outcome::Done),
    };
    let api = supervisor.api().to_owned();
    let ready = Ready {
        ready: true,
        api: &api,
    };
    context.console.answer(&ready, format!("ready api={api}"));
    tokio::select! {
        () = signals.heard() => {
            supervisor.stop().await?;
            context.console.say("stopped");
            Ok(Outcome::Done)
        }
        error = supervisor.failure() => {
            if let Err(stopping) = supervisor.stop().await {
                context.console.warn(format!("{stopping:#}"));
            }
            Err(error)
        }
    }
}
