//! Results of a form the task asked for: told to the model, checked, put right, and refused where they do not fit.

use serde_json::{Value, json};

use super::{POEM, app_on, chat, refusal, step_of};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{Stack, TestApp, both_stacks},
};

fn schema() -> Value {
    json!({ "type": "object", "required": ["title", "lines"], "additionalProperties": false, "properties": {
        "title": { "type": "string" },
        "lines": { "type": "array", "minItems": 1, "items": { "type": "string", "maxLength": 400 } } } })
}

fn input(description: &str, schema: &Value) -> Value {
    json!({ "userId": "ada", "description": description, "outputSchema": schema })
}

/// A task for a poem in JSON, carried out by a model that answers this.
async fn poem(stack: Stack, answers: &[&str]) -> (Value, ScriptedServer) {
    let server = ScriptedServer::start(answers.iter().map(|answer| chat(answer)).collect()).await;
    let app = app_on(stack, &server, |_| {}).await;
    let id = app.submit_input(input(POEM, &schema())).await;
    (app.finished(&id).await, server)
}

fn told(server: &ScriptedServer, at: usize) -> String {
    let messages = server.requests()[at].body["messages"].as_array().unwrap().clone();
    messages.last().unwrap()["content"].as_str().unwrap().to_owned()
}

async fn submitted(app: &TestApp, input: Value) -> Value {
    let query = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) \
                 { task { id outputSchema } replayed userErrors { field code message } } }";
    app.graphql(query, json!({ "input": input })).await.data()["submitTask"].clone()
}

