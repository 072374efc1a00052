//! Each call is paid to the billionth: by its price, summed on its step, summed on its task.

use entity::ledger_entry;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{
    app_with, completed,
    model::{calls_using, model, says, says_using, usage},
    speak_with,
};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{TestApp, both_stacks},
};

/// An analyst that calculates and a writer that reads much from its cache.
/// gpt-4o-mini costs 150 nano-USD for a token read, 75 from a cache, 600 for one written or thought.
async fn priced_model() -> ScriptedServer {
    model(|asked| match asked.tool_results().len() {
        0 if asked.is("analyst") => calls_using(
            "calculator",
            &json!({ "expression": "1 + 1" }),
            &usage(1_000, 400, 200, 50),
        ),
        1 => says_using("The sum is two.", &usage(333, 0, 7, 0)),
        _ => says_using("Dear reader, it is two.", &usage(2_001, 2_000, 1, 1)),
    })
    .await
}

/// A task's money and tokens.
async fn costs(app: &TestApp, id: &str) -> Value {
    let query = "query($id: ID!) { task(id: $id) { cost { amount currency } knownCost { amount } steps { kind \
        cost { amount } llmCalls { cost { amount } inputTokens cacheReadTokens cacheWriteTokens outputTokens \
        reasoningTokens model provider } } } }";
    app.graphql(query, json!({ "id": id })).await.data()["task"].clone()
}

/// One sum over everything of a user.
async fn total(app: &TestApp, user: &str) -> Value {
    let query = "query($user: String!) { costs(filter: { userId: $user }, groupBy: []) \
        { amount { amount currency } entries unpricedEntries inputTokens outputTokens } }";
    let data = app.graphql(query, json!({ "user": user })).await.data();
    assert_eq!(data["costs"].as_array().unwrap().len(), 1);
    data["costs"][0].clone()
}

fn amount(nanos: &str) -> Value {
    json!({ "amount": nanos })
}

