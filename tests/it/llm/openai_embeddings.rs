//! Embeddings of OpenAI-compatible servers.

use agent_orchestrator::llm::{Embedder, LlmError, chat::Usage, openai::OpenAiEmbedder};
use serde_json::{Value, json};

use super::{
    openai::settings,
    scripted_server::{ScriptedAnswer, ScriptedServer},
};

#[tokio::test]
async fn embeddings_are_put_in_order_and_to_length_one() {
    let server = ScriptedServer::start(vec![ScriptedAnswer::json(
        200,
        &json!({ "data": [
            { "index": 1, "embedding": [0.0, 5.0] },
            { "index": 0, "embedding": [3.0, 4.0] },
        ], "usage": { "prompt_tokens": 7, "total_tokens": 7 } }),
    )])
    .await;
    let embedder = OpenAiEmbedder::new(settings(&server), "text-embedding-3-small", 2).unwrap();
    let embedding = embedder.embed(&["a".to_owned(), String::new()]).await.unwrap();
    assert_eq!(embedding.vectors, [vec![0.6, 0.8], vec![0.0, 1.0]]);
    assert_eq!(
        embedding.usage,
        Some(Usage {
            input: 7,
            ..Usage::default()
        })
    );
    assert_eq!(embedder.id(), "openai/text-embedding-3-small@2");
    let received = server.requests().remove(0);
    assert_eq!(received.path, "/v1/embeddings");
    assert_eq!(
        received.body,
        json!({ "model": "text-embedding-3-small", "input": ["a", " "], "encoding_format": "float", "dimensions": 2 })
    );
}

#[tokio::test]
async fn embeddings_are_asked_for_in_batches() {
    let server = ScriptedServer::answering(|received| {
        let count = received.body["input"].as_array()?.len();
        let data: Vec<Value> = (0..count).map(|_| json!({ "embedding": [1.0, 0.0] })).collect();
        Some(ScriptedAnswer::json(
            200,
            &json!({ "data": data, "usage": { "prompt_tokens": count } }),
        ))
    })
    .await;
    let embedder = OpenAiEmbedder::new(settings(&server), "m", 2).unwrap();
    let embedding = embedder.embed(&vec!["text".to_owned(); 300]).await.unwrap();
    assert_eq!(
        (embedding.vectors.len(), embedding.usage.unwrap().input),
        (300, 300)
    );
    assert_eq!(server.requests().len(), 3);
    assert!(embedder.embed(&[]).await.unwrap().vectors.is_empty());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn embeddings_that_cannot_be_used_are_refused() {
    for data in [
        json!([{ "embedding": [1.0] }]),
        json!([{ "embedding": [1.0, "NaN"] }]),
        json!([{ "embedding": [1.0, null] }]),
        json!([{ "embedding": [0.0, 0.0] }]),
        json!([]),
        json!([{ "embedding": [1.0, 0.0] }, { "embedding": [1.0, 0.0] }]),
        json!([{ "index": 5, "embedding": [1.0, 0.0] }]),
        json!("none"),
    ] {
        let server = ScriptedServer::start(vec![ScriptedAnswer::json(200, &json!({ "data": data }))]).await;
        let embedder = OpenAiEmbedder::new(settings(&server), "m", 2).unwrap();
        let refused = embedder.embed(&["text".to_owned()]).await;
        assert!(
            matches!(refused, Err(LlmError::Malformed { .. })),
            "{data}: {refused:?}"
        );
    }
}
