//! A step that is tried again goes on where it stopped: nothing is bought, stored or called twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use entity::{ledger_entry, memory};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{
    app_with, completed, memories,
    model::{Asked, calls, chats, model, says},
};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::both_stacks,
};

const FACT: &str = "Mrs Keller handles the overdue invoices on the third floor";

/// Remembers a fact, searches for it, and is interrupted by its provider before it can answer, twice.
async fn interrupted_model() -> ScriptedServer {
    let failures = AtomicUsize::new(0);
    model(move |asked| match asked.tool_results().len() {
        0 => calls("remember", &json!({ "content": FACT })),
        1 => calls("search_memory", &json!({ "query": "overdue invoices" })),
        _ if failures.fetch_add(1, Ordering::Relaxed) < 2 => {
            ScriptedAnswer::json(500, &json!({ "error": { "message": "sorry" } }))
        }
        _ => says("All is said and done."),
    })
    .await
}

both_stacks! {
    async fn a_retried_step_replays_what_it_has_paid_for(stack: Stack) {
        let server = interrupted_model().await;
        let app = app_with(stack, &server).await;
        let remember = "mutation($input: RememberInput!) { remember(input: $input) { memory { id } } }";
        let known = json!({ "input": { "userId": "ada", "content": "The requirements of invoices are in the safe" } });
        app.graphql(remember, known).await.data();
        let task = completed(&app, "Analyze the requirements of invoices.").await;
        let step = &task["steps"][1];
        assert_eq!(step["attempts"].as_array().unwrap().len(), 3, "{task:#}");

        // Two answers with tools, two failures and the last answer: none asked for twice.
        let chats = chats(&server);
        let turns: Vec<usize> = chats.iter().map(|chat| Asked(&chat.body).tool_results().len()).collect();
        assert_eq!(turns, [0, 1, 2, 2, 2]);
        assert!(chats.iter().all(|chat| Asked(&chat.body).prompt() == Asked(&chats[0].body).prompt()));
        let statuses: Vec<&Value> = step["llmCalls"].as_array().unwrap().iter().map(|call| &call["status"]).collect();
        assert_eq!(statuses, ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED", "SUCCEEDED"]);
        // Three answers of 100 and 10 tokens.
        assert_eq!(step["cost"]["amount"], "0.000063000");
        let connection = app.connection().await;
        let entries = ledger_entry::Entity::find().all(&connection).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.provider == "openai").count(), 3);

        let tools: Vec<&Value> = step["toolCalls"].as_array().unwrap().iter().map(|call| &call["tool"]).collect();
        assert_eq!(tools, ["remember", "search_memory"]);
        let stored = memories(&app).await;
        assert_eq!(stored.iter().filter(|memory| memory["content"] == FACT).count(), 1);
        let rows = memory::Entity::find().all(&connection).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.content == FACT).count(), 1);
    }
}
