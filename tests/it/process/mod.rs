//! The real binary: what it says when it cannot start, how it stops, and what survives its death.

mod commands;
mod crash;
mod doubt;
mod mcp_tools;
mod signals;
mod start;
