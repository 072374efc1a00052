//! The Anthropic messages format, spoken with Anthropic or a gateway that copies it.
//!
//! Reading is liberal (`assembly.rs`, `usage.rs`): unknown events and blocks are passed over, and what is missing is
//! taken as nothing. Sending is strict (`wire.rs`, `turns.rs`): the format refuses what others let pass.
//! To read one more kind of block: a variant of `Block` in `block.rs`. To send one more field: `wire.rs`.

mod assembly;
mod block;
mod client;
mod errors;
mod stream;
mod turns;
mod usage;
mod wire;

pub use client::AnthropicModel;

/// Where Anthropic itself answers.
pub const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";

/// Name of the provider.
const PROVIDER: &str = "anthropic";
