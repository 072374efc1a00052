//! The contract, over HTTP and WebSocket.

mod asking;

mod any_document;
mod bad_ids;
mod bad_metadata;
mod bad_pages;
mod bad_text;
mod budgets;
mod bundle;
mod busy;
mod contract;
mod cost_groups;
mod costs;
mod documents;
mod faults;
mod feeds;
mod first_task;
mod foreign_pages;
mod fragments;
mod http;
mod idempotency;
mod media;
mod mutations;
mod pages;
mod reads;
mod requests;
mod socket;
mod statements;
