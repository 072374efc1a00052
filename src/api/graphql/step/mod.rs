//! Steps, their attempts, messages and output.

mod attempt;
mod message;
mod object;
mod output;
mod query;
mod subscription;

pub(super) use message::Message;
pub(super) use object::{Step, WaitReason};
pub(super) use output::OutputSubscription;
pub(super) use query::StepQuery;
pub(super) use subscription::StepSubscription;
