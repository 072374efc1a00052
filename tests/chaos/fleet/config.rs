//! The configuration of a process: short leases and little patience, so that things happen often.

use std::path::{Path, PathBuf};

use crate::outside::tools::TOOLS;

/// Seconds a claim holds without a heartbeat: the shortest there is.
pub const LEASE_SECONDS: u64 = 3;

/// Attempts of a step before it fails.
pub const MAX_ATTEMPTS: i32 = 5;

/// Writes the files of a process into its folder; answers the path of its configuration.
pub(super) fn write(folder: &Path, outside: &str) -> PathBuf {
    let names: Vec<String> = TOOLS.iter().map(|(name, ..)| format!("{name:?}")).collect();
    let agents = format!(
        "[[agents]]\nname = 'clerk'\ndescription = 'Handles what there is to handle.'\ninstructions = 'Handle it.'\n\
         tools = [{}]\nmax_turns = 8\nmax_tool_calls = 8\n",
        names.join(", ")
    );
    std::fs::write(folder.join("agents.toml"), agents).unwrap();
    let tools: String = TOOLS
        .iter()
        .map(|(name, effect, _)| {
            format!(
                "[[tools.http]]\nname = '{name}'\ndescription = 'Does {name}.'\nurl = '{outside}/tools/{name}'\n\
                 effect = '{effect}'\ntimeout_ms = 5000\n\
                 parameters = {{ properties = {{ item = {{ type = 'string' }} }}, required = ['item'] }}\n"
            )
        })
        .collect();
    let text = format!(
        "[server]\ndrain_seconds = 3\nrequest_timeout_ms = 8000\n\
         [storage]\nmax_connections = 12\nacquire_timeout_ms = 2000\nstatement_timeout_ms = 5000\n\
         [planner]\nmodel = 'offline/offline-1'\n\
         [models]\nrequest_timeout_ms = 10000\nstall_timeout_ms = 4000\n\
         [engine]\nlease_seconds = {LEASE_SECONDS}\nheartbeat_seconds = 1\npoll_ms = 250\nconcurrency = 8\n\
         claim_batch = 4\nmax_attempts = {MAX_ATTEMPTS}\nretry_base_ms = 100\nretry_max_ms = 500\n\
         [limits.submit_task]\nper_minute = 1000000\nburst = 1000000\n\
         [memory]\nsave_index = false\n\
         {tools}"
    );
    let path = folder.join("chaos.toml");
    std::fs::write(&path, text).unwrap();
    path
}
