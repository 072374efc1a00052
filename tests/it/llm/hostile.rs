//! Servers that do harm, in every format: no call hangs, grows without bound or passes half an answer for a whole.

use std::time::{Duration, Instant};

use agent_orchestrator::llm::{LlmError, ProviderSettings, Retry};
use serde_json::json;

use super::{
    ask,
    format::{Format, KEY},
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

/// The failure of a model that is asked once.
async fn failure(format: Format, answer: ScriptedAnswer) -> LlmError {
    failure_with(format, answer, |_| {}).await
}

async fn failure_with(
    format: Format,
    answer: ScriptedAnswer,
    change: impl FnOnce(&mut ProviderSettings),
) -> LlmError {
    let server = ScriptedServer::start(vec![answer]).await;
    let mut settings = format.settings(&server);
    change(&mut settings);
    let model = format.model(settings);
    let asked = ask(model.as_ref(), &request("m", vec![user("hi")], &["f"])).await;
    asked.0.unwrap_err()
}

#[tokio::test]
async fn overload_says_when_to_come_back() {
    for format in Format::ALL {
        for status in [429, 503, 529] {
            let refusal = || format.refusal(status, "overloaded_error", "busy");
            let error = failure(format, refusal().header("retry-after", "7")).await;
            assert!(
                matches!(error, LlmError::Overloaded { .. }),
                "{format:?} {status}: {error:?}"
            );
            assert_eq!(
                error.retry(),
                Retry::After(Duration::from_secs(7)),
                "{format:?} {status}"
            );
            assert_eq!(
                failure(format, refusal()).await.retry(),
                Retry::Backoff,
                "{format:?} {status}"
            );
        }
        let error = failure(format, format.refusal(500, "api_error", "it broke")).await;
        assert!(
            matches!(error, LlmError::Unavailable { .. }),
            "{format:?}: {error:?}"
        );
        let text = failure(
            format,
            ScriptedAnswer::text(500, "text/html", "<h1>Bad Gateway</h1>"),
        )
        .await;
        assert!(text.to_string().contains("<h1>Bad Gateway</h1>"), "{text}");
    }
}

#[tokio::test]
async fn an_answer_byte_by_byte_is_whole() {
    for format in Format::ALL {
        let slow = format
            .says("für 日本 🦀 gut", 3, 4)
            .byte_by_byte(Duration::from_millis(1));
        let server = ScriptedServer::start(vec![slow]).await;
        let model = format.model(format.settings(&server));
        let (answer, pieces) = ask(model.as_ref(), &request("m", vec![user("hi")], &[])).await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.content.as_str(), pieces.concat().as_str()),
            ("für 日本 🦀 gut", "für 日本 🦀 gut")
        );
    }
}

#[tokio::test]
async fn a_drip_that_never_ends_meets_the_total_time() {
    for format in Format::ALL {
        let drip = (0..400).fold(format.opening(), |answer, _| {
            answer.then(":").pause(Duration::from_millis(50))
        });
        let started = Instant::now();
        let error = failure_with(format, drip, |settings| {
            settings.request_timeout = Duration::from_secs(1);
            settings.stall_timeout = Duration::from_millis(500);
        })
        .await;
        assert!(
            matches!(error, LlmError::Unavailable { .. }),
            "{format:?}: {error:?}"
        );
        assert!((1..8).contains(&started.elapsed().as_secs()), "{format:?}");
    }
}

#[tokio::test]
async fn a_flood_of_nothing_meets_the_total_time() {
    for format in Format::ALL {
        // Each of them is well-formed and says nothing.
        let nothing = "event: ping\ndata: {\"type\": \"ping\"}\n\n".repeat(100);
        let started = Instant::now();
        let error = failure_with(format, format.opening().forever(&nothing), |settings| {
            settings.request_timeout = Duration::from_secs(1);
        })
        .await;
        let ended = matches!(error, LlmError::Unavailable { .. } | LlmError::Malformed { .. });
        assert!(ended, "{format:?}: {error:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{format:?}");
    }
}

#[tokio::test]
async fn silence_ends_a_call() {
    for format in Format::ALL {
        let hanging = [
            format.opening().then(&format.piece("half")).hang(),
            ScriptedAnswer::sse(&[]).hang(),
            ScriptedAnswer::text(200, "application/json", "{").hang(),
        ];
        for answer in hanging {
            let started = Instant::now();
            let error = failure_with(format, answer, |settings| {
                settings.stall_timeout = Duration::from_millis(200);
            })
            .await;
            assert!(
                matches!(error, LlmError::Unavailable { .. }),
                "{format:?}: {error:?}"
            );
            assert!(started.elapsed() < Duration::from_secs(8));
        }
    }
}

