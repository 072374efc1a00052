//! The contract: what `schema.graphql` says, in Rust.
//!
//! One folder per noun holds its object, queries, mutations and subscriptions; the roots below merge them. Objects are
//! newtypes around rows and read what they need through [`loaders`], so that a list costs the same number of
//! statements however long it is. To add a noun: a folder, and its parts in the roots.

mod agent;
mod batches;
mod call;
mod context;
mod cost;
mod error;
mod event;
mod ids;
mod loaders;
mod memory;
mod meter;
mod node;
mod pagination;
mod payload;
mod scalars;
mod step;
mod task;
mod viewer;

use async_graphql::{MergedObject, MergedSubscription, Schema, SchemaBuilder};

pub use batches::Batches;
pub use context::RequestContext;
pub use error::{Code, code_of};
pub use event::{FeedPlace, encode_cursor};

/// Reads.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    viewer::ViewerQuery,
    task::TaskQuery,
    step::StepQuery,
    cost::CostQuery,
    memory::MemoryQuery,
    agent::AgentQuery,
);

/// Writes. Each takes one input; what a caller can act on comes back as `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    task::TaskMutation,
    call::CallMutation,
    memory::MemoryMutation,
    event::EventMutation,
);

/// Live reads.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    event::EventSubscription,
    step::StepSubscription,
    step::OutputSubscription,
    task::TaskSubscription,
);

/// The schema this program serves.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema, without data: what the server, the `schema` command and the tests share.
pub fn schema() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .limit_depth(24)
        .limit_complexity(2_000)
        .limit_directives(8)
        .disable_suggestions()
}

/// The schema as text, as it stands in `schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_enum_items()
        .include_specified_by();
    schema().finish().sdl_with_options(options)
}
