//! Why a step failed: not only its last attempt, but every one since a person or a failure began its count anew.

use entity::{attempt, enums::AttemptOutcome};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Claim;
use crate::store::{StoreError, task_change::TaskChange};

impl TaskChange {
    /// The reasons of the step's counted attempts, oldest first, ending with `last`; one that comes again is said once.
    pub(super) async fn reasons(&self, claim: &Claim, last: &str) -> Result<String, StoreError> {
        let earlier: Vec<(AttemptOutcome, Option<String>)> = attempt::Entity::find()
            .select_only()
            .columns([attempt::Column::Outcome, attempt::Column::ErrorMessage])
            .filter(attempt::Column::StepId.eq(claim.step.id))
            .filter(attempt::Column::Epoch.lt(claim.step.epoch))
            .order_by_asc(attempt::Column::Epoch)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let mut reasons: Vec<String> = Vec::new();
        for (outcome, message) in earlier {
            match outcome {
                AttemptOutcome::Retrying | AttemptOutcome::Expired => reasons.extend(message),
                // What was before has been told, and a person has let the step begin again.
                AttemptOutcome::Failed | AttemptOutcome::Cancelled => reasons.clear(),
                // Given back or put aside: nothing went wrong.
                _ => {}
            }
        }
        reasons.push(last.to_owned());
        let mut said = Vec::new();
        for reason in &reasons {
            if !said.contains(&reason.as_str()) {
                said.push(reason);
            }
        }
        Ok(said.join("; "))
    }
}
