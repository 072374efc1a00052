//! A version of a task's plan.

use async_graphql::{Enum, ID, Object};
use entity::plan;

use crate::api::graphql::scalars::{DateTime, Json, date_time};

/// Who made a plan.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::PlanAuthor")]
pub(in crate::api::graphql) enum PlanAuthor {
    /// The rule-based planner.
    Rules,
    /// A model.
    Model,
    /// A person.
    User,
}

/// One version of a task's graph of steps. It never changes.
pub(in crate::api::graphql) struct Plan(pub plan::Model);

/// One version of a task's graph of steps. It never changes.
#[Object]
impl Plan {
    /// The id, `plan_…`.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// 1 for the first plan of a task.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Who made it.
    async fn author(&self) -> PlanAuthor {
        self.0.author.into()
    }

    /// How it was made, in a sentence.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// The plan as it was proposed: `{ summary, steps: [{ key, title, instructions, agent, depends_on }] }`.
    async fn document(&self) -> Json {
        Json(self.0.document.to_value())
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime {
        date_time(self.0.created_at)
    }
}
