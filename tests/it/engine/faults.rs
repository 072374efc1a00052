//! What goes wrong inside a step stays inside it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agent_orchestrator::{
    config::server::Roles,
    domain::retry::Backoff,
    engine::{
        Engine, PlannerSettings,
        worker::{Worker, WorkerSettings},
    },
    llm::{
        ChatModel, DeltaSink, LlmError,
        chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason, ToolRequest, Usage},
        prices::PriceBook,
        router::ModelRouter,
    },
    tools::{Tool, ToolContext, ToolDefinition, ToolError, registry::ToolRegistry},
};
use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{POEM, app_on, attempts, chat, hanging};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{TestApp, both_stacks},
};

/// A model that panics when it is asked first, then asks for a tool that panics, then answers.
#[derive(Default)]
struct Clumsy(AtomicBool);

#[async_trait]
impl ChatModel for Clumsy {
    fn provider(&self) -> &str {
        "offline"
    }

    async fn chat(&self, request: &ChatRequest, _: DeltaSink<'_>) -> Result<ChatAnswer, LlmError> {
        assert!(self.0.swap(true, Ordering::SeqCst), "the model trips");
        let results = request.messages.iter().find_map(|message| match message {
            ChatMessage::Tool { content, .. } => Some(content.clone()),
            _ => None,
        });
        let call = ToolRequest {
            id: "1".to_owned(),
            name: "trip".to_owned(),
            arguments: String::new(),
        };
        Ok(ChatAnswer {
            finish: if results.is_some() {
                FinishReason::Stop
            } else {
                FinishReason::ToolCalls
            },
            tool_calls: if results.is_some() { Vec::new() } else { vec![call] },
            content: results
                .map(|result| format!("the tool said: {result}"))
                .unwrap_or_default(),
            usage: Some(Usage::default()),
            model: request.model.clone(),
            thinking: None,
        })
    }
}

struct Trip(ToolDefinition);

#[async_trait]
impl Tool for Trip {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    async fn run(&self, _: &Value, _: ToolContext<'_>) -> Result<String, ToolError> {
        panic!("the tool trips over a secret")
    }
}

fn trip() -> Arc<dyn Tool> {
    Arc::new(Trip(ToolDefinition {
        name: "trip".to_owned(),
        description: "Trips.".to_owned(),
        parameters: json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        effect: ToolEffect::Pure,
        timeout: Duration::from_secs(5),
    }))
}

/// A worker on an app's data, with the clumsy model and tool.
fn clumsy_worker(app: &TestApp) -> Worker {
    let services = app.services.clone();
    let model: Arc<dyn ChatModel> = Arc::new(Clumsy::default());
    let agent = "[[agents]]\nname = 'writer'\ndescription = 'x'\ninstructions = 'x'\ntools = ['trip']\n";
    let engine = Engine {
        store: services.store.clone(),
        feed: services.feed.clone(),
        memory: services.memory,
        models: ModelRouter::new([("offline".to_owned(), model)].into(), "offline/clumsy").unwrap(),
        prices: Arc::new(PriceBook::builtin().unwrap()),
        tools: Arc::new(ToolRegistry::builder().register(trip()).build().unwrap()),
        agents: Arc::new(agent_orchestrator::agents::registry::AgentRegistry::parse(agent).unwrap()),
        planner: PlannerSettings {
            model: "default".to_owned(),
            max_output_tokens: 1_000,
        },
    };
    Worker {
        store: services.store,
        feed: services.feed,
        work: Arc::new(engine),
        settings: Arc::new(WorkerSettings {
            worker_id: "clumsy".to_owned(),
            concurrency: 1,
            claim_batch: 1,
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            poll: Duration::from_millis(100),
            step_timeout: Duration::from_secs(30),
            backoff: Backoff {
                base: Duration::from_millis(5),
                max: Duration::from_millis(5),
            },
            drain: Duration::from_secs(1),
        }),
    }
}

both_stacks! {
    async fn a_panicking_model_or_tool_does_not_end_the_worker(stack: Stack) {
        let app = TestApp::start_with(stack, |config| config.server.roles = Roles { api: true, worker: false }).await;
        let stop = CancellationToken::new();
        let worker = tokio::spawn(clumsy_worker(&app).run(stop.clone()));
        for outcomes in [vec!["RETRYING", "COMPLETED"], vec!["COMPLETED"]] {
            let id = app.submit("ada", POEM).await;
            let task = app.finished(&id).await;
            assert_eq!(task["status"], "COMPLETED", "{task:#}");
            let only = &task["steps"][1];
            assert_eq!(attempts(only, "outcome"), outcomes);
            assert_eq!(
                (&only["toolCalls"][0]["status"], &only["toolCalls"][0]["error"]["code"]),
                (&json!("FAILED"), &json!("TOOL_FAILED")),
            );
            let output = only["output"].as_str().unwrap();
            assert!(output.starts_with("the tool said: Error") && !output.contains("secret"), "{output}");
            if outcomes.len() == 2 {
                assert_eq!(only["attempts"][0]["error"]["code"], "PANIC");
                assert_eq!(only["llmCalls"][0]["error"]["code"], "ABANDONED");
            }
        }
        stop.cancel();
        worker.await.unwrap().unwrap();
    }

    async fn a_step_that_takes_too_long_is_stopped_and_tried_again(stack: Stack) {
        let server = ScriptedServer::start(vec![hanging(), chat("in time")]).await;
        let app = app_on(stack, &server, |config| config.engine.step_timeout_seconds = 1).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("in time")), "{task:#}");
        let only = &task["steps"][1];
        assert_eq!(attempts(only, "outcome"), ["RETRYING", "COMPLETED"]);
        assert_eq!(only["attempts"][0]["error"]["code"], "STEP_TIMEOUT");
        assert_eq!(only["llmCalls"][0]["error"]["code"], "ABANDONED");
    }
}
