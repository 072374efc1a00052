//! The parameters of a GraphQL request, in a body or in a URL.

use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a request says.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: Option<Value>,
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// The URL's form of the same.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UrlParams {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Params {
    /// Reads a JSON body. The error is a sentence for the caller.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, String> {
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            return Err("batches are not accepted: send one operation per request".to_owned());
        }
        let body: Body =
            serde_json::from_slice(body).map_err(|error| format!("the body is not usable JSON: {error}"))?;
        Self::of(
            body.query,
            body.operation_name,
            body.variables,
            body.extensions.as_ref(),
        )
    }

    /// Reads the payload of a `subscribe` message. The error is a sentence for the caller.
    pub(super) fn from_payload(payload: Map<String, Value>) -> Result<Self, String> {
        let body: Body = serde_json::from_value(Value::Object(payload)).map_err(|error| error.to_string())?;
        Self::of(
            body.query,
            body.operation_name,
            body.variables,
            body.extensions.as_ref(),
        )
    }

    /// Reads URL parameters.
    pub(super) fn from_url(url: UrlParams) -> Result<Self, String> {
        let json = |name: &str, text: Option<String>| {
            text.filter(|text| !text.is_empty())
                .map(|text| {
                    serde_json::from_str(&text).map_err(|error| format!("{name} is not usable JSON: {error}"))
                })
                .transpose()
        };
        let (variables, extensions) = (
            json("variables", url.variables)?,
            json("extensions", url.extensions)?,
        );
        let operation_name = url.operation_name.filter(|name| !name.is_empty());
        Self::of(
            url.query.map(Value::String),
            operation_name.map(Value::String),
            variables,
            extensions.as_ref(),
        )
    }

    fn of(
        query: Option<Value>,
        operation_name: Option<Value>,
        variables: Option<Value>,
        extensions: Option<&Value>,
    ) -> Result<Self, String> {
        let Some(Value::String(query)) = query else {
            return Err("the request has no query: send {\"query\": \"…\"}".to_owned());
        };
        let operation_name = match operation_name {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err("operationName must be a string".to_owned()),
        };
        let variables = match variables {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return Err("variables must be an object".to_owned()),
        };
        match extensions {
            None | Some(Value::Null | Value::Object(_)) => {}
            Some(_) => return Err("extensions must be an object".to_owned()),
        }
        Ok(Self {
            query,
            operation_name,
            variables,
        })
    }

    /// The variables as JSON with sorted keys: the same text for the same variables.
    pub(super) fn canonical_variables(&self) -> String {
        let mut variables = Value::Object(self.variables.clone());
        variables.sort_all_objects();
        variables.to_string()
    }

    /// The request for the executor.
    pub(super) fn into_request(self) -> Request {
        let mut request =
            Request::new(self.query).variables(Variables::from_json(Value::Object(self.variables)));
        request.operation_name = self.operation_name;
        request
    }
}
