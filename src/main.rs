//! The program: reads what was typed, runs it, and says in one line what went wrong.

use std::process::ExitCode;

use agent_orchestrator::{commands::Cli, domain::causes::in_one_line};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Second belt: the guard bounds the nesting of documents, and the parser gets room all the same.
        .thread_stack_size(8 * 1024 * 1024)
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(cli.run()),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent-orchestrator: {}", in_one_line(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
