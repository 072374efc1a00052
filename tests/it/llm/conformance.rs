//! What every chat model and every embedder keeps, whoever answers.

use std::collections::HashSet;

use agent_orchestrator::llm::{
    ChatModel, Embedder,
    chat::{ChatMessage, FinishReason},
    offline::{MODEL, OfflineEmbedder, OfflineModel},
    openai::OpenAiEmbedder,
};
use serde_json::json;

use super::{
    ask,
    format::Format,
    openai::settings,
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

/// A conversation in two turns: the model asks for the calculator, gets its result, and answers.
async fn converses(model: &dyn ChatModel, name: &str) {
    assert!(!model.provider().is_empty() && !model.provider().contains('/'));
    let mut messages = vec![user("Calculate 12 * 7.")];
    let (first, pieces) = ask(model, &request(name, messages.clone(), &["calculator"])).await;
    let first = first.unwrap();
    assert_eq!(pieces.concat(), first.content);
    assert_eq!(first.finish, FinishReason::ToolCalls);
    let [call] = first.tool_calls.as_slice() else {
        panic!("{:?}", first.tool_calls)
    };
    assert_eq!(call.name, "calculator");
    let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
    assert_eq!(arguments, json!({ "expression": "12 * 7" }));
    messages.push(ChatMessage::Assistant {
        content: first.content,
        tool_calls: first.tool_calls.clone(),
        thinking: first.thinking,
    });
    messages.push(ChatMessage::Tool {
        tool_call_id: call.id.clone(),
        name: call.name.clone(),
        content: "84".to_owned(),
    });
    let (second, pieces) = ask(model, &request(name, messages, &["calculator"])).await;
    let second = second.unwrap();
    assert!(pieces.len() > 1 && pieces.iter().all(|piece| !piece.is_empty()));
    assert_eq!(pieces.concat(), second.content);
    assert_eq!((second.finish, second.tool_calls.len()), (FinishReason::Stop, 0));
    assert!(second.content.contains("84"));
    assert!(
        second
            .usage
            .is_some_and(|usage| usage.input > 0 && usage.output > 0)
    );
    assert!(!second.model.is_empty());
}

/// Vectors of length 1, one for each text, in order, the same each time.
async fn embeds(embedder: &dyn Embedder) {
    assert!(embedder.id().contains('/') && embedder.dimension() > 0);
    let texts: Vec<String> = ["one", "two", "one", ""].map(str::to_owned).into();
    let first = embedder.embed(&texts).await.unwrap();
    assert_eq!(first.vectors.len(), texts.len());
    for vector in &first.vectors {
        assert_eq!(vector.len(), embedder.dimension());
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-4);
    }
    assert_eq!(first.vectors[0], first.vectors[2]);
    let distinct: HashSet<String> = first.vectors.iter().map(|vector| format!("{vector:?}")).collect();
    assert_eq!(distinct.len(), 3);
    assert_eq!(embedder.embed(&texts).await.unwrap().vectors, first.vectors);
    assert!(embedder.embed(&[]).await.unwrap().vectors.is_empty());
}

#[tokio::test]
async fn the_offline_model_conforms() {
    converses(&OfflineModel, MODEL).await;
    embeds(&OfflineEmbedder).await;
}

#[tokio::test]
async fn models_over_http_conform() {
    for format in Format::ALL {
        let server = ScriptedServer::start(vec![
            format.calls("calculator", &json!({ "expression": "12 * 7" })),
            format.says("The result is 84.", 40, 6),
        ])
        .await;
        converses(format.model(format.settings(&server)).as_ref(), "model-test").await;
        let sent = server.requests().remove(1).body;
        let result = match format {
            Format::OpenAi => {
                assert_eq!(sent["messages"][2]["role"], "tool");
                (
                    &sent["messages"][2]["tool_call_id"],
                    &sent["messages"][2]["content"],
                )
            }
            Format::Anthropic => {
                let block = &sent["messages"][2]["content"][0];
                assert_eq!(
                    (&sent["messages"][2]["role"], &block["type"]),
                    (&json!("user"), &json!("tool_result"))
                );
                (&block["tool_use_id"], &block["content"])
            }
        };
        let id = match format {
            Format::OpenAi => "call_calculator",
            Format::Anthropic => "toolu_calculator",
        };
        assert_eq!(result, (&json!(id), &json!("84")));
    }
}

#[tokio::test]
async fn the_openai_embedder_conforms() {
    let server = ScriptedServer::answering(|received| {
        let texts = received.body["input"].as_array()?;
        let vector =
            |text: &str| json!({ "embedding": [text.len(), text.bytes().map(u64::from).sum::<u64>()] });
        let data: Vec<_> = texts
            .iter()
            .filter_map(|text| text.as_str().map(vector))
            .collect();
        Some(ScriptedAnswer::json(200, &json!({ "data": data })))
    })
    .await;
    embeds(&OpenAiEmbedder::new(settings(&server), "m", 2).unwrap()).await;
}
