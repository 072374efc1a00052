//! The journal: model and tool calls, written down before they are sent and settled before they are used.

mod close;
mod decide;
mod doubt;
mod llm;
mod tool;

pub use decide::{DecideOutcome, Decision};
pub use doubt::{Doubt, INTERRUPTED};
pub use llm::{LlmSettlement, NewLlmCall, Reservation};
pub use tool::{NewToolCall, ToolPrice, ToolSettlement};

use entity::{attempt, ids::StepId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::SelectStatement};

/// The attempts of a step whose calls its conversation may still be replayed from.
fn attempts_after(step: StepId, epoch: i64) -> SelectStatement {
    attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::StepId.eq(step))
        .filter(attempt::Column::Epoch.gt(epoch))
        .into_query()
}
