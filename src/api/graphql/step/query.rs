//! Reading one step.

use async_graphql::{Context, ID, Object};

use super::Step;
use crate::api::graphql::{
    context::ContextExt,
    error::{Nullable, nullable},
    ids::decode,
};

#[derive(Default)]
pub(in crate::api::graphql) struct StepQuery;

#[Object]
impl StepQuery {
    /// One step. Null if there is no such step, or it is not the caller's.
    async fn step(&self, ctx: &Context<'_>, #[graphql(desc = "`step_…`")] id: ID) -> Nullable<Step> {
        let found = async {
            Ok(ctx
                .services()?
                .step(ctx.caller()?, decode("id", &id)?)
                .await?
                .map(Step))
        };
        nullable(found.await)
    }
}