both_stacks! {
    async fn every_call_costs_exactly_its_tokens(stack: Stack) {
        let server = priced_model().await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        let task = costs(&app, task["id"].as_str().unwrap()).await;
        let steps = task["steps"].as_array().unwrap();
        assert_eq!(steps.len(), 3, "{task:#}");
        let call = |cost: &str, tokens: [&str; 4]| {
            let [input, cached, output, reasoning] = tokens;
            json!({ "cost": amount(cost), "inputTokens": input, "cacheReadTokens": cached, "cacheWriteTokens": "0",
                "outputTokens": output, "reasoningTokens": reasoning, "model": "gpt-4o-mini", "provider": "openai" })
        };
        // 600 × 150 + 400 × 75 + 150 × 600 + 50 × 600; 333 × 150 + 7 × 600; 1 × 150 + 2,000 × 75 + 1 × 600.
        let first = call("0.000240000", ["1000", "400", "200", "50"]);
        let second = call("0.000054150", ["333", "0", "7", "0"]);
        let third = call("0.000150750", ["2001", "2000", "1", "1"]);
        assert_eq!(steps[0]["llmCalls"], json!([]));
        assert_eq!(steps[1]["llmCalls"], json!([first, second]));
        assert_eq!(steps[2]["llmCalls"], json!([third]));
        let of_steps: Vec<&Value> = steps.iter().map(|step| &step["cost"]["amount"]).collect();
        assert_eq!(of_steps, ["0.000000000", "0.000294150", "0.000150750"]);
        assert_eq!(task["cost"], json!({ "amount": "0.000444900", "currency": "USD" }));
        assert_eq!(task["knownCost"], amount("0.000444900"));
    }

    async fn a_fraction_of_a_billionth_is_rounded_up_once_a_call(stack: Stack) {
        let server = model(|_| says_using("Done with it.", &usage(3, 0, 1, 0))).await;
        let folder = tempfile::tempdir().unwrap();
        let prices = folder.path().join("prices.toml");
        // Half a nano-USD for a token read, a third of one for a token written: 1.5 + 0.333 = 1.833.
        let text = "[models]\n\"openai/gpt-4o-mini\" = { input = \"0.0005\", output = \"0.000333\" }\n";
        std::fs::write(&prices, text).unwrap();
        let app = TestApp::start_with(stack, |config| {
            speak_with(config, &server);
            config.models.prices_file = Some(prices);
        })
        .await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        assert_eq!(task["steps"][1]["cost"], amount("0.000000002"));
        assert_eq!(task["cost"], amount("0.000000004"));
        let entries = ledger_entry::Entity::find().all(&app.connection().await).await.unwrap();
        let mut versions: Vec<&str> = entries.iter().map(|entry| entry.price_version.as_str()).collect();
        versions.dedup();
        assert!(versions.len() == 1 && versions[0].contains('+'), "{versions:?}");
    }

    async fn embeddings_are_paid_inside_and_outside_of_tasks(stack: Stack) {
        let server = model(|_| says("The requirements are these: be quick, be right, be kind.")).await;
        let app = TestApp::start_with(stack, |config| {
            speak_with(config, &server);
            config.models.openai.embedding_model = Some("text-embedding-3-small".to_owned());
            config.models.openai.embedding_dimension = 8;
        })
        .await;
        let remember = "mutation { remember(input: { userId: \"ada\", content: \"Tea at four\" }) { memory { id } } }";
        let search = "{ searchMemory(input: { userId: \"ada\", query: \"tea\" }) { scanned } }";
        // Eleven tokens of text-embedding-3-small are 220 nano-USD.
        for (query, spent, entries) in [(remember, "0.000000220", "1"), (search, "0.000000440", "2")] {
            app.graphql(query, json!({})).await.data();
            let sum = total(&app, "ada").await;
            assert_eq!((&sum["amount"]["amount"], &sum["entries"]), (&json!(spent), &json!(entries)));
        }
        let task = completed(&app, "Analyze the requirements.").await;
        // What is recalled, the model's answer (100 × 150 + 10 × 600), and what is learned.
        assert_eq!(task["steps"][1]["cost"], amount("0.000021440"), "{task:#}");
        assert_eq!(task["cost"], amount("0.000021440"));
        assert_eq!(total(&app, "ada").await["amount"]["amount"], "0.000021880");
        assert_eq!(total(&app, "bob").await["entries"], "0");
    }

    async fn an_unknown_price_is_null_and_never_zero(stack: Stack) {
        let server = model(|_| says("The requirements are these: be quick, be right, be kind.")).await;
        let app = TestApp::start_with(stack, |config| {
            speak_with(config, &server);
            config.models.openai.model = "mystery-1".to_owned();
            config.models.openai.embedding_model = Some("text-embedding-3-small".to_owned());
            config.models.openai.embedding_dimension = 8;
        })
        .await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        let task = costs(&app, task["id"].as_str().unwrap()).await;
        assert_eq!(task["cost"], Value::Null);
        for step in &task["steps"].as_array().unwrap()[1..] {
            assert_eq!((&step["cost"], &step["llmCalls"][0]["cost"]), (&Value::Null, &Value::Null), "{task:#}");
            assert_eq!(step["llmCalls"][0]["inputTokens"], "100");
        }
        assert_eq!(task["steps"][0]["cost"], amount("0.000000000"), "planning asks no model");
        // One step leaves a lesson, whose embedding has a price.
        assert_eq!(task["knownCost"], amount("0.000000220"));
        let sum = total(&app, "ada").await;
        assert_eq!((&sum["unpricedEntries"], &sum["entries"]), (&json!("2"), &json!("3")));
        assert_eq!(sum["amount"]["amount"], "0.000000220");
    }

    async fn without_usage_tokens_are_estimated_and_said_to_be(stack: Stack) {
        let silent = ScriptedAnswer::sse(&[
            json!({ "choices": [{ "delta": { "content": "The requirements are these." } }] }),
            json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }),
        ])
        .done();
        let server = model(move |_| silent.clone()).await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Analyze the requirements.").await;
        let entries = ledger_entry::Entity::find().all(&app.connection().await).await.unwrap();
        let entry = entries.iter().find(|entry| entry.provider == "openai").unwrap();
        assert!(entry.estimated && entry.input_tokens > 50 && entry.output_tokens > 2, "{entry:?}");
        let by_hand = entry.input_tokens * 150 + entry.output_tokens * 600;
        assert_eq!(entry.amount_nanos.unwrap().0, by_hand);
        assert_eq!(task["cost"], amount(&format!("0.{by_hand:09}")));
    }

    async fn the_offline_model_costs_a_known_zero(stack: Stack) {
        let app = TestApp::start(stack).await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        let task = costs(&app, task["id"].as_str().unwrap()).await;
        assert_eq!(task["cost"], json!({ "amount": "0.000000000", "currency": "USD" }));
        assert_eq!(task["steps"][1]["llmCalls"][0]["cost"], amount("0.000000000"));
        let sum = total(&app, "ada").await;
        assert_eq!((&sum["amount"]["amount"], &sum["unpricedEntries"]), (&json!("0.000000000"), &json!("0")));
        assert!(sum["inputTokens"].as_str().unwrap().parse::<u64>().unwrap() > 50, "{sum}");
    }
}
