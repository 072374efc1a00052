//! `node(id)`: anything that has an id (<https://relay.dev/graphql/objectidentification.htm>).

use async_graphql::{Context, ID, Interface, Object};
use entity::ids::{MemoryId, StepId, TaskId};

use super::{
    context::ContextExt,
    error::{Error, Nullable, nullable},
    ids::decode,
    memory::Memory,
    step::Step,
    task::Task,
};

/// Something with an id that stays the same and names its kind.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The id: a prefix for the kind and 32 hex digits."
))]
pub(super) enum Node {
    Task(Task),
    Step(Step),
    Memory(Memory),
}

#[derive(Default)]
pub(super) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id. Null if there is no such thing, or it is not the caller's.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id, for instance `task_…`.")] id: ID,
    ) -> Nullable<Node> {
        nullable(find(ctx, &id).await)
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Error> {
    let (services, caller) = (ctx.services()?, ctx.caller()?);
    Ok(match id.split_once('_').map_or("", |(kind, _)| kind) {
        TaskId::PREFIX => services
            .task(caller, decode("id", id)?)
            .await?
            .map(|row| Node::Task(Task(row))),
        StepId::PREFIX => services
            .step(caller, decode("id", id)?)
            .await?
            .map(|row| Node::Step(Step(row))),
        MemoryId::PREFIX => services
            .memory(caller, decode("id", id)?)
            .await?
            .map(|row| Node::Memory(Memory(row))),
        _ => {
            let message = "id: expected an id that begins with task_, step_ or mem_".to_owned();
            return Err(Error::BadInput { field: "id", message });
        }
    })
}