#[tokio::test]
async fn half_an_answer_is_none() {
    for format in Format::ALL {
        let piece = format.piece("half an ans");
        let (token, _) = piece.split_at(piece.find("f an").unwrap());
        for answer in [
            format
                .opening()
                .then(&piece)
                .pause(Duration::from_millis(50))
                .cut(),
            format
                .opening()
                .then(token)
                .pause(Duration::from_millis(50))
                .cut(),
            format.opening().then(token),
            format.opening().then(&piece),
            ScriptedAnswer::sse(&[]),
        ] {
            let error = failure(format, answer.clone()).await;
            assert!(
                matches!(error, LlmError::Unavailable { .. }),
                "{format:?} {answer:?}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_whole_or_an_error() {
    for format in Format::ALL {
        for whole in [
            format.says("für jeden 日本 etwas", 3, 4),
            format.calls("f", &json!({ "a": [1, { "b": "c" }] })),
        ] {
            let cuts = whole.cut_everywhere(7);
            let count = cuts.len();
            let server = ScriptedServer::start([vec![whole], cuts].concat()).await;
            let model = format.model(format.settings(&server));
            let request = request("m", vec![user("hi")], &["f"]);
            let expected = ask(model.as_ref(), &request).await.0.unwrap();
            let mut broken = 0;
            for _ in 0..count {
                match ask(model.as_ref(), &request).await.0 {
                    Ok(answer) => assert_eq!(
                        (answer.content, answer.tool_calls, answer.finish),
                        (
                            expected.content.clone(),
                            expected.tool_calls.clone(),
                            expected.finish
                        )
                    ),
                    Err(error) => {
                        // One that ends within a character is called malformed; either way another try is worth it.
                        assert!(
                            error.retry() == Retry::Backoff && error.is_of_provider(),
                            "{error:?}"
                        );
                        broken += 1;
                    }
                }
            }
            assert!(broken > count / 2, "{format:?}: {broken} of {count}");
        }
    }
}

#[tokio::test]
async fn what_is_not_the_format_is_malformed() {
    for format in Format::ALL {
        for answer in [
            format
                .opening()
                .then("data: {\"type\": \"content_block_delta\", \n\n")
                .hang(),
            ScriptedAnswer::text(200, "application/json", "{\"choices\": [{\"content\": ["),
            ScriptedAnswer::json(200, &json!([])),
            ScriptedAnswer::text(
                200,
                "text/html; charset=utf-8",
                "<html>Sign in to continue</html>",
            )
            .hang(),
            ScriptedAnswer::text(200, "image/png", "\u{1}PNG"),
        ] {
            let error = failure(format, answer.clone()).await;
            assert!(
                matches!(error, LlmError::Malformed { .. }),
                "{format:?} {answer:?}: {error:?}"
            );
            assert_eq!(error.retry(), Retry::Backoff);
        }
    }
}

#[tokio::test]
async fn endless_answers_are_bounded() {
    for format in Format::ALL {
        for endless in [
            format.piece(&"la ".repeat(500)),
            format.one_more_call(),
            "x".repeat(60_000),
            format!("data: {}\n", "y".repeat(5_000)),
            "\n".repeat(60_000),
        ] {
            let error = failure_with(format, format.opening().forever(&endless), |settings| {
                settings.request_timeout = Duration::from_secs(600);
                settings.stall_timeout = Duration::from_secs(600);
            })
            .await;
            assert!(
                matches!(error, LlmError::Malformed { .. }),
                "{format:?} {endless:.40}: {error:?}"
            );
        }
        let document =
            ScriptedAnswer::text(200, "application/json", "{\"content\": \"").forever(&"z".repeat(50_000));
        assert!(
            matches!(failure(format, document).await, LlmError::Malformed { .. }),
            "{format:?}"
        );
    }
}

#[tokio::test]
async fn the_key_stays_secret_and_at_home() {
    for format in Format::ALL {
        let echo = format!("the key {KEY} is wrong");
        for answer in [
            format.refusal(401, "authentication_error", &echo),
            ScriptedAnswer::text(403, "text/plain", echo.clone()),
            format.opening().then(&format!(
                "event: error\ndata: {}\n\n",
                format.error("api_error", &echo)
            )),
        ] {
            let error = failure(format, answer).await;
            assert!(!format!("{error} {error:?}").contains("0123456789"), "{error:?}");
        }
        let elsewhere = ScriptedServer::always(format.says("stolen", 1, 1)).await;
        let moved = ScriptedAnswer::text(307, "text/plain", "").header("location", &elsewhere.base_url());
        assert!(matches!(failure(format, moved).await, LlmError::Rejected { .. }));
        assert!(elsewhere.requests().is_empty());
    }
}
