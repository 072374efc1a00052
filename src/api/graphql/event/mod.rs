//! Events and the live feed.

pub(super) mod cursor;
mod mutation;
mod object;
mod place;
mod subscription;

pub use cursor::encode as encode_cursor;
pub(super) use mutation::EventMutation;
pub(super) use object::TaskEvent;
pub use place::FeedPlace;
pub(super) use subscription::EventSubscription;
