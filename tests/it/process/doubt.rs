//! A worker is killed between a call that must not be repeated and its answer. The call is not made again, and whatever a
//! person says of it, the task ends.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::{Value, json};

use super::crash::finished;
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Client, Process, Stack, TestDatabase, both_stacks},
};

/// A process on its own data, with the tool `charge` and a lease that ends soon.
fn environment(
    folder: &Path,
    database: &TestDatabase,
    model: &ScriptedServer,
    tool: &ScriptedServer,
) -> BTreeMap<&'static str, String> {
    let file = folder.join("orchestrator.toml");
    let text = format!(
        "[engine]\nlease_seconds = 3\nheartbeat_seconds = 1\n[redis]\nprefix = '{}'\n[[tools.http]]\nname = 'charge'\n\
         description = 'Charges a card.'\nurl = '{}'\nagents = ['writer']\nheaders = {{ X-Key = '${{BANK_KEY}}' }}\n\
         parameters = {{ properties = {{ amount = {{ type = 'integer' }} }} }}\n",
        database.redis_prefix,
        tool.base_url(),
    );
    std::fs::write(&file, text).unwrap();
    let mut env = BTreeMap::from([
        ("DATABASE_URL", database.database_url.clone()),
        ("ORCHESTRATOR_DATA_DIR", folder.join("data").display().to_string()),
        ("OPENAI_BASE_URL", model.base_url()),
        ("BANK_KEY", "bank-key".to_owned()),
    ]);
    if let Some(url) = &database.redis_url {
        env.insert("REDIS_URL", url.clone());
    }
    env
}

/// Waits until a person must decide; answers the call.
async fn in_doubt(client: &Client, id: &Value) -> Value {
    let query = "query($id: ID!) { task(id: $id) { status waitingOn steps { status toolCalls { id status tool } } } }";
    // Asked afterwards: the fields of one query are read at different moments, and a task that waits stays as it is.
    let why = "query($id: ID!) { explainTask(id: $id) { reasons { kind message undecided { id } } } }";
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    loop {
        let data = client.graphql(query, json!({ "id": id })).await.data();
        if data["task"]["status"] == "WAITING" {
            let calls = &data["task"]["steps"][1]["toolCalls"];
            assert_eq!(calls.as_array().unwrap().len(), 1, "{data:#}");
            assert_eq!(
                (&calls[0]["status"], &data["task"]["waitingOn"]),
                (&json!("UNKNOWN"), &json!(["APPROVAL"]))
            );
            let explained = client.graphql(why, json!({ "id": id })).await.data();
            let reason = &explained["explainTask"]["reasons"][0];
            assert_eq!(
                (&reason["kind"], &reason["undecided"][0]["id"]),
                (&json!("APPROVAL"), &calls[0]["id"])
            );
            return calls[0]["id"].clone();
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "the task does not wait: {data:#}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Runs the whole story; answers what the model was told of the call, and how often the tool was called.
async fn killed_and_decided(stack: Stack, decision: &str, result: Option<&str>) -> (String, usize) {
    let model = ScriptedServer::start(vec![
        ScriptedAnswer::tool_call("charge", &json!({ "amount": 5 })),
        ScriptedAnswer::chat("all is paid", 100, 10),
    ])
    .await;
    let tool = ScriptedServer::start(vec![
        ScriptedAnswer::text(200, "text/plain", "").hang(),
        ScriptedAnswer::text(200, "text/plain", "charged at last"),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(stack, folder.path()).await;
    let env = environment(folder.path(), &database, &model, &tool);
    let process = Process::serve(folder.path(), env.clone()).await;
    let submit =
        "mutation { submitTask(input: { userId: \"ada\", description: \"Write a poem.\" }) { task { id } } }";
    let id = process.client.graphql(submit, json!({})).await.data()["submitTask"]["task"]["id"].clone();
    tool.received(1).await;
    process.kill().await;
    let process = Process::serve(folder.path(), env).await;
    let call = in_doubt(&process.client, &id).await;
    assert_eq!(tool.requests().len(), 1, "the call was repeated silently");
    let decide =
        "mutation($input: DecideApprovalInput!) { decideApproval(input: $input) { userErrors { message } } }";
    let input = json!({ "toolCallId": call, "decision": decision, "result": result });
    let decided = process
        .client
        .graphql(decide, json!({ "input": input }))
        .await
        .data();
    assert_eq!(decided["decideApproval"]["userErrors"], json!([]), "{decided:#}");
    let task = finished(&process.client, id.as_str().unwrap()).await;
    assert_eq!(
        (&task["status"], &task["result"]),
        (&json!("COMPLETED"), &json!("all is paid")),
        "{task:#}"
    );
    let requests = tool.requests();
    let key = &requests[0].headers["idempotency-key"];
    assert!(
        requests
            .iter()
            .all(|asked| asked.headers["idempotency-key"] == *key)
    );
    assert!(requests.iter().all(|asked| asked.headers["x-key"] == "bank-key"));
    let asked = model.requests();
    assert_eq!(asked.len(), 2, "an answer was bought again");
    let told = asked[1].body["messages"][3]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    (told, requests.len())
}

both_stacks! {
    async fn it_happened(stack: Stack) {
        let (told, calls) = killed_and_decided(stack, "HAPPENED", Some("receipt 17")).await;
        assert_eq!((told.as_str(), calls), ("receipt 17", 1));
    }

    async fn it_did_not_happen(stack: Stack) {
        let (told, calls) = killed_and_decided(stack, "DID_NOT_HAPPEN", None).await;
        assert!(told.contains("did not take effect") && calls == 1, "{told}");
    }

    async fn it_runs_again(stack: Stack) {
        let (told, calls) = killed_and_decided(stack, "RUN_AGAIN", None).await;
        assert_eq!((told.as_str(), calls), ("charged at last", 2));
    }
}
