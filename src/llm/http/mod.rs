//! What the providers reached over HTTP share: a guarded client, bounded bodies, event streams, failures.
//!
//! A new provider builds an [`Endpoint`] with its headers and speaks its own wire format through it.

mod body;
mod endpoint;
mod events;
mod failure;

pub(crate) use body::{BodyError, read_bounded};
pub(crate) use endpoint::{Endpoint, EndpointSettings};
pub(crate) use events::events;
pub(crate) use failure::{from_status, retry_after};