both_stacks! {
    async fn the_model_is_told_the_form_and_the_result_has_it(stack: Stack) {
        let (task, server) = poem(stack, &["Here:\n```json\n{ \"title\": \"Snow\",\n \"lines\": [\"falls\"] }\n```"]).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let result: Value = serde_json::from_str(task["result"].as_str().unwrap()).unwrap();
        assert_eq!(result, json!({ "title": "Snow", "lines": ["falls"] }));
        let asked = &server.requests()[0].body;
        assert_eq!(asked["response_format"]["json_schema"]["schema"], schema());
        assert_eq!(asked["response_format"]["json_schema"]["name"], "result");
        let system = asked["messages"][0]["content"].as_str().unwrap();
        assert!(system.contains("\"maxLength\":400"), "{system}");
    }

    async fn only_the_last_step_has_the_form(stack: Stack) {
        let server = ScriptedServer::answering(|asked| {
            let is_last = !asked.body["response_format"].is_null();
            Some(if is_last { chat("{\"title\":\"t\",\"lines\":[\"l\"]}") } else { chat("in words") })
        })
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit_input(input("Build the API. Then write the docs.", &schema())).await;
        let task = app.finished(&id).await;
        let outputs: Vec<_> = task["steps"].as_array().unwrap()[1..].iter().map(|step| step["output"].clone()).collect();
        assert_eq!(outputs, [json!("in words"), json!("{\"title\":\"t\",\"lines\":[\"l\"]}")], "{task:#}");
        assert_eq!(task["result"], outputs[1]);
    }

    async fn several_last_steps_are_put_together(stack: Stack) {
        let server = ScriptedServer::answering(|asked| {
            Some(if step_of(asked) == "Put the result together" {
                chat("{\"title\":\"all\",\"lines\":[\"of it\"]}")
            } else {
                chat("in words")
            })
        })
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        let words = "Build the API. Meanwhile, write the docs.";
        let without = app.submit("ada", words).await;
        let without = app.finished(&without).await["steps"].as_array().unwrap().len();
        let id = app.submit_input(input(words, &schema())).await;
        let task = app.finished(&id).await;
        let steps = task["steps"].as_array().unwrap();
        assert_eq!(steps.len(), without + 1, "{task:#}");
        assert_eq!(steps.last().unwrap()["dependsOn"], json!([{ "key": "s1" }, { "key": "s2" }]));
        assert_eq!(task["result"], "{\"title\":\"all\",\"lines\":[\"of it\"]}");
    }

    async fn what_does_not_fit_is_told_to_the_model(stack: Stack) {
        let (task, server) = poem(stack, &["A poem!", "{\"title\": 3, \"lines\": [\"a\"]}", "{\"title\": \"3\", \"lines\": [\"a\"]}"]).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("{\"title\": \"3\", \"lines\": [\"a\"]}")), "{task:#}");
        assert!(told(&server, 1).contains("not JSON"), "{}", told(&server, 1));
        assert!(told(&server, 2).contains("/title: "), "{}", told(&server, 2));
        assert_eq!(task["steps"][1]["llmCalls"].as_array().unwrap().len(), 3);
    }

    async fn what_never_fits_fails_with_the_faults(stack: Stack) {
        let wrong = "{\"title\": \"t\", \"lines\": []}";
        let (task, server) = poem(stack, &[wrong, wrong, wrong]).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("OUTPUT_SCHEMA")), "{task:#}");
        assert!(task["error"]["message"].as_str().unwrap().contains("/lines: "), "{task:#}");
        assert_eq!(server.requests().len(), 3);
        assert_eq!(task["result"], Value::Null);
    }

    async fn a_server_that_knows_no_forms_is_asked_without(stack: Stack) {
        let fits = "{\"title\":\"t\",\"lines\":[\"a\"]}";
        let server = ScriptedServer::start(vec![refusal(400, "response_format?"), chat(fits)]).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit_input(input(POEM, &schema())).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!(fits)), "{task:#}");
        assert!(server.requests()[1].body["response_format"].is_null());
    }

    async fn the_offline_model_answers_in_the_form_with_what_it_knows(stack: Stack) {
        let app = TestApp::start(stack).await;
        let schema = json!({ "type": "object", "required": ["answer", "product", "parts"], "properties": {
            "answer": { "type": "string", "minLength": 5 }, "product": { "type": "integer" },
            "kind": { "enum": ["a", "b"] }, "maybe": { "type": ["null", "boolean"] }, "left": { "type": "boolean" },
            "parts": { "type": "array", "minItems": 2, "items": { "type": "object", "properties": { "x": { "const": 1 } } } } } });
        let id = app.submit_input(input("What is 12*7?", &schema)).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let mut result: Value = serde_json::from_str(task["result"].as_str().unwrap()).unwrap();
        let answer = result["answer"].take();
        assert!(answer.as_str().unwrap().contains("84"), "{answer}");
        let rest = json!({ "answer": null, "product": 84, "maybe": null, "parts": [{ "x": 1 }, { "x": 1 }] });
        assert_eq!(result, rest);
    }

    async fn the_offline_model_makes_nothing_up_for_a_form(stack: Stack) {
        let app = TestApp::start(stack).await;
        for unknown in [json!({ "type": "number" }), json!({ "type": "boolean" }), json!({ "enum": ["a", "b"] })] {
            let schema = json!({ "type": "object", "required": ["x"], "properties": { "x": unknown } });
            let id = app.submit_input(input(POEM, &schema)).await;
            let task = app.finished(&id).await;
            assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("OUTPUT_SCHEMA")), "{task:#}");
        }
    }

    async fn no_schema_that_cannot_be_used_is_accepted(stack: Stack) {
        let app = TestApp::start_with(stack, |config| config.limits.enabled = false).await;
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({ "items": deep });
        }
        let patterns: serde_json::Map<String, Value> =
            (0..33).map(|at| (format!("p{at}"), json!({ "pattern": "a" }))).collect();
        for (bad, word) in [
            (json!(3), "object"),
            (json!("{}"), "object"),
            (json!([]), "object"),
            (json!(true), "object"),
            (json!({ "type": "thing" }), "thing"),
            (json!({ "$ref": "#" }), "$ref"),
            (json!({ "properties": { "a": { "allOf": [{ "$ref": "https://example.com/s.json" }] } } }), "$ref"),
            (json!({ "items": { "unevaluatedProperties": false } }), "unevaluatedProperties"),
            (json!({ "pattern": "(a{1000}){1000}" }), "outputSchema"),
            (json!({ "pattern": "(" }), "outputSchema"),
            (json!({ "properties": patterns }), "patterns"),
            (json!({ "description": "x".repeat(17_000) }), "16384"),
            (json!({ "description": "\u{0}" }), "NUL"),
            (deep, "deeper"),
        ] {
            let refused = submitted(&app, input(POEM, &bad)).await;
            assert_eq!(refused["task"], Value::Null, "{bad}");
            let error = &refused["userErrors"][0];
            assert_eq!((&error["code"], &error["field"]), (&json!("BAD_USER_INPUT"), &json!(["input", "outputSchema"])), "{refused}");
            assert!(error["message"].as_str().unwrap().contains(word), "{word}: {error}");
        }
        let tasks = app.graphql("{ tasks(first: 10) { nodes { id } } }", json!({})).await.data();
        assert_eq!(tasks["tasks"]["nodes"], json!([]));
    }

    async fn the_form_is_part_of_what_was_submitted(stack: Stack) {
        let app = TestApp::start(stack).await;
        let keyed = |schema: &Value| {
            let mut input = input(POEM, schema);
            input["idempotencyKey"] = json!("once");
            input
        };
        let first = submitted(&app, keyed(&schema())).await;
        assert_eq!(first["task"]["outputSchema"], schema(), "{first}");
        let again = submitted(&app, keyed(&schema())).await;
        assert_eq!((&again["replayed"], &again["task"]), (&json!(true), &first["task"]));
        let other = submitted(&app, keyed(&json!({ "type": "array" }))).await;
        assert_eq!(other["userErrors"][0]["code"], "CONFLICT", "{other}");
        let plain = submitted(&app, json!({ "userId": "ada", "description": POEM, "outputSchema": null })).await;
        assert_eq!((&plain["task"]["outputSchema"], &plain["userErrors"]), (&Value::Null, &json!([])));
    }
}
