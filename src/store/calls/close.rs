//! The tool calls that a step leaves behind when it ends without their answers.

use entity::{enums::CallStatus, ids::StepId, tool_call};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::INTERRUPTED;
use crate::{
    domain::lifecycle::Lifecycle,
    store::{StoreError, task_change::TaskChange},
};

impl TaskChange {
    /// Says of the calls of ended steps that were sent, and never heard of again, that nobody knows their outcome: no
    /// attempt will send them again, harmless or not.
    pub(in crate::store) async fn close_tool_calls(&self, ended: &[StepId]) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        let (code, message) = INTERRUPTED;
        tool_call::Entity::update_many()
            .col_expr(
                tool_call::Column::Status,
                Expr::val(CallStatus::Dispatched.to(CallStatus::Unknown)?),
            )
            .col_expr(tool_call::Column::ErrorCode, Expr::val(code))
            .col_expr(tool_call::Column::ErrorMessage, Expr::val(message))
            .filter(tool_call::Column::StepId.is_in(ended.iter().copied()))
            .filter(tool_call::Column::Status.eq(CallStatus::Dispatched))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
