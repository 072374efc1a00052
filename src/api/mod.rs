//! The way in: GraphQL, and the HTTP around it.
//!
//! `graphql` wraps rows and services into the contract, one folder per noun; `http` carries it.
//!
//! May use: `services`, `domain`, and the rows and value types that services answer with.

pub mod graphql;
pub mod http;
