//! Steps, their attempts and messages.

mod attempt;
mod message;
mod object;
mod query;
mod subscription;

pub(super) use message::Message;
pub(super) use object::{Step, WaitReason};
pub(super) use query::StepQuery;
pub(super) use subscription::StepSubscription;
