//! The one way from a transport to the schema: guard, fresh context, execution, and errors as clients may see them.

use std::time::Duration;

use async_graphql::{
    ErrorExtensionValues, Request, Response, ServerError,
    futures_util::stream::{self, BoxStream, StreamExt},
    parser::types::{ExecutableDocument, OperationType},
};
use serde_json::{Map, Value, json};
use tracing::{Instrument, Span};

use super::{guard, snapshot};
use crate::{
    api::graphql::{ApiSchema, Batches, Code, FeedPlace, RequestContext, code_of},
    services::{Services, caller::Caller},
};

/// Most errors one answer lists.
const MAX_ERRORS: usize = 20;

/// How async-graphql begins its refusals of what recurses too deep or carries too many directives.
const TOO_MUCH: [&str; 2] = [
    "The recursion depth of the query",
    "The number of directives on the field",
];

/// Executes documents that passed the guard. Cheap to clone.
#[derive(Clone)]
pub(in crate::api) struct GuardedExecutor {
    schema: ApiSchema,
    services: Services,
}

impl GuardedExecutor {
    pub(super) fn new(schema: ApiSchema, services: Services) -> Self {
        Self { schema, services }
    }

    /// The kind of the operation a request means; None if it names none, or several and says not which.
    pub(super) fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
        let mut operations = document.operations.iter();
        let operation = match name {
            Some(name) => operations.find(|(found, _)| found.is_some_and(|found| found.as_str() == name)),
            None => operations.next().filter(|_| operations.next().is_none()),
        };
        operation.map(|(_, operation)| operation.node.ty)
    }

    /// Who is calling, by what a client says of itself when it connects; None if it is not let in.
    pub(super) fn caller(&self, _introduction: &Map<String, Value>) -> Option<Caller> {
        Some(Caller::open())
    }

    /// Gives a request, whose document passed the guard, its context, and what to carry along with it.
    fn prepare(
        mut request: Request,
        document: ExecutableDocument,
        context: RequestContext,
    ) -> (Request, Batches) {
        request.set_parsed_query(document);
        let batches = context.batches();
        (request.data(context), batches)
    }

    /// Executes one query or mutation. A query for a cursor reads everything else from the same moment.
    pub(super) async fn run(
        &self,
        request: Request,
        document: ExecutableDocument,
        caller: Caller,
        request_id: &str,
    ) -> Response {
        let mut services = self.services.clone();
        if snapshot::is_wanted(&document, request.operation_name.as_deref()) {
            services.store = services.store.snapshot();
        }
        let (request, batches) = Self::prepare(request, document, RequestContext::new(services, caller));
        match batches
            .carried_by(stream::once(self.schema.execute(request)))
            .next()
            .instrument(span_of(request_id))
            .await
        {
            Some(response) => present(response, request_id),
            None => Response::default(),
        }
    }

    /// Executes one subscription; nothing happens before the first response is asked for. Its context lives as long as
    /// it does, which its loaders allow because they remember nothing between two loads; its reads take turns with those
    /// of all others. `place` tells how far it came.
    pub(super) fn run_stream(
        &self,
        request: Request,
        document: ExecutableDocument,
        caller: Caller,
        place: FeedPlace,
        request_id: &str,
    ) -> BoxStream<'static, Response> {
        let mut services = self.services.clone();
        services.store = services.store.for_feeds();
        let context = RequestContext::new(services, caller).of_feed(place);
        let (request, batches) = Self::prepare(request, document, context);
        let (span, request_id) = (span_of(request_id), request_id.to_owned());
        let mut responses = batches.carried_by(self.schema.execute_stream(request));
        stream::poll_fn(move |context| span.in_scope(|| responses.poll_next_unpin(context)))
            .map(move |response| present(response, &request_id))
            .boxed()
    }
}

/// Where a request is executed: what is logged in there bears its id.
fn span_of(request_id: &str) -> Span {
    tracing::info_span!("request", request.id = request_id)
}

/// Whether a response says that the request was refused before anything was carried out.
pub(super) fn is_refusal(response: &Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The errors of a refusal as JSON.
pub(super) fn errors_of(response: &Response) -> Vec<Value> {
    response
        .errors
        .iter()
        .filter_map(|error| serde_json::to_value(error).ok())
        .collect()
}

/// Gives every error a code of the list, and internal ones the id of their request.
fn present(mut response: Response, request_id: &str) -> Response {
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        let code = code_of(error).unwrap_or_else(|| {
            // Only async-graphql itself makes errors without a code.
            let code = match error.message.as_str() {
                "Query is nested too deep." | "Query is too complex." => Code::QueryTooComplex,
                text if TOO_MUCH.iter().any(|start| text.starts_with(start)) => Code::QueryTooComplex,
                "Operation name required in request." => Code::OperationResolutionFailure,
                text if text.starts_with("Unknown operation named") => Code::OperationResolutionFailure,
                _ if error.path.is_empty() => Code::GraphqlValidationFailed,
                _ => Code::BadUserInput,
            };
            code.as_str().to_owned()
        });
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if code == Code::InternalServerError.as_str() {
            extensions.set("requestId", request_id);
            tracing::error!(request.id = request_id, path = ?error.path, "answered an internal error");
        }
        extensions.set("code", code);
    }
    response
}

/// A refusal of the guard as async-graphql would say it.
pub(super) fn server_error(refused: &guard::Refused) -> ServerError {
    let mut error = ServerError::new(refused.message.clone(), None);
    error.locations = refused
        .locations
        .iter()
        .map(|&(line, column)| async_graphql::Pos { line, column })
        .collect();
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", refused.code.as_str());
    error.extensions = Some(extensions);
    error
}

/// The answer to an operation that took too long.
pub(super) fn timed_out(limit: Duration) -> Response {
    let mut error = ServerError::new(
        format!("the operation took longer than {} ms", limit.as_millis()),
        None,
    );
    error
        .extensions
        .get_or_insert_default()
        .set("code", Code::Timeout.as_str());
    Response::from_errors(vec![error])
}

/// The error of an operation that broke down.
pub(super) fn internal_error(request_id: &str) -> Value {
    tracing::error!(request.id = request_id, "an operation broke down");
    json!({
        "message": "internal error",
        "extensions": { "code": Code::InternalServerError.as_str(), "requestId": request_id },
    })
}
