//! Who wrote a memory, whom it influenced, and that what is recalled does not breed.

use serde_json::{Value, json};

use super::{list, remember, unlimited};
use crate::support::{TestApp, both_stacks};

/// A task with something to learn from.
const INVOICES: &str = "Summarize the overdue invoices of customer Berg: invoice 1001 over 120.50 EUR and invoice 1002 \
    over 79.50 EUR.";

/// A memory with both directions of its provenance.
async fn memory(app: &TestApp, id: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Memory { content source metadata \
        writtenBy { id agent { name } task { id userId } } influencedSteps { id task { id } } } } }";
    app.graphql(query, json!({ "id": id })).await.data()["node"].clone()
}

/// A task's steps with what they read and wrote.
async fn steps(app: &TestApp, id: &str) -> Vec<Value> {
    let query = "query($id: ID!) { task(id: $id) { steps { id \
        memoriesRead { rank score memory { id content } } memoriesWritten { id content source } } } }";
    app.graphql(query, json!({ "id": id })).await.data()["task"]["steps"]
        .as_array()
        .unwrap()
        .clone()
}

async fn carry_out(app: &TestApp, description: &str) -> String {
    let id = app.submit("ada", description).await;
    assert_eq!(app.finished(&id).await["status"], "COMPLETED");
    id
}

both_stacks! {
    async fn provenance_leads_both_ways_from_task_to_task(stack: Stack) {
        let app = unlimited(stack).await;
        let first = carry_out(&app, INVOICES).await;
        let steps_of_first = steps(&app, &first).await;
        let writer = steps_of_first.last().unwrap();
        assert_eq!(writer["memoriesWritten"].as_array().unwrap().len(), 1, "{steps_of_first:#?}");
        let id = writer["memoriesWritten"][0]["id"].as_str().unwrap();
        assert_eq!(writer["memoriesWritten"][0]["source"], "STEP");

        let second = carry_out(&app, "Draft a reminder about the overdue invoices of customer Berg").await;
        let steps_of_second = steps(&app, &second).await;
        let readers: Vec<&Value> = steps_of_second
            .iter()
            .filter(|step| step["memoriesRead"].as_array().unwrap().iter().any(|read| read["memory"]["id"] == id))
            .collect();
        assert_eq!(readers.len(), 1, "{steps_of_second:#?}");
        let read = &readers[0]["memoriesRead"][0];
        assert_eq!(read["rank"], 1);
        assert!((0.25..=1.0).contains(&read["score"].as_f64().unwrap()), "{read}");

        let memory = memory(&app, id).await;
        assert_eq!(memory["writtenBy"]["id"], writer["id"]);
        assert_eq!(memory["writtenBy"]["task"], json!({ "id": first, "userId": "ada" }));
        assert_eq!(memory["metadata"], json!({ "agent": memory["writtenBy"]["agent"]["name"], "taskId": first }));
        assert_eq!(memory["influencedSteps"], json!([{ "id": readers[0]["id"], "task": { "id": second } }]));
    }

    async fn memories_of_a_task_are_listed_by_it(stack: Stack) {
        let app = unlimited(stack).await;
        remember(&app.client, "ada", "Something a person said").await;
        let first = carry_out(&app, "Summarize how tides work: the moon pulls the sea.").await;
        let second = carry_out(&app, "Summarize the cats: Miezi is grey.").await;
        let query = "query($task: ID!) { memories(filter: { taskId: $task }) { nodes { writtenBy { task { id } } } } }";
        for task in [first, second] {
            let data = app.graphql(query, json!({ "task": task })).await.data();
            assert_eq!(data["memories"]["nodes"], json!([{ "writtenBy": { "task": { "id": task } } }]));
        }
    }

    async fn a_user_recalls_nothing_of_another(stack: Stack) {
        let app = unlimited(stack).await;
        remember(&app.client, "bob", "Overdue invoices go to Mrs Keller").await;
        let id = carry_out(&app, "Summarize who gets overdue invoices").await;
        let task = app.task(&id).await;
        assert!(steps(&app, &id).await.iter().all(|step| step["memoriesRead"] == json!([])));
        assert!(!task["result"].as_str().unwrap().contains("Keller"), "{task:#}");
    }

    async fn the_same_task_again_and_again_leaves_one_memory(stack: Stack) {
        let app = unlimited(stack).await;
        let mut counts = Vec::new();
        for _ in 0..5 {
            carry_out(&app, INVOICES).await;
            counts.push(list(&app.client, "ada").await.len());
        }
        let memories = list(&app.client, "ada").await;
        assert!(counts[0] == 1 && counts[4] <= 2, "{counts:?} {memories:#?}");
    }

    async fn what_was_recalled_is_not_stored_again(stack: Stack) {
        let app = unlimited(stack).await;
        let fact = "Overdue invoices are handled by Mrs Keller on the third floor";
        remember(&app.client, "ada", fact).await;
        for description in [
            "Summarize who handles overdue invoices",
            "Search memory for overdue invoices and Mrs Keller",
            "Summarize who handles overdue invoices",
            "Search memory for overdue invoices and Mrs Keller",
        ] {
            let id = carry_out(&app, description).await;
            let read = steps(&app, &id).await;
            assert!(read.iter().any(|step| step["memoriesRead"].to_string().contains(fact)), "{description}");
        }
        let memories = list(&app.client, "ada").await;
        let copies: Vec<&Value> = memories
            .iter()
            .filter(|memory| memory["content"].as_str().unwrap().contains("third floor"))
            .collect();
        assert_eq!(copies.len(), 1, "{memories:#?}");
    }
}
