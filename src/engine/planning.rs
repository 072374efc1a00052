//! The first step of a task: its plan.

use super::{Engine, error::StepError};
use crate::{
    planner,
    store::steps::{Claim, Ending},
};

impl Engine {
    /// Makes and checks the plan.
    pub(super) fn plan(&self, claim: &Claim) -> Result<Ending, StepError> {
        let (draft, author) =
            planner::propose(&claim.task.description, &self.agents).map_err(|error| StepError::Fail {
                code: "INVALID_PLAN",
                message: error.to_string(),
            })?;
        Ok(Ending::Plan { draft, author })
    }
}
