//! Events and the live feed.

pub(super) mod cursor;
mod mutation;
mod object;
mod subscription;

pub(super) use mutation::EventMutation;
pub(super) use object::TaskEvent;
pub(super) use subscription::EventSubscription;
