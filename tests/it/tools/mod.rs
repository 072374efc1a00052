//! Tools: what the registry refuses and bounds, and what each built-in tool does.

mod builtin;
mod calculator;
mod host_double;
mod http;
pub(crate) mod mcp;
mod registry;
mod web_fetch;
