//! Forgetting: gone from searches, lists, nodes, provenance and the table, and only at the owner's word.

use entity::memory;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{contents, forget, list, remember, search, unlimited};
use crate::support::both_stacks;

const NODE: &str = "query($id: ID!) { node(id: $id) { __typename ... on Memory { content } } }";

both_stacks! {
    async fn a_forgotten_memory_is_gone_everywhere(stack: Stack) {
        let app = unlimited(stack).await;
        let id = remember(&app.client, "ada", "The alarm code is 4711").await;
        let kept = remember(&app.client, "ada", "The alarm was built in 1998").await;
        assert_eq!(contents(&search(&app.client, "ada", "alarm code").await).len(), 2);
        let found = app.graphql(NODE, json!({ "id": id })).await.data();
        assert_eq!(found["node"]["content"], "The alarm code is 4711");

        assert_eq!(forget(&app.client, "ada", &id).await["forgottenId"], id);

        let found = search(&app.client, "ada", "alarm code 4711").await;
        assert_eq!((contents(&found), &found["scanned"]), (vec!["The alarm was built in 1998"], &json!(1)));
        let listed = list(&app.client, "ada").await;
        assert_eq!(listed.iter().map(|memory| &memory["id"]).collect::<Vec<_>>(), [&kept]);
        assert_eq!(app.graphql(NODE, json!({ "id": id })).await.data()["node"], Value::Null);
        let rows = memory::Entity::find().all(&app.connection().await).await.unwrap();
        let row = rows.iter().find(|row| row.id.to_string() == id).unwrap();
        assert!(row.content.is_empty() && row.content_hash.is_empty() && row.embedding.is_empty());
        assert_eq!(row.metadata.0, "{}");
        assert!(row.forgotten_at.is_some());
        let again = forget(&app.client, "ada", &id).await;
        assert_eq!((&again["forgottenId"], &again["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
    }

    async fn a_forgotten_text_can_be_remembered_anew(stack: Stack) {
        let app = unlimited(stack).await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = remember(&app.client, "ada", "Tea at four").await;
            assert_eq!(search(&app.client, "ada", "tea").await["hits"][0]["memory"]["id"], id);
            forget(&app.client, "ada", &id).await;
            assert_eq!(search(&app.client, "ada", "tea").await["hits"], json!([]));
            ids.push(id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }

    async fn what_is_not_yours_cannot_be_forgotten(stack: Stack) {
        let app = unlimited(stack).await;
        let id = remember(&app.client, "ada", "Tea at four").await;
        let refused = forget(&app.client, "bob", &id).await;
        assert_eq!((&refused["forgottenId"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
        assert_eq!(contents(&search(&app.client, "ada", "tea").await), ["Tea at four"]);
        let task = id.replace("mem_", "task_");
        for bad in ["", "mem_", "4711", "mem_zz", "mem_00000000000000000000000000000000", task.as_str()] {
            let refused = forget(&app.client, "ada", bad).await;
            assert_eq!(refused["forgottenId"], Value::Null, "{bad}");
            assert!(!refused["userErrors"].as_array().unwrap().is_empty(), "{bad}: {refused}");
        }
    }

    async fn a_memory_a_step_read_leaves_its_provenance_when_it_is_forgotten(stack: Stack) {
        let app = unlimited(stack).await;
        let id = remember(&app.client, "ada", "Overdue invoices go to Mrs Keller").await;
        let task = app.submit("ada", "Summarize who gets overdue invoices").await;
        let read = |task: &Value| task["steps"][1]["memoriesRead"].clone();
        assert_eq!(read(&app.finished(&task).await)[0]["memory"]["content"], "Overdue invoices go to Mrs Keller");
        forget(&app.client, "ada", &id).await;
        assert_eq!(read(&app.task(&task).await), json!([]));
    }
}
