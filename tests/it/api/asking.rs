//! Operations and looks that several tests share.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Every code an error may carry (section 7 of the design).
const CODES: [&str; 13] = [
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "PERSISTED_QUERY_NOT_FOUND",
    "BAD_USER_INPUT",
    "OPERATION_RESOLUTION_FAILURE",
    "BAD_REQUEST",
    "NOT_FOUND",
    "CONFLICT",
    "RATE_LIMITED",
    "BUDGET_EXCEEDED",
    "TIMEOUT",
    "QUERY_TOO_COMPLEX",
    "INTERNAL_SERVER_ERROR",
];

const TABLES: [&str; 16] = [
    "attempt",
    "event",
    "event_consumer",
    "ledger_entry",
    "llm_call",
    "memory",
    "memory_namespace",
    "memory_use",
    "message",
    "note",
    "plan",
    "step",
    "step_dependency",
    "step_output",
    "task",
    "tool_call",
];

/// The program without workers, so that what is stored stays as it was submitted, and without rate limits.
pub(super) async fn still(stack: crate::support::Stack) -> TestApp {
    TestApp::start_with(stack, |config| {
        config.server.roles.worker = false;
        config.limits.enabled = false;
    })
    .await
}

/// The same program on the same data, with or without workers.
pub(super) async fn restarted(mut app: TestApp, worker: bool) -> TestApp {
    app.config.server.roles.worker = worker;
    app.restart().await
}

/// How many rows each table has.
pub(super) async fn stored(app: &TestApp) -> BTreeMap<&'static str, i64> {
    let connection = app.connection().await;
    let mut rows = BTreeMap::new();
    for table in TABLES {
        let count = Statement::from_string(
            connection.get_database_backend(),
            format!("SELECT count(*) AS n FROM {table}"),
        );
        let row = connection.query_one_raw(count).await.unwrap().unwrap();
        rows.insert(table, row.try_get::<i64>("", "n").unwrap());
    }
    connection.close().await.unwrap();
    rows
}

/// The tables of a program to which nothing was submitted yet.
pub(super) fn nothing() -> BTreeMap<&'static str, i64> {
    TABLES.iter().map(|table| (*table, 0)).collect()
}

/// Fails unless the program still does its job.
pub(super) async fn answers(app: &TestApp) {
    let data = app.graphql("{ viewer { tenantId } }", json!({})).await.data();
    assert_eq!(data["viewer"]["tenantId"], "default");
}

/// The code of the first error, once all errors are well-formed: a message that says something, a code of the list.
pub(super) fn coded(answer: &Answer) -> &str {
    let errors = answer.body["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("no errors in {:#}", answer.body));
    assert!(!errors.is_empty(), "{:#}", answer.body);
    for error in errors {
        assert!(
            error["message"].as_str().is_some_and(|message| message.len() > 5),
            "{error:#}"
        );
        let code = error["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no code in {error:#}"));
        assert!(CODES.contains(&code), "{code} is not a code of the contract");
    }
    answer.code()
}

/// The payload of a mutation that takes `input`, with its user errors.
pub(super) async fn mutate(app: &TestApp, name: &str, object: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ {object} userErrors {{ field code message }} }} }}"
    );
    app.graphql(&query, json!({ "input": input })).await.data()[name].clone()
}

/// Fails unless a payload is one refusal of the field with the code, and nothing else; returns the message.
pub(super) fn refused(payload: &Value, field: &str, code: &str) -> String {
    let errors = payload["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    assert_eq!(errors[0]["field"], json!(["input", field]), "{payload:#}");
    assert_eq!(errors[0]["code"], code, "{payload:#}");
    let others = payload
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "userErrors" && *name != "replayed");
    for (name, value) in others {
        assert!(value.is_null(), "{name} is not null in {payload:#}");
    }
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.len() > 10, "{message}");
    message.to_owned()
}

/// Submits without any check, for refusals.
pub(super) async fn submit(app: &TestApp, input: Value) -> Value {
    mutate(app, "submitTask", "replayed task { id }", input).await
}
