//! Memory: the FAISS index as a cache of the database, and long-term memory as clients meet it.

mod durability;
mod filters;
mod forget;
mod found_by_words;
mod index;
mod index_files;
mod index_oracle;
mod odd_texts;
mod provenance;
mod remember;
mod shared;

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use crate::support::{Client, Stack, TestApp};

/// An app whose tests may search and submit as often as they like.
async fn unlimited(stack: Stack) -> TestApp {
    TestApp::start_with(stack, |config| config.limits.enabled = false).await
}

/// A second app on the data of a first one that runs on Postgres.
async fn beside(app: &TestApp) -> TestApp {
    let first = app.config.clone();
    let same_data = move |config: &mut Config| {
        config.storage.database_url = first.storage.database_url;
        config.redis = first.redis;
        config.limits = first.limits;
    };
    TestApp::start_with(Stack::Postgres, same_data).await
}

/// Searches with any input; returns the whole result.
async fn search_input(client: &Client, input: Value) -> Value {
    let query = "query($input: SearchMemoryInput!) { searchMemory(input: $input) { exhaustive scanned \
        hits { score memory { id content namespace userId source metadata writtenBy { task { id } } } } } }";
    client.graphql(query, json!({ "input": input })).await.data()["searchMemory"].clone()
}

/// Searches a user's default namespace.
async fn search(client: &Client, user: &str, query: &str) -> Value {
    search_input(client, json!({ "userId": user, "query": query, "limit": 100 })).await
}

/// What was found, best first.
fn contents(found: &Value) -> Vec<&str> {
    let hits = found["hits"].as_array().unwrap();
    hits.iter()
        .map(|hit| hit["memory"]["content"].as_str().unwrap())
        .collect()
}

/// Stores a memory with any input; returns it.
async fn remember_input(client: &Client, input: Value) -> Value {
    let query = "mutation($input: RememberInput!) { remember(input: $input) \
        { memory { id content namespace source metadata } userErrors { code field message } } }";
    let data = client.graphql(query, json!({ "input": input })).await.data();
    assert_eq!(data["remember"]["userErrors"], json!([]), "{data:#}");
    data["remember"]["memory"].clone()
}

/// Stores a memory in a user's default namespace; returns its id.
async fn remember(client: &Client, user: &str, content: &str) -> String {
    let memory = remember_input(client, json!({ "userId": user, "content": content })).await;
    memory["id"].as_str().unwrap().to_owned()
}

/// All memories of a user, newest first.
async fn list(client: &Client, user: &str) -> Vec<Value> {
    let query = "query($user: String!) { memories(first: 100, filter: { userId: $user }) \
        { nodes { id content source namespace writtenBy { task { id } } } } }";
    let data = client.graphql(query, json!({ "user": user })).await.data();
    data["memories"]["nodes"].as_array().unwrap().clone()
}

/// Forgets a memory; returns the payload.
async fn forget(client: &Client, user: &str, id: &str) -> Value {
    let query = "mutation($input: ForgetMemoryInput!) { forgetMemory(input: $input) \
        { forgottenId userErrors { code field } } }";
    let input = json!({ "id": id, "userId": user });
    client.graphql(query, json!({ "input": input })).await.data()["forgetMemory"].clone()
}
