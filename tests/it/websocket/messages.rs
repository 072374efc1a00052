//! What is answered to what, on a connection that holds.

use serde_json::{Value, json};

use super::{
    EVENTS, raise, still, submitted,
    wire::{Wire, address},
};
use crate::support::{Stack, both_stacks};

const QUERY: &str = "{ viewer { tenantId } }";

fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_requests_are_errors_and_executed_ones_results() {
    let app = still(Stack::Sqlite).await;
    let mut wire = Wire::acknowledged(address(&app)).await;
    let nested = format!(
        "{{ tasks(filter: {}{}) {{ nodes {{ id }} }} }}",
        "[".repeat(2_000),
        "]".repeat(2_000)
    );
    let refused = [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        (&nested, "QUERY_TOO_COMPLEX"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { taskEvents { __typename } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query A { viewer { tenantId } } query B { viewer { tenantId } }",
            "OPERATION_RESOLUTION_FAILURE",
        ),
    ];
    for (document, code) in refused {
        wire.subscribe("\"quoted\"", document, json!({})).await;
        let frame = wire.frame().await;
        assert_eq!(
            (&frame["id"], &frame["type"]),
            (&json!("\"quoted\""), &json!("error")),
            "{frame:#}"
        );
        assert_eq!(frame["payload"][0]["extensions"]["code"], code, "{frame:#}");
    }
    // The id of an operation that was refused is free again, and nothing follows the error.
    let absent = json!({ "id": "task_0123456789abcdef0123456789abcdef" });
    for document in [
        EVENTS,
        "query($id: ID!) { task(id: $id) { id } node(id: \"nonsense\") { id } }",
    ] {
        wire.subscribe("\"quoted\"", document, absent.clone()).await;
        let frame = wire.frame().await;
        assert_eq!(frame["type"], "next", "{frame:#}");
        assert!(
            frame["payload"]["errors"][0]["extensions"]["code"].is_string(),
            "{frame:#}"
        );
        assert_eq!(wire.frame().await, complete("\"quoted\""));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clients_complete_ends_the_operation_and_is_not_echoed() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    let mut wire = Wire::acknowledged(address(&app)).await;
    for round in 2..6 {
        wire.subscribe("w", EVENTS, json!({ "id": id })).await;
        wire.until("CaughtUp").await;
        wire.send(complete("w")).await;
        // Again, and for what never was: no harm.
        wire.send(complete("w")).await;
        wire.send(complete("never")).await;
        wire.send(json!({ "type": "ping" })).await;
        raise(&app, &id, round).await;
        assert_eq!(wire.frame().await, json!({ "type": "pong" }));
        wire.subscribe("q", QUERY, json!({})).await;
        assert_eq!(
            wire.frame().await["id"],
            "q",
            "nothing more of the operation that was ended"
        );
        assert_eq!(wire.frame().await, complete("q"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_used_again_at_once_gets_nothing_of_the_operation_before() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    for round in 2..40 {
        raise(&app, &id, round).await;
    }
    let mut wire = Wire::acknowledged(address(&app)).await;
    for _ in 0..20 {
        wire.subscribe("x", EVENTS, json!({ "id": id })).await;
        wire.send(complete("x")).await;
        wire.subscribe("x", QUERY, json!({})).await;
        wire.send(json!({ "type": "ping" })).await;
        let mut frames = Vec::new();
        while frames.last() != Some(&complete("x")) {
            frames.push(wire.frame().await);
        }
        // What was sent before the server read `complete` may be there; after it there is only the query.
        let (last, results) = frames.split_last().unwrap();
        assert_eq!(*last, complete("x"));
        let result = results.iter().rfind(|frame| frame["type"] == "next").unwrap();
        assert_eq!(
            result["payload"]["data"]["viewer"]["tenantId"], "default",
            "{frames:#?}"
        );
        if !frames.contains(&json!({ "type": "pong" })) {
            assert_eq!(wire.frame().await, json!({ "type": "pong" }));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_carries_thirty_two_operations() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    let mut wire = Wire::acknowledged(address(&app)).await;
    for at in 0..32 {
        wire.subscribe(&at.to_string(), EVENTS, json!({ "id": id })).await;
        wire.until("CaughtUp").await;
    }
    wire.subscribe("one more", QUERY, json!({})).await;
    let frame = wire.frame().await;
    assert_eq!(
        (&frame["id"], &frame["type"]),
        (&json!("one more"), &json!("error"))
    );
    assert_eq!(frame["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    // The others go on, each in its turn, and one that ends makes room.
    raise(&app, &id, 2).await;
    let mut served = std::collections::BTreeSet::new();
    for _ in 0..32 {
        served.insert(wire.frame().await["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(served.len(), 32);
    wire.send(complete("7")).await;
    wire.subscribe("one more", QUERY, json!({})).await;
    assert_eq!(wire.frame().await["type"], "next");
    assert_eq!(wire.frame().await, complete("one more"));
}

both_stacks! {
    async fn queries_and_mutations_are_answered_once_and_completed(stack: Stack) {
        let app = still(stack).await;
        let mut wire = Wire::acknowledged(address(&app)).await;
        let submit = "mutation($i: SubmitTaskInput!) { submitTask(input: $i) { task { status } } }";
        wire.subscribe("m", submit, json!({ "i": { "userId": "ada", "description": "Say hello" } })).await;
        assert_eq!(wire.next().await, json!({ "submitTask": { "task": { "status": "PENDING" } } }));
        assert_eq!(wire.frame().await, complete("m"));
        wire.subscribe("q", "{ tasks(first: 5) { nodes { status steps { key } } } }", json!({})).await;
        assert_eq!(wire.next().await["tasks"]["nodes"], json!([{ "status": "PENDING", "steps": [{ "key": "plan" }] }]));
        assert_eq!(wire.frame().await, complete("q"));
        // Equal queries are not equal subscriptions: each is executed.
        wire.subscribe("m", submit, json!({ "i": { "userId": "ada", "description": "Say hello" } })).await;
        wire.subscribe("n", submit, json!({ "i": { "userId": "ada", "description": "Say hello" } })).await;
        for _ in 0..4 {
            wire.frame().await;
        }
        let data = app.graphql("{ tasks(first: 5) { nodes { id } } }", json!({})).await.data();
        assert_eq!(data["tasks"]["nodes"].as_array().unwrap().len(), 3);
    }
}
