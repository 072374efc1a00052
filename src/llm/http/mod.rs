//! What the providers reached over HTTP share: a guarded client, bounded bodies, event streams, failures.
//!
//! A new provider builds an [`Endpoint`] from [`ProviderSettings`] and speaks its own wire format through it.

mod answer;
mod body;
mod endpoint;
mod events;
mod failure;
mod settings;

pub(crate) use answer::{Form, accepted, count, form, read_json};
pub(crate) use body::{BodyError, read_bounded};
pub(crate) use endpoint::{Endpoint, EndpointSettings};
pub(crate) use events::events;
pub(crate) use failure::{from_status, retry_after};
pub use settings::ProviderSettings;
