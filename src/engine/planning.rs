//! The first step of a task: its plan.

use super::{Engine, error::StepError};
use crate::{planner, store::steps::Claim};

impl Engine {
    /// Makes, checks and stores the plan, which completes the step.
    pub(super) async fn plan(&self, claim: &Claim) -> Result<(), StepError> {
        let (draft, author) =
            planner::propose(&claim.task.description, &self.agents).map_err(|error| StepError::Fail {
                code: "INVALID_PLAN",
                message: error.to_string(),
            })?;
        self.settle(|| self.store.complete_planning(claim, &draft, author))
            .await
    }
}
