//! Those who watch: each follows one task over whichever API answers, comes back where it was when it is cut, and
//! keeps what it was sent.

mod follower;
mod socket;

pub use follower::{Follower, FollowerLog, Seen};
