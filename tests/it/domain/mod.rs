//! The pure rules: every pair of every lifecycle, back-off, scopes, plans.

mod causes;
mod lifecycle;
mod plan;
mod retry;
mod scope;
