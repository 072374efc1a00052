#![cfg(test)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
#[path = "it/support/mod.rs"]
mod support;
mod llm {
    #[path = "../../it/llm/scripted_server.rs"]
    pub(crate) mod scripted_server;
}
#[path = "it/memory/mod.rs"]
mod memory;
#[path = "it/limits/mod.rs"]
mod limits;
#[path = "it/services/mod.rs"]
mod services;
