//! Usage in the words of each provider, and what its bill says.

use agent_orchestrator::llm::{chat::Usage, prices::PriceBook};
use serde_json::{Value, json};

use super::{ask, format::Format, request, scripted_server::ScriptedServer, user};

/// Usage as each provider writes it, and what its bill says: tokens per bucket, and nano-USD by its price list.
fn fixtures() -> [(Format, &'static str, Value, Usage, i64); 4] {
    let usage = |input, cache_read, cache_write, output, reasoning| Usage {
        input,
        cache_read,
        cache_write,
        output,
        reasoning,
    };
    [
        (
            Format::OpenAi,
            "gpt-4o",
            json!({ "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
                "prompt_tokens_details": { "cached_tokens": 1920, "audio_tokens": 0 },
                "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 } }),
            usage(86, 1920, 0, 300, 0),
            86 * 2_500 + 1920 * 1_250 + 300 * 10_000,
        ),
        (
            Format::OpenAi,
            "o4-mini",
            json!({ "prompt_tokens": 75, "completion_tokens": 1186, "total_tokens": 1261,
                "prompt_tokens_details": { "cached_tokens": 0 },
                "completion_tokens_details": { "reasoning_tokens": 1024 } }),
            usage(75, 0, 0, 162, 1024),
            75 * 1_100 + 1186 * 4_400,
        ),
        (
            Format::Anthropic,
            "claude-sonnet-4-5",
            json!({ "input_tokens": 50, "cache_read_input_tokens": 100_000, "cache_creation_input_tokens": 248,
                "cache_creation": { "ephemeral_5m_input_tokens": 248, "ephemeral_1h_input_tokens": 0 },
                "output_tokens": 503, "service_tier": "standard" }),
            usage(50, 100_000, 248, 503, 0),
            50 * 3_000 + 100_000 * 300 + 248 * 3_750 + 503 * 15_000,
        ),
        (
            Format::Anthropic,
            "claude-haiku-4-5",
            json!({ "input_tokens": 2095, "cache_read_input_tokens": null, "cache_creation_input_tokens": null,
                "output_tokens": 12 }),
            usage(2095, 0, 0, 12, 0),
            2095 * 1_000 + 12 * 5_000,
        ),
    ]
}

#[tokio::test]
async fn the_buckets_add_up_to_the_bill() {
    let prices = PriceBook::builtin().unwrap();
    for (format, name, used, expected, bill) in fixtures() {
        let server = ScriptedServer::start(vec![format.says_using("x", &used)]).await;
        let model = format.model(format.settings(&server));
        let answer = ask(model.as_ref(), &request(name, vec![user("hi")], &[]))
            .await
            .0
            .unwrap();
        assert_eq!(answer.usage, Some(expected), "{name}");
        assert_eq!(
            prices.cost(model.provider(), name, &expected),
            Some(bill),
            "{name}"
        );
    }
}
