//! `indicia-datacenter`: gateway, function server and store in one process.

use anyhow::Result;
use clap::{Parser, Subcommand};
use gateway::config::Config;
use gateway::{openapi, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Requests are many short-lived pieces of memory, handed from thread to thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The data centre of an Indicia installation.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
    indicia-datacenter create --config datacenter.toml\n  \
    indicia-datacenter check-config --config datacenter.toml\n  \
    indicia-datacenter serve --config datacenter.toml\n  \
    indicia-datacenter openapi > openapi.json"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the database of a new installation.
    Create {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Serve the API until SIGTERM.
    Serve {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Stop cleanly when standard input ends: for a supervisor that may be killed.
        #[arg(long, value_name = "stdin", value_parser = ["stdin"])]
        tether: Option<String>,
    },
    /// Check the configuration and the files that it names; change nothing.
    CheckConfig {
        /// Configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the OpenAPI document.
    Openapi,
}

/// Exit code of a data centre that can not start yet, and may later (`EX_TEMPFAIL`): the database
/// can not be used now, or the process before this one still has the address.
const NOT_YET: u8 = 75;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            ExitCode::from(if serve::may_pass(&error) { NOT_YET } else { 1 })
        }
    }
}

fn run() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // A log that can not be written, its disk full, must not end what it tells of: complaining
        // on the same stderr would panic.
        .log_internal_errors(false)
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    match Arguments::parse().command {
        Command::Create { config } => serve::create(&Config::read(&config)?),
        Command::Serve { config, tether } => {
            let config = Config::read(&config)?;
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .worker_threads(gateway::connection_threads())
                .max_blocking_threads(gateway::blocking_threads())
                .build()?;
            runtime.block_on(serve::run(&config, tether.is_some()))
        }
        Command::CheckConfig { config: path } => {
            let config = Config::read(&path)?;
            // Connections are made where there is a runtime; none is waited for.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async { serve::check(&config) })?;
            println!(
                "{}: good, and so are the files that it names",
                path.display()
            );
            Ok(())
        }
        Command::Openapi => {
            print!("{}", openapi::document()?);
            Ok(())
        }
    }
}
