//! The ledger: every line of cost, added up on the step and the task in the transaction that writes it.

use entity::{
    enums::LedgerKind,
    ids::{LedgerEntryId, StepId, TaskId},
    ledger_entry, step,
    values::{NanoUsd, TenantId, UnixMillis, UserId},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, Func, SimpleExpr},
};
use uuid::Uuid;

use super::{Committed, Store, StoreError, clock, steps::Claim, task_change::TaskChange};
use crate::domain::scope::Scope;

/// Tokens of a call in disjoint buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
    /// Whether they are this program's estimate.
    pub estimated: bool,
}

/// A line to be written.
#[derive(Clone, Debug)]
pub struct NewLedgerEntry {
    pub kind: LedgerKind,
    pub call_id: Option<Uuid>,
    pub agent: Option<String>,
    pub provider: String,
    pub model: String,
    pub tokens: Tokens,
    /// None where the price is not known.
    pub amount: Option<NanoUsd>,
    pub price_version: String,
}

/// What costs can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CostDimension {
    Task,
    Step,
    Agent,
    Provider,
    Model,
    User,
    Day,
    Kind,
}

/// Which lines are added up. Empty fields: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostFilter {
    pub task: Option<TaskId>,
    pub agent: Option<String>,
    pub model: Option<String>,
    /// First and last UTC day, `YYYY-MM-DD`, both included.
    pub from_day: Option<String>,
    pub to_day: Option<String>,
}

/// The sum of a group of lines. The fields of dimensions that were not asked for are None.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct CostSummary {
    pub task_id: Option<TaskId>,
    pub step_id: Option<StepId>,
    pub agent: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub user_id: Option<UserId>,
    pub day: Option<String>,
    pub kind: Option<LedgerKind>,
    /// Sum of the known amounts.
    pub amount_nanos: i64,
    pub entries: i64,
    /// Lines whose price is not known; their amount is not in the sum.
    pub unpriced_entries: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
}

/// Most groups one summary has.
pub const MAX_COST_GROUPS: u64 = 1_000;

impl Store {
    /// Writes a line that belongs to no task, such as the embedding of a search.
    pub async fn pay_outside_tasks(
        &self,
        tenant: &TenantId,
        user: &UserId,
        entry: NewLedgerEntry,
    ) -> Result<(), StoreError> {
        let now = clock::now(&self.write).await?;
        row(tenant, user, None, None, entry, now)
            .insert(&self.write)
            .await?;
        Ok(())
    }

    /// Writes a line for the step that is held.
    pub async fn pay_for_step(
        &self,
        claim: &Claim,
        mut entry: NewLedgerEntry,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        entry.agent = Some(claim.step.agent.clone());
        change.pay(Some(claim.step.id), entry).await?;
        change.commit().await
    }

    /// Sums by the given dimensions, dearest first. One more than [`MAX_COST_GROUPS`] of them means that there are too many.
    pub async fn costs(
        &self,
        scope: &Scope,
        filter: &CostFilter,
        by: &[CostDimension],
    ) -> Result<Vec<CostSummary>, StoreError> {
        use ledger_entry::Column;
        let mut only = Condition::all().add(Column::TenantId.eq(scope.tenant.clone()));
        only = only.add_option(scope.user.clone().map(|user| Column::UserId.eq(user)));
        only = only.add_option(filter.task.map(|task| Column::TaskId.eq(task)));
        only = only.add_option(filter.agent.clone().map(|agent| Column::Agent.eq(agent)));
        only = only.add_option(filter.model.clone().map(|model| Column::Model.eq(model)));
        only = only.add_option(filter.from_day.clone().map(|day| Column::Day.gte(day)));
        only = only.add_option(filter.to_day.clone().map(|day| Column::Day.lte(day)));
        let mut select = ledger_entry::Entity::find().select_only().filter(only);
        let mut grouped = Vec::new();
        for column in [
            (CostDimension::Task, Column::TaskId),
            (CostDimension::Step, Column::StepId),
            (CostDimension::Agent, Column::Agent),
            (CostDimension::Provider, Column::Provider),
            (CostDimension::Model, Column::Model),
            (CostDimension::User, Column::UserId),
            (CostDimension::Day, Column::Day),
            (CostDimension::Kind, Column::Kind),
        ] {
            if by.contains(&column.0) {
                select = select.column(column.1).group_by(column.1);
                grouped.push(column.1);
            }
        }
        let unpriced = Expr::case(Column::AmountNanos.is_null(), 1_i64).finally(0_i64);
        let input = Column::InputTokens
            .into_expr()
            .add(Expr::col(Column::CacheReadTokens))
            .add(Expr::col(Column::CacheWriteTokens));
        let output = Column::OutputTokens
            .into_expr()
            .add(Expr::col(Column::ReasoningTokens));
        select = select
            .column_as(sum(Column::AmountNanos.into_expr()), "amount_nanos")
            .column_as(Column::Id.count(), "entries")
            .column_as(sum(unpriced.into()), "unpriced_entries")
            .column_as(sum(input), "input_tokens")
            .column_as(sum(output), "output_tokens")
            .order_by_desc(Expr::col(Alias::new("amount_nanos")));
        // Equal amounts come in the same order each time.
        for column in grouped {
            select = select.order_by_asc(column);
        }
        Ok(select
            .limit(MAX_COST_GROUPS + 1)
            .into_model::<CostSummary>()
            .all(&self.read)
            .await?)
    }
}

