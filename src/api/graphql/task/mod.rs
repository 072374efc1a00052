//! Tasks.

mod explanation;
mod mutation;
mod object;
mod plan;
mod query;
mod subscription;

pub(super) use mutation::TaskMutation;
pub(super) use object::{StepError, Task, TaskStatus};
pub(super) use query::{TaskFilter, TaskQuery};
pub(super) use subscription::TaskSubscription;
