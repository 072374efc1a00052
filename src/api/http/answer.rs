//! Answers: their media type, their status, and what they may not carry
//! (<https://graphql.github.io/graphql-over-http/draft/>).

use async_graphql_axum::GraphQLResponse;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::api::graphql::Code;

/// The media types an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says whether the request was understood.
    GraphqlResponse,
    /// `application/json`: a well-formed request is answered with 200 whatever comes of it.
    Json,
}

impl MediaType {
    /// What the caller accepts most; None if nothing this server speaks.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        let mut any = false;
        for part in headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|v| v.split(','))
        {
            any = true;
            let mut pieces = part.split(';').map(str::trim);
            let media = match pieces.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let quality = pieces
                .find_map(|piece| piece.strip_prefix("q="))
                .and_then(|quality| quality.parse::<f32>().ok())
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(so_far, _)| quality > so_far) {
                best = Some((quality, media));
            }
        }
        if any {
            best.map(|(_, media)| media)
        } else {
            Some(Self::Json)
        }
    }

    /// The status of a request that was understood as HTTP and refused as GraphQL.
    fn refusal_status(self) -> StatusCode {
        match self {
            Self::GraphqlResponse => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// What a request came to.
pub(super) enum Outcome {
    /// It was carried out, with errors or without.
    Executed(async_graphql::Response),
    /// It was understood as HTTP and refused as GraphQL: by the guard, the parser or validation.
    Refused(Vec<Value>),
}

/// An outcome as an answer.
pub(super) fn answer(outcome: Outcome, media: MediaType) -> Response {
    let mut response = match outcome {
        Outcome::Executed(response) => GraphQLResponse::from(response).into_response(),
        // No `data` at all: nothing was carried out.
        Outcome::Refused(errors) => {
            (media.refusal_status(), json!({ "errors": errors }).to_string()).into_response()
        }
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media.content_type());
    response
}

/// An answer to a request that is no GraphQL request at all.
pub(super) fn refusal(status: StatusCode, code: Code, message: &str) -> Response {
    let body = json!({ "errors": [error(code, message)] }).to_string();
    (
        status,
        [(header::CONTENT_TYPE, MediaType::Json.content_type())],
        body,
    )
        .into_response()
}

/// One GraphQL error.
pub(super) fn error(code: Code, message: &str) -> Value {
    json!({ "message": message, "extensions": { "code": code.as_str() } })
}
