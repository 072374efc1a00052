//! The pure heart: lifecycles, the plan graph, money, retries and who may see what. No I/O, no clock, no chance.
//!
//! May use: the ids, enums and column types of `entity`, nothing else of ours.

pub mod causes;
pub mod clock;
pub mod digest;
pub mod lifecycle;
pub mod plan;
pub mod retry;
pub mod scope;
