//! What can be typed: one file per command.
//!
//! To add one: a variant of [`Command`] with its doc as help, and a file with its `run`.
//!
//! May use: everything; it is above the composition root.

mod config;
mod eval;
mod mcp_tools;
mod migrate;
mod schema;
mod serve;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flags, Sources};

/// Submit tasks in words; agents carry them out; watch every step live through one GraphQL API.
#[derive(Parser)]
#[command(name = "agent-orchestrator", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the API, a worker, or both.
    Serve(Settings),
    /// Bring the database up to date and exit. `serve` does it too.
    Migrate(Settings),
    /// Run a file of cases through the program and score what comes of them.
    Eval {
        /// The cases, as TOML; those that come with the program where nothing is said.
        #[arg(long, value_name = "FILE")]
        cases: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Print the GraphQL schema.
    Schema,
    /// Print the effective configuration, secrets hidden.
    Config(Settings),
    /// Show what an MCP server offers beside what was approved.
    McpTools {
        /// The server, by its name in the configuration.
        #[arg(value_name = "SERVER")]
        server: String,
        /// Write its tools down as approved.
        #[arg(long)]
        approve: bool,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Settings that may be given as flags. They win over the environment and the file.
#[derive(Args, Default)]
struct Settings {
    /// Configuration file; `orchestrator.toml` in the working folder where nothing is said.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of the API.
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<String>,
    /// What this process does: `api`, `worker` or `api,worker`.
    #[arg(long)]
    roles: Option<String>,
    /// Folder of the SQLite database and the vectors.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// `sqlite://…` or `postgres://…`.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// `redis://…`.
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
    /// `text` or `json`.
    #[arg(long)]
    log_format: Option<String>,
}

impl Cli {
    /// Runs what was typed.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(settings) => serve::run(&settings.load()?).await,
            Command::Migrate(settings) => migrate::run(&settings.load()?).await,
            Command::Eval { cases, settings } => eval::run(settings.load()?, cases.as_deref()).await,
            Command::Schema => schema::run(),
            Command::Config(settings) => config::run(&settings.load()?),
            Command::McpTools {
                server,
                approve,
                settings,
            } => mcp_tools::run(&settings.load()?, &server, approve).await,
        }
    }
}

impl Settings {
    fn load(self) -> anyhow::Result<Config> {
        let Self {
            config,
            listen,
            roles,
            data_dir,
            database_url,
            redis_url,
            log_format,
        } = self;
        let flags = Flags {
            listen,
            roles,
            data_dir,
            database_url,
            redis_url,
            log_format,
        };
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let working_dir = std::env::current_dir().context("there is no working folder")?;
        Ok(Config::load(&Sources {
            file: config,
            working_dir,
            env,
            flags,
        })?)
    }
}

/// Writes a command's output; a reader that stops early is no error.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write the output"),
        _ => Ok(()),
    }
}