/// A sum that is 0 over nothing, as a 64-bit integer on both databases (Postgres sums bigint to numeric).
fn sum(of: SimpleExpr) -> SimpleExpr {
    let sum = Func::coalesce([Func::sum(of).into(), Expr::val(0_i64)]);
    SimpleExpr::from(sum).cast_as(Alias::new("bigint"))
}

impl TaskChange {
    /// Writes a line and adds it up on the step and the task.
    pub(super) async fn pay(
        &mut self,
        step: Option<StepId>,
        entry: NewLedgerEntry,
    ) -> Result<(), StoreError> {
        let amount = entry.amount.unwrap_or_default();
        let unpriced = i32::from(entry.amount.is_none());
        self.task.cost_nanos = self.task.cost_nanos + amount;
        self.task.unpriced_entries += unpriced;
        if let Some(step) = step {
            step::Entity::update_many()
                .col_expr(
                    step::Column::CostNanos,
                    Expr::col(step::Column::CostNanos).add(amount.0),
                )
                .col_expr(
                    step::Column::UnpricedEntries,
                    Expr::col(step::Column::UnpricedEntries).add(unpriced),
                )
                .filter(step::Column::Id.eq(step))
                .exec(&self.tx)
                .await?;
        }
        row(
            &self.task.tenant_id,
            &self.task.user_id,
            Some(self.task.id),
            step,
            entry,
            self.now,
        )
        .insert(&self.tx)
        .await?;
        Ok(())
    }
}

fn row(
    tenant: &TenantId,
    user: &UserId,
    task: Option<TaskId>,
    step: Option<StepId>,
    entry: NewLedgerEntry,
    now: UnixMillis,
) -> ledger_entry::ActiveModel {
    ledger_entry::ActiveModel {
        id: Set(LedgerEntryId::generate()),
        tenant_id: Set(tenant.clone()),
        user_id: Set(user.clone()),
        task_id: Set(task),
        step_id: Set(step),
        kind: Set(entry.kind),
        call_id: Set(entry.call_id),
        agent: Set(entry.agent),
        provider: Set(entry.provider),
        model: Set(entry.model),
        input_tokens: Set(entry.tokens.input),
        cache_read_tokens: Set(entry.tokens.cache_read),
        cache_write_tokens: Set(entry.tokens.cache_write),
        output_tokens: Set(entry.tokens.output),
        reasoning_tokens: Set(entry.tokens.reasoning),
        estimated: Set(entry.tokens.estimated),
        amount_nanos: Set(entry.amount),
        price_version: Set(entry.price_version),
        day: Set(utc_day(now)),
        created_at: Set(now),
    }
}

/// The UTC date of a moment, `YYYY-MM-DD`.
fn utc_day(moment: UnixMillis) -> String {
    chrono::DateTime::from_timestamp_millis(moment.0)
        .unwrap_or_default()
        .format("%Y-%m-%d")
        .to_string()
}
