//! Telling a client that reads too slowly from where its feeds go on.
//!
//! The item is executed like any other result, with the client's own document: it may have named the fields as it likes.

use axum::extract::ws::Message;
use futures_util::StreamExt;

use super::{Sockets, protocol, shared::Key};
use crate::api::{
    graphql::FeedPlace,
    http::{guard, params::Params},
};

/// A feed of events that is cut off.
pub(super) struct Lagging {
    /// The operation, as its frames carry it.
    pub(super) quoted_id: String,
    pub(super) key: Key,
    /// The last event that was sent.
    pub(super) seq: i64,
}

impl Lagging {
    /// The last result of the operation. None if its document cannot be executed any more, which it could before.
    pub(super) async fn message(self, sockets: &Sockets) -> Option<Message> {
        let document = guard::check(&self.key.query).ok()?;
        let params = Params {
            query: self.key.query,
            operation_name: self.key.operation_name,
            variables: serde_json::from_str(&self.key.variables).ok()?,
        };
        let place = FeedPlace::lagging(self.seq);
        let mut responses =
            sockets
                .executor
                .run_stream(params.into_request(), document, self.key.caller, place, "lagging");
        let response = responses.next().await?;
        metrics::counter!("feeds_lagged_total").increment(1);
        Some(protocol::next(
            &self.quoted_id,
            &serde_json::to_string(&response).ok()?,
        ))
    }
}
