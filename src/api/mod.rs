//! The way in: GraphQL, and the HTTP around it.
//!
//! `graphql` wraps rows and services into the contract, one folder per noun; `http` carries it.
//!
//! May use: `services`, `domain`, and of `store` and `feed` the rows, pages and items that services answer with.

pub mod graphql;
pub mod http;
