//! The one way from a transport to the schema: guard, fresh context, execution, and errors as clients may see them.

use std::sync::Arc;

use async_graphql::{
    Data, ErrorExtensionValues, Executor, Request, Response, ServerError,
    futures_util::stream::{self, BoxStream, StreamExt},
    parser::types::{ExecutableDocument, OperationType},
};
use serde_json::Value;
use uuid::Uuid;

use super::guard;
use crate::{
    api::graphql::{ApiSchema, Batches, Code, RequestContext, code_of},
    services::{Services, caller::Caller},
};

/// Most errors one answer lists.
const MAX_ERRORS: usize = 20;

/// How async-graphql begins its refusals of what recurses too deep or carries too many directives.
const TOO_MUCH: [&str; 2] = ["The recursion depth of the query", "The number of directives on the field"];

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

    /// A request whose document passed the guard, with a context of its own.
    fn prepare(&self, request: Request, request_id: &str) -> Result<(Request, Batches), ServerError> {
        let document = guard::check(&request.query).map_err(|refused| server_error(&refused))?;
        Ok(self.with_context(request, document, request_id))
    }

    fn with_context(
        &self,
        mut request: Request,
        document: ExecutableDocument,
        request_id: &str,
    ) -> (Request, Batches) {
        request.set_parsed_query(document);
        let context = RequestContext::new(self.services.clone(), Caller::open(), request_id.to_owned());
        let batches = context.batches();
        (request.data(context), batches)
    }

    async fn execute_with(&self, (request, batches): (Request, Batches), request_id: &str) -> Response {
        let execution = stream::once(self.schema.execute(request));
        match batches.carried_by(execution).next().await {
            Some(response) => present(response, request_id),
            None => Response::default(),
        }
    }

    /// Executes one operation.
    pub(super) async fn run(&self, request: Request, document: ExecutableDocument, request_id: &str) -> Response {
        self.execute_with(self.with_context(request, document, request_id), request_id).await
    }
}

impl Executor for GuardedExecutor {
    async fn execute(&self, request: Request) -> Response {
        let request_id = Uuid::now_v7().to_string();
        match self.prepare(request, &request_id) {
            Ok(prepared) => self.execute_with(prepared, &request_id).await,
            Err(error) => Response::from_errors(vec![error]),
        }
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let request_id = Uuid::now_v7().to_string();
        match self.prepare(request, &request_id) {
            Ok((request, batches)) => {
                let stream = Executor::execute_stream(&self.schema, request, session);
                batches.carried_by(stream).map(move |response| present(response, &request_id)).boxed()
            }
            Err(error) => stream::once(async { Response::from_errors(vec![error]) }).boxed(),
        }
    }
}

/// Whether a response says that the request was refused before anything was carried out.
pub(super) fn is_refusal(response: &Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The errors of a refusal as JSON.
pub(super) fn errors_of(response: &Response) -> Vec<Value> {
    response.errors.iter().filter_map(|error| serde_json::to_value(error).ok()).collect()
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
    error.locations =
        refused.locations.iter().map(|&(line, column)| async_graphql::Pos { line, column }).collect();
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", refused.code.as_str());
    error.extensions = Some(extensions);
    error
}
