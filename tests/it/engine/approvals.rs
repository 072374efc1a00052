//! Tool calls whose outcome nobody knows: they wait for a person, and each decision leads somewhere.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    POEM, app_on, attempts, cancel, chat, events, explanation,
    own_tools::{charge, last_result, register},
    retry,
};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Stack, TestApp, both_stacks},
};

/// Decides, and answers the payload.
pub(super) async fn decide(app: &TestApp, input: Value) -> Value {
    let query = "mutation($input: DecideApprovalInput!) { decideApproval(input: $input) { \
        toolCall { id status result endedAt: startedAt error { code message } decision { decision userId at note } } \
        step { status waitingOn error { code } } task { id status } userErrors { field code message } } }";
    app.graphql(query, json!({ "input": input })).await.data()["decideApproval"].clone()
}

/// Why a decision was refused: `(field, code, message)`.
async fn refusal(app: &TestApp, input: Value) -> (String, String, String) {
    let payload = decide(app, input).await;
    assert_eq!(
        (&payload["toolCall"], &payload["step"], &payload["task"]),
        (&Value::Null, &Value::Null, &Value::Null),
        "{payload:#}"
    );
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{payload:#}")).to_owned();
    let error = &payload["userErrors"][0];
    assert_eq!(error["field"][0], "input");
    (
        text(&error["field"][1]),
        text(&error["code"]),
        text(&error["message"]),
    )
}

/// The calls of the task's only step.
async fn calls(app: &TestApp, task: &str) -> Vec<Value> {
    let query = "query($id: ID!) { task(id: $id) { steps { toolCalls { id tool status effect result idempotencyKey \
        error { code message } decision { decision userId note } cost { amount } } } } }";
    let data = app.graphql(query, json!({ "id": task })).await.data();
    data["task"]["steps"][1]["toolCalls"].as_array().unwrap().clone()
}

/// A task that waits for a word on its one call of `charge`; with the app, the servers and the id of the call.
struct Waiting {
    app: TestApp,
    model: ScriptedServer,
    tool: ScriptedServer,
    task: String,
    call: String,
}

impl Waiting {
    /// The tool breaks down when it is called first, and works from then on.
    async fn start(stack: Stack) -> Self {
        let model = ScriptedServer::start(vec![charge(), chat("done"), chat("done again")]).await;
        let tool = ScriptedServer::start(vec![
            ScriptedAnswer::text(500, "text/plain", "out of order"),
            ScriptedAnswer::text(200, "text/plain", "charged 5"),
        ])
        .await;
        let app = app_on(stack, &model, |config| register(config, &tool, "at_most_once")).await;
        let task = app.submit("ada", POEM).await;
        app.wait_for(&task, |task| task["status"] == "WAITING").await;
        let call = calls(&app, &task).await[0]["id"].as_str().unwrap().to_owned();
        Self {
            app,
            model,
            tool,
            task,
            call,
        }
    }

    fn input(&self, decision: &str) -> Value {
        json!({ "toolCallId": self.call, "decision": decision })
    }
}

both_stacks! {
    async fn a_call_without_an_answer_waits_and_says_so_everywhere(stack: Stack) {
        let Waiting { app, tool, task, call, .. } = Waiting::start(stack).await;
        let row = app.task(&task).await;
        assert_eq!((&row["status"], &row["waitingOn"]), (&json!("WAITING"), &json!(["APPROVAL"])), "{row:#}");
        let step = &row["steps"][1];
        assert_eq!((&step["status"], &step["waitingOn"]), (&json!("WAITING"), &json!("APPROVAL")));
        assert_eq!(attempts(step, "outcome"), ["RELEASED"]);
        let [only] = &calls(&app, &task).await[..] else { panic!("one call") };
        assert_eq!((&only["status"], &only["error"]["code"]), (&json!("UNKNOWN"), &json!("TOOL_UNANSWERED")));
        assert!(only["error"]["message"].as_str().unwrap().contains("out of order"), "{only:#}");
        assert_eq!(only["decision"], Value::Null);
        assert_eq!(tool.requests().len(), 1, "the call was sent again");
        let query = "query($id: ID!) { explainTask(id: $id) { reasons { kind message undecided { id tool arguments } } } }";
        let why = app.graphql(query, json!({ "id": task })).await.data()["explainTask"]["reasons"].clone();
        assert_eq!(why[0]["kind"], "APPROVAL");
        let message = why[0]["message"].as_str().unwrap();
        assert!(message.contains("decideApproval") && message.contains(&call) && message.contains("charge"), "{message}");
        assert_eq!(why[0]["undecided"], json!([{ "id": call, "tool": "charge", "arguments": { "amount": 5 } }]));
        let events = events(&app, &task).await;
        let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert!(kinds.ends_with(&["TOOL_CALL_UNKNOWN", "STEP_WAITING", "TASK_WAITING"]), "{kinds:?}");
        assert_eq!(events[events.len() - 3]["payload"]["callId"], json!(call));
    }

    async fn happened_goes_on_from_the_result(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let app = &waiting.app;
        let mut input = waiting.input("HAPPENED");
        input["result"] = json!("charged 5, says the bank");
        input["note"] = json!("looked it up");
        input["userId"] = json!("ada");
        let payload = decide(app, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        let call = &payload["toolCall"];
        assert_eq!((&call["status"], &call["result"]), (&json!("SUCCEEDED"), &json!("charged 5, says the bank")));
        assert_eq!(call["error"], Value::Null);
        let decision = &call["decision"];
        assert_eq!((&decision["decision"], &decision["userId"]), (&json!("HAPPENED"), &json!("ada")));
        assert!(decision["at"].is_string() && decision["note"] == "looked it up", "{decision:#}");
        assert_eq!((&payload["step"]["status"], &payload["step"]["waitingOn"]), (&json!("READY"), &Value::Null));
        assert_eq!((&payload["step"]["error"], &payload["task"]["status"]), (&Value::Null, &json!("RUNNING")));
        let task = app.finished(&waiting.task).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("done")), "{task:#}");
        assert_eq!(last_result(&waiting.model), "charged 5, says the bank");
        assert_eq!((waiting.model.requests().len(), waiting.tool.requests().len()), (2, 1));
        assert_eq!(attempts(&task["steps"][1], "outcome"), ["RELEASED", "COMPLETED"]);
        let events = events(app, &waiting.task).await;
        let decided = events.iter().find(|event| event["kind"] == "TOOL_CALL_DECIDED").expect("an event");
        let payload = &decided["payload"];
        assert_eq!((&payload["callId"], &payload["decision"]), (&json!(waiting.call), &json!("HAPPENED")));
        assert_eq!((&payload["userId"], &payload["status"]), (&json!("ada"), &json!("SUCCEEDED")));
        let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        let place = |kind: &str| kinds.iter().rposition(|found| *found == kind).unwrap();
        assert!(place("TOOL_CALL_DECIDED") < place("TASK_RESUMED") && place("TASK_RESUMED") < place("STEP_READY"));
    }

    async fn did_not_happen_is_told_to_the_model(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let mut input = waiting.input("DID_NOT_HAPPEN");
        input["note"] = json!("the bank knows nothing");
        let payload = decide(&waiting.app, input).await;
        assert_eq!(payload["toolCall"]["status"], "FAILED", "{payload:#}");
        assert_eq!(payload["toolCall"]["error"]["code"], "DID_NOT_HAPPEN");
        assert_eq!(payload["toolCall"]["decision"]["userId"], Value::Null);
        let task = waiting.app.finished(&waiting.task).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let told = last_result(&waiting.model);
        assert!(told.contains("did not take effect") && !told.contains("the bank knows nothing"), "{told}");
        assert_eq!(waiting.tool.requests().len(), 1);
    }

    async fn run_again_sends_the_same_call_under_the_same_key(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let payload = decide(&waiting.app, waiting.input("RUN_AGAIN")).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        let task = waiting.app.finished(&waiting.task).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        assert_eq!(last_result(&waiting.model), "charged 5");
        let requests = waiting.tool.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].headers["idempotency-key"], requests[1].headers["idempotency-key"]);
        assert_eq!(requests[0].body, requests[1].body);
        let [only] = &calls(&waiting.app, &waiting.task).await[..] else { panic!("one call") };
        assert_eq!((&only["status"], &only["result"]), (&json!("SUCCEEDED"), &json!("charged 5")));
        assert_eq!(only["decision"]["decision"], "RUN_AGAIN");
        assert_eq!(requests[0].headers["idempotency-key"], only["idempotencyKey"].as_str().unwrap());
    }

    async fn a_call_that_runs_again_may_be_in_doubt_again(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let tool = ScriptedServer::always(ScriptedAnswer::text(503, "text/plain", "busy")).await;
        let app = app_on(stack, &model, |config| {
            register(config, &tool, "at_most_once");
            config.engine.max_attempts = 1;
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let waits = |task: &Value| task["status"] == "WAITING";
        // More often than the step has attempts: waiting for a person uses none up.
        for round in 1..=3 {
            app.wait_for(&id, waits).await;
            assert_eq!(tool.requests().len(), round);
            let [only] = &calls(&app, &id).await[..] else { panic!("one call") };
            assert_eq!(only["status"], "UNKNOWN");
            let decision = if round == 3 { "DID_NOT_HAPPEN" } else { "RUN_AGAIN" };
            let payload = decide(&app, json!({ "toolCallId": only["id"], "decision": decision })).await;
            assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        }
        assert_eq!(app.finished(&id).await["status"], "COMPLETED");
        assert_eq!(model.requests().len(), 2, "an answer was bought again");
    }

    async fn what_cannot_be_decided_is_refused_and_changes_nothing(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let app = &waiting.app;
        let with = |decision: &str, field: &str, value: Value| {
            let mut input = waiting.input(decision);
            input[field] = value;
            input
        };
        let before = (app.task(&waiting.task).await, events(app, &waiting.task).await, calls(app, &waiting.task).await);
        let large = "x".repeat(32 * 1024 + 1);
        for (input, field) in [
            (waiting.input("HAPPENED"), "result"),
            (with("HAPPENED", "result", json!("")), "result"),
            (with("HAPPENED", "result", json!(" \n")), "result"),
            (with("HAPPENED", "result", json!("a\0b")), "result"),
            (with("HAPPENED", "result", json!(large)), "result"),
            (with("DID_NOT_HAPPEN", "result", json!("x")), "result"),
            (with("RUN_AGAIN", "result", json!("x")), "result"),
            (with("RUN_AGAIN", "note", json!("a\0b")), "note"),
            (with("RUN_AGAIN", "note", json!("x".repeat(4 * 1024 + 1))), "note"),
            (with("RUN_AGAIN", "userId", json!("")), "userId"),
            (with("RUN_AGAIN", "toolCallId", json!(waiting.task)), "toolCallId"),
            (with("RUN_AGAIN", "toolCallId", json!("")), "toolCallId"),
        ] {
            let (at, code, message) = refusal(app, input.clone()).await;
            assert_eq!((at.as_str(), code.as_str()), (field, "BAD_USER_INPUT"), "{message}");
            assert!(message.len() < 300, "{message}");
        }
        // Another user's call looks like one that is not there.
        let absent = "call_00000000000000000000000000000000";
        let (_, foreign, message) = refusal(app, with("RUN_AGAIN", "userId", json!("bob"))).await;
        let (_, nowhere, other) = refusal(app, with("RUN_AGAIN", "toolCallId", json!(absent))).await;
        assert_eq!((foreign.as_str(), nowhere.as_str()), ("NOT_FOUND", "NOT_FOUND"));
        assert_eq!(message.replace(&waiting.call, absent), other);
        let after = (app.task(&waiting.task).await, events(app, &waiting.task).await, calls(app, &waiting.task).await);
        assert_eq!(before, after);
        let unknown_word = app.graphql(
            "mutation { decideApproval(input: { toolCallId: \"call_0\", decision: MAYBE }) { userErrors { code } } }",
            json!({}),
        );
        assert_eq!(unknown_word.await.code(), "GRAPHQL_VALIDATION_FAILED");
    }

    async fn a_call_is_decided_once(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let app = &waiting.app;
        let mut happened = waiting.input("HAPPENED");
        happened["result"] = json!("charged");
        let tabs: Vec<Value> =
            [happened, waiting.input("DID_NOT_HAPPEN"), waiting.input("RUN_AGAIN"), waiting.input("DID_NOT_HAPPEN")].into();
        let payloads = join_all(tabs.into_iter().map(|input| decide(app, input))).await;
        let (won, lost): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| payload["userErrors"] == json!([]));
        assert_eq!((won.len(), lost.len()), (1, 3), "{payloads:#?}");
        let word = won[0]["toolCall"]["decision"]["decision"].as_str().unwrap();
        for payload in lost {
            let error = &payload["userErrors"][0];
            assert_eq!((&error["code"], &error["field"][1]), (&json!("CONFLICT"), &json!("toolCallId")), "{payload:#}");
            assert!(error["message"].as_str().unwrap().contains(word), "{payload:#}");
        }
        assert_eq!(app.finished(&waiting.task).await["status"], "COMPLETED");
        let (_, code, message) = refusal(app, waiting.input("RUN_AGAIN")).await;
        assert!(code == "CONFLICT" && message.contains(word), "{message}");
        let decided = events(app, &waiting.task).await.into_iter().filter(|event| event["kind"] == "TOOL_CALL_DECIDED");
        assert_eq!(decided.count(), 1);
    }

    async fn a_call_that_was_never_in_doubt_cannot_be_decided(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "What is 12 * 7?").await;
        app.finished(&id).await;
        let call = calls(&app, &id).await[0]["id"].clone();
        let (field, code, message) = refusal(&app, json!({ "toolCallId": call, "decision": "RUN_AGAIN" })).await;
        assert_eq!((field.as_str(), code.as_str()), ("toolCallId", "CONFLICT"));
        assert!(message.contains("SUCCEEDED"), "{message}");
    }

    async fn a_cancelled_task_lists_the_call_and_takes_no_decision(stack: Stack) {
        let waiting = Waiting::start(stack).await;
        let app = &waiting.app;
        assert_eq!(cancel(app, &waiting.task).await["task"]["status"], "CANCELLED");
        let events = events(app, &waiting.task).await;
        let stopped = events.iter().find(|event| event["kind"] == "STEP_CANCELLED").unwrap();
        let listed = json!([{ "toolCall": waiting.call, "tool": "charge", "fate": "UNKNOWN" }]);
        assert_eq!(stopped["payload"]["inFlight"], listed, "{stopped:#}");
        let (_, code, message) = refusal(app, waiting.input("DID_NOT_HAPPEN")).await;
        assert!(code == "CONFLICT" && message.contains("CANCELLED"), "{message}");
        // Taken up again it waits again, and can be decided.
        assert_eq!(retry(app, &waiting.task).await["userErrors"], json!([]));
        app.wait_for(&waiting.task, |task| task["status"] == "WAITING").await;
        assert_eq!(explanation(app, &waiting.task).await["reasons"][0]["kind"], "APPROVAL");
        assert_eq!(decide(app, waiting.input("DID_NOT_HAPPEN")).await["userErrors"], json!([]));
        assert_eq!(app.finished(&waiting.task).await["status"], "COMPLETED");
        assert_eq!(waiting.tool.requests().len(), 1);
    }

    async fn a_priced_call_is_paid_when_it_happened(stack: Stack) {
        for (decision, result, paid) in [("HAPPENED", json!("charged"), json!({ "amount": "0.250000000" })),
            ("DID_NOT_HAPPEN", Value::Null, Value::Null)]
        {
            let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
            let tool = ScriptedServer::always(ScriptedAnswer::text(500, "text/plain", "")).await;
            let app = app_on(stack, &model, |config| {
                register(config, &tool, "at_most_once");
                let file = config.storage.data_dir.join("prices.toml");
                std::fs::write(&file, "[tools]\ncharge = \"0.25\"\n").unwrap();
                config.models.prices_file = Some(file);
            })
            .await;
            let id = app.submit("ada", POEM).await;
            app.wait_for(&id, |task| task["status"] == "WAITING").await;
            let call = calls(&app, &id).await[0]["id"].clone();
            decide(&app, json!({ "toolCallId": call, "decision": decision, "result": result })).await;
            let task = app.finished(&id).await;
            assert_eq!(calls(&app, &id).await[0]["cost"], paid);
            let query = "query($id: ID!) { costs(filter: { taskId: $id }, groupBy: [KIND]) { key { kind } amount { amount } } }";
            let costs = app.graphql(query, json!({ "id": id })).await.data()["costs"].clone();
            let of_tools = costs.as_array().unwrap().iter().find(|sum| sum["key"]["kind"] == "TOOL_CALL");
            assert_eq!(of_tools.is_some(), paid != Value::Null, "{costs:#}");
            let whole = if paid == Value::Null { "0.000042000" } else { "0.250042000" };
            assert_eq!((&task["cost"]["amount"], &task["steps"][1]["cost"]["amount"]), (&json!(whole), &json!(whole)));
        }
    }
}
