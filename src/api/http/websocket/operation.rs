//! From a `subscribe` message to something that runs: guard, kind, and whether an equal one runs already.

use std::sync::Arc;

use async_graphql::{futures_util::stream::BoxStream, parser::types::OperationType};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Sockets,
    gauge::Gauged,
    joining::joining,
    lagging::Lagging,
    log::Taken,
    protocol,
    queue::Outbox,
    shared::{Key, Prepared, Subscriber},
};
use crate::{
    api::{
        graphql::{Code, FeedPlace},
        http::{
            answer::error,
            executor::{GuardedExecutor, errors_of, server_error, timed_out},
            guard,
            params::Params,
        },
    },
    services::caller::Caller,
};

/// One operation of one socket. Dropping it ends it.
pub(super) struct Operation {
    pub(super) id: String,
    /// The id as its frames carry it.
    pub(super) quoted_id: String,
    results: Subscriber,
    /// The event of a feed that was handed over last. What was taken last may still be under way.
    sent: Option<i64>,
    _gauged: Gauged,
}

impl Operation {
    /// Starts an operation, or joins an equal one. The errors are those of a request that is refused.
    pub(super) fn start(
        id: String,
        params: Params,
        caller: &Caller,
        sockets: &Sockets,
        outbox: &Arc<Outbox>,
    ) -> Result<Self, Vec<Value>> {
        let key = Key {
            query: params.query.clone(),
            operation_name: params.operation_name.clone(),
            variables: params.canonical_variables(),
            caller: caller.clone(),
        };
        let results = match sockets.shared.join(&key, outbox) {
            Some(joined) => joined,
            None => sockets.shared.start(prepare(sockets, params, key)?, outbox),
        };
        let quoted_id = protocol::quoted(&id);
        Ok(Self {
            id,
            quoted_id,
            results,
            sent: None,
            _gauged: Gauged::new("websocket_operations"),
        })
    }

    pub(super) fn take(&mut self) -> Taken {
        self.results.take()
    }

    /// What was taken has been handed over.
    pub(super) fn handed_over(&mut self) {
        self.sent = self.results.seq();
    }

    /// What is needed to say that this has been too slow, if it is a feed of events and has sent any.
    pub(super) fn lagging(&self) -> Option<Lagging> {
        Some(Lagging {
            quoted_id: self.quoted_id.clone(),
            key: self.results.key().clone(),
            seq: self.sent?,
        })
    }
}

fn prepare(sockets: &Sockets, params: Params, key: Key) -> Result<Prepared, Vec<Value>> {
    let document = guard::check(&params.query).map_err(|refused| {
        errors_of(&async_graphql::Response::from_errors(vec![server_error(
            &refused,
        )]))
    })?;
    let name = params.operation_name.as_deref();
    let Some(kind) = GuardedExecutor::operation_type(&document, name) else {
        let message = "operationName must name one of the document's operations";
        return Err(vec![error(Code::OperationResolutionFailure, message)]);
    };
    let joining = joining(&document, name, &params.variables);
    let request_id = Uuid::now_v7().to_string();
    let (executor, caller, place) = (sockets.executor.clone(), key.caller.clone(), FeedPlace::default());
    let responses: BoxStream<'static, _> = if kind == OperationType::Subscription {
        executor.run_stream(
            params.into_request(),
            document,
            caller,
            place.clone(),
            &request_id,
        )
    } else {
        let (request_id, limit) = (request_id.clone(), sockets.request_timeout);
        async move {
            let run = executor.run(params.into_request(), document, caller, &request_id);
            tokio::time::timeout(limit, run)
                .await
                .unwrap_or_else(|_elapsed| timed_out(limit))
        }
        .into_stream()
        .boxed()
    };
    Ok(Prepared {
        key,
        joining,
        responses,
        place,
        request_id,
    })
}
