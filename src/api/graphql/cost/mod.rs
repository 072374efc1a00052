//! Costs.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::values::NanoUsd;

use super::{
    context::ContextExt,
    error::Error,
    ids::decode,
    scalars::{BigInt, Money},
};
use crate::store::ledger;

/// What costs can be grouped by.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "ledger::CostDimension")]
pub(super) enum CostDimension {
    /// The task.
    Task,
    /// The step.
    Step,
    /// The agent.
    Agent,
    /// The provider.
    Provider,
    /// The model, or the tool.
    Model,
    /// The user.
    User,
    /// The UTC day.
    Day,
    /// What was paid for.
    Kind,
}

/// What a line of cost pays for.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::LedgerKind")]
pub(super) enum CostKind {
    /// A call of a chat model.
    LlmCall,
    /// Turning text into vectors.
    Embedding,
    /// A priced tool.
    ToolCall,
}

/// Which lines are added up.
#[derive(InputObject, Default)]
pub(super) struct CostFilter {
    /// Only this user's.
    user_id: Option<String>,
    /// Only this task's.
    task_id: Option<ID>,
    /// Only this agent's.
    agent: Option<String>,
    /// Only this model's.
    model: Option<String>,
    /// From this UTC day on, `YYYY-MM-DD`.
    from: Option<String>,
    /// Up to and including this UTC day, `YYYY-MM-DD`.
    to: Option<String>,
}

/// What a group is about. Only the dimensions that were asked for are set, and some lines have none: an embedding of a
/// search belongs to no task.
#[derive(SimpleObject)]
pub(super) struct CostKey {
    /// The task.
    task_id: Option<ID>,
    /// The step.
    step_id: Option<ID>,
    /// The agent.
    agent: Option<String>,
    /// The provider.
    provider: Option<String>,
    /// The model, or the tool.
    model: Option<String>,
    /// The user.
    user_id: Option<String>,
    /// The UTC day.
    day: Option<String>,
    /// What was paid for.
    kind: Option<CostKind>,
}

/// The sum of a group of ledger entries.
#[derive(SimpleObject)]
pub(super) struct CostSummary {
    /// What the group is about.
    key: CostKey,
    /// Sum of the known amounts.
    amount: Money,
    /// Entries added up.
    entries: BigInt,
    /// Entries whose price is not known; they are not in `amount`.
    unpriced_entries: BigInt,
    /// Tokens read.
    input_tokens: BigInt,
    /// Tokens written.
    output_tokens: BigInt,
}

impl From<ledger::CostSummary> for CostSummary {
    fn from(sum: ledger::CostSummary) -> Self {
        Self {
            key: CostKey {
                task_id: sum.task_id.map(|id| ID(id.to_string())),
                step_id: sum.step_id.map(|id| ID(id.to_string())),
                agent: sum.agent,
                provider: sum.provider,
                model: sum.model,
                user_id: sum.user_id.map(|user| user.0),
                day: sum.day,
                kind: sum.kind.map(CostKind::from),
            },
            amount: NanoUsd(sum.amount_nanos).into(),
            entries: BigInt(sum.entries),
            unpriced_entries: BigInt(sum.unpriced_entries),
            input_tokens: BigInt(sum.input_tokens),
            output_tokens: BigInt(sum.output_tokens),
        }
    }
}

#[derive(Default)]
pub(super) struct CostQuery;

#[Object]
impl CostQuery {
    /// What was spent, grouped as asked, dearest first; at most 1,000 groups.
    async fn costs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] filter: Option<CostFilter>,
        #[graphql(desc = "By what; nothing: one sum over everything.")] group_by: Vec<CostDimension>,
    ) -> Result<Vec<CostSummary>, Error> {
        let CostFilter {
            user_id,
            task_id,
            agent,
            model,
            from,
            to,
        } = filter.unwrap_or_default();
        let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
        let task = task_id.map(|id| decode("filter.taskId", &id)).transpose()?;
        let filter = ledger::CostFilter {
            task,
            agent,
            model,
            from_day: from,
            to_day: to,
        };
        let by: Vec<ledger::CostDimension> = group_by.into_iter().map(Into::into).collect();
        let sums = ctx.services()?.costs(&scope, &filter, &by).await?;
        Ok(sums.into_iter().map(CostSummary::from).collect())
    }
}
