//! What tests start and speak with.

mod app;
mod client;
mod database;
mod own_redis;
mod process;
mod socket;

pub use app::TestApp;
pub use client::{Answer, Client};
pub use database::{Stack, TestDatabase};
pub use own_redis::OwnRedis;
pub use process::Process;
pub use socket::Socket;

/// Runs each test on both stacks: `both_stacks! { async fn name(stack: Stack) { … } }`.
macro_rules! both_stacks {
    ($($(#[$meta:meta])* async fn $name:ident($stack:ident: Stack) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            async fn run($stack: $crate::support::Stack) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run($crate::support::Stack::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run($crate::support::Stack::Postgres).await;
            }
        }
    )*};
}
pub(crate) use both_stacks;
