//! One claim of a step by one worker.

use async_graphql::{Enum, ID, SimpleObject};
use entity::attempt;

use crate::api::graphql::{
    scalars::{BigInt, DateTime, date_time},
    task::StepError,
};

/// How an attempt ended.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::AttemptOutcome")]
pub(in crate::api::graphql) enum AttemptOutcome {
    /// It goes on.
    Running,
    /// The step completed.
    Completed,
    /// The step failed for good.
    Failed,
    /// It failed, and the step is tried again.
    Retrying,
    /// Its worker fell silent, and the step was taken back.
    Expired,
    /// The step was cancelled.
    Cancelled,
    /// The step was put aside, to wait for a person or because the worker stopped.
    Released,
}

/// One claim of a step by one worker.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct Attempt {
    /// The id, `att_…`.
    id: ID,
    /// The fencing number: 1 for the first claim of the step.
    epoch: BigInt,
    /// The worker.
    worker_id: String,
    /// How it ended.
    outcome: AttemptOutcome,
    /// Why it did not end well.
    error: Option<StepError>,
    /// When it was claimed.
    started_at: DateTime,
    /// When it ended.
    ended_at: Option<DateTime>,
}

impl From<attempt::Model> for Attempt {
    fn from(row: attempt::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            epoch: BigInt(row.epoch),
            outcome: row.outcome.into(),
            error: StepError::of(row.error_code.as_ref(), row.error_message.as_ref()),
            worker_id: row.worker_id,
            started_at: date_time(row.started_at),
            ended_at: row.ended_at.map(date_time),
        }
    }
}
