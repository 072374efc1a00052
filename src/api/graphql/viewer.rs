//! Who is asking, as the server sees them.

use async_graphql::{Context, Object, SimpleObject};

use super::{context::ContextExt, error::Error};

/// The verified caller.
#[derive(SimpleObject)]
pub(super) struct Viewer {
    /// The tenant whose data the caller sees.
    tenant_id: String,
    /// How callers prove who they are. `OPEN`: they do not; whoever reaches the server may act for every user.
    auth_mode: AuthMode,
}

/// How callers prove who they are.
#[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthMode {
    /// No credentials.
    Open,
}

#[derive(Default)]
pub(super) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The caller, as the server sees them.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer, Error> {
        Ok(Viewer {
            tenant_id: ctx.caller()?.tenant.0.clone(),
            auth_mode: AuthMode::Open,
        })
    }
}
