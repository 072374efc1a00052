//! Reading tasks.

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};

use super::{Task, TaskStatus, explanation::TaskExplanation};
use crate::{
    api::graphql::{
        context::ContextExt,
        error::{Error, Nullable, nullable},
        ids::decode,
        pagination::{PageArgs, connection},
    },
    store::tasks,
};

/// Which tasks.
#[derive(InputObject, Clone, Debug, Default)]
pub(in crate::api::graphql) struct TaskFilter {
    /// Only tasks of this user.
    pub user_id: Option<String>,
    /// Only tasks with one of these statuses.
    pub status: Option<Vec<TaskStatus>>,
}

impl TaskFilter {
    /// The statuses wanted; empty: all.
    pub(in crate::api::graphql) fn statuses(&self) -> Vec<entity::enums::TaskStatus> {
        self.status
            .iter()
            .flatten()
            .map(|status| (*status).into())
            .collect()
    }
}

/// In which order.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::api::graphql) enum TaskOrder {
    /// Latest submission first.
    #[default]
    NewestFirst,
    /// Earliest submission first.
    OldestFirst,
}

#[derive(Default)]
pub(in crate::api::graphql) struct TaskQuery;

#[Object]
impl TaskQuery {
    /// One task. Null if there is no such task, or it is not the caller's.
    async fn task(&self, ctx: &Context<'_>, #[graphql(desc = "`task_…`")] id: ID) -> Nullable<Task> {
        let found = async {
            Ok(ctx
                .services()?
                .task(ctx.caller()?, decode("id", &id)?)
                .await?
                .map(Task))
        };
        nullable(found.await)
    }

    /// Tasks, a page at a time.
    #[graphql(complexity = "5 + child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a Relay connection, with its filter and order"
    )]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100; 20 where nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which tasks.")] filter: Option<TaskFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<TaskOrder>,
    ) -> Result<Connection<String, Task, EmptyFields, EmptyFields>, Error> {
        let filter = filter.unwrap_or_default();
        let scope = ctx.caller()?.scope_of(filter.user_id.as_deref())?;
        let descending = order_by.unwrap_or_default() == TaskOrder::NewestFirst;
        let page = PageArgs {
            first,
            after,
            last,
            before,
        }
        .page(descending)?;
        let filter = tasks::TaskFilter {
            statuses: filter.statuses(),
        };
        let slice = ctx.services()?.tasks(&scope, &filter, page).await?;
        Ok(connection(slice, |row| row.id.0, Task))
    }

    /// Why a task is not moving. Null if there is no such task, or it is not the caller's.
    async fn explain_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`task_…`")] id: ID,
    ) -> Nullable<TaskExplanation> {
        let found = async {
            Ok(ctx
                .services()?
                .explain_task(ctx.caller()?, decode("id", &id)?)
                .await?)
        };
        nullable(found.await.map(|explained| explained.map(TaskExplanation::from)))
    }
}
