//! What goes wrong with a server, and what it is called.

use std::time::{Duration, Instant};

use agent_orchestrator::llm::{LlmError, ProviderSettings, Retry, openai::OpenAiModel};
use serde_json::json;

use super::{
    ask,
    openai::{KEY, model, settings},
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

async fn failure(answer: ScriptedAnswer) -> LlmError {
    let server = ScriptedServer::start(vec![answer]).await;
    failure_of(&model(&server)).await
}

async fn failure_of(model: &OpenAiModel) -> LlmError {
    ask(model, &request("m", vec![user("hi")], &[]))
        .await
        .0
        .unwrap_err()
}

/// The failure of a model that gives a server all the time it takes: only the bounds on what it sends are in its way.
async fn patient_failure(answer: ScriptedAnswer) -> LlmError {
    let server = ScriptedServer::start(vec![answer]).await;
    let ages = Duration::from_secs(600);
    let model = OpenAiModel::new(ProviderSettings {
        request_timeout: ages,
        stall_timeout: ages,
        ..settings(&server)
    });
    failure_of(&model.unwrap()).await
}

fn said(text: &str) -> serde_json::Value {
    json!({ "choices": [{ "delta": { "content": text } }] })
}

#[tokio::test]
async fn statuses_have_their_errors() {
    let error = |status| {
        failure(ScriptedAnswer::json(
            status,
            &json!({ "error": { "message": "sorry" } }),
        ))
    };
    for status in [429, 503, 529] {
        let error = error(status).await;
        assert!(
            matches!(
                error,
                LlmError::Overloaded {
                    retry_after: None,
                    ..
                }
            ),
            "{status}: {error:?}"
        );
        assert!(error.to_string().contains("sorry"));
    }
    for status in [500, 502, 504, 408] {
        assert!(
            matches!(error(status).await, LlmError::Unavailable { .. }),
            "{status}"
        );
    }
    for status in [401, 403] {
        assert!(
            matches!(error(status).await, LlmError::Unauthorized { .. }),
            "{status}"
        );
    }
    for status in [400, 404, 413, 422] {
        let error = error(status).await;
        assert!(matches!(error, LlmError::Rejected { .. }), "{status}");
        assert_eq!(error.retry(), Retry::Never);
    }
}

#[tokio::test]
async fn the_time_to_come_back_is_read() {
    let overloaded = || ScriptedAnswer::text(429, "text/plain", "slow down");
    for (answer, wait) in [
        (overloaded().header("retry-after", "7"), 7_000),
        (overloaded().header("retry-after", "0.5"), 500),
        (
            overloaded()
                .header("retry-after-ms", "1500")
                .header("retry-after", "2"),
            1_500,
        ),
        (
            overloaded()
                .header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
                .header("retry-after", "Sun, 22 Nov 2026 10:01:30 GMT"),
            90_000,
        ),
        (
            overloaded()
                .header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
                .header("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT"),
            0,
        ),
    ] {
        assert_eq!(
            failure(answer).await.retry(),
            Retry::After(Duration::from_millis(wait))
        );
    }
    for nonsense in ["soon", "-5", "NaN", "1e400", ""] {
        assert_eq!(
            failure(overloaded().header("retry-after", nonsense))
                .await
                .retry(),
            Retry::Backoff,
            "{nonsense}"
        );
    }
}

#[tokio::test]
async fn an_exhausted_account_is_not_asked_again() {
    let body =
        json!({ "error": { "message": "You exceeded your current quota", "code": "insufficient_quota" } });
    let error = failure(ScriptedAnswer::json(429, &body)).await;
    assert_eq!(error.retry(), Retry::Never);
    assert!(error.to_string().contains("quota"));
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_debug_text() {
    let echo = format!("Incorrect API key provided: {KEY}. {}", "x".repeat(5_000));
    let in_stream = format!("data: {}\n\n", json!({ "error": { "message": echo } }));
    for answer in [
        ScriptedAnswer::json(401, &json!({ "error": { "message": echo } })),
        ScriptedAnswer::text(401, "text/plain", echo.clone()),
        ScriptedAnswer::sse(&[]).then(&in_stream),
        ScriptedAnswer::sse(&[]).then(&format!("data: not JSON: {KEY}\n\n")),
    ] {
        let error = failure(answer).await;
        let (shown, debugged) = (error.to_string(), format!("{error:?}"));
        assert!(
            !shown.contains("0123456789") && !debugged.contains("0123456789"),
            "{debugged}"
        );
        assert!(
            shown.chars().count() < 420,
            "{} characters",
            shown.chars().count()
        );
    }
    let server = ScriptedServer::start(Vec::new()).await;
    let with_password = ProviderSettings {
        base_url: "http://ada:hunter2@127.0.0.1:1/v1".to_owned(),
        ..settings(&server)
    };
    for debugged in [
        format!("{with_password:?}"),
        format!("{:?}", OpenAiModel::new(with_password.clone()).unwrap()),
    ] {
        assert!(
            !debugged.contains(KEY) && !debugged.contains("hunter2"),
            "{debugged}"
        );
    }
    let refused = ask(
        &OpenAiModel::new(with_password).unwrap(),
        &request("m", vec![user("hi")], &[]),
    )
    .await
    .0;
    let error = refused.unwrap_err();
    assert!(matches!(error, LlmError::Unavailable { .. }));
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn errors_inside_a_success_are_errors() {
    let in_stream = |error| ScriptedAnswer::sse(&[said("half"), json!({ "error": error })]).hang();
    let overloaded = failure(in_stream(json!({ "code": 429, "message": "busy" }))).await;
    assert!(
        matches!(overloaded, LlmError::Overloaded { .. }),
        "{overloaded:?}"
    );
    let broken = failure(in_stream(json!("the backend fell over"))).await;
    assert!(matches!(broken, LlmError::Unavailable { .. }), "{broken:?}");
    let whole = failure(ScriptedAnswer::json(
        200,
        &json!({ "error": { "type": "invalid_request_error" } }),
    ))
    .await;
    assert!(matches!(whole, LlmError::Rejected { .. }), "{whole:?}");
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    for answer in [
        ScriptedAnswer::text(200, "application/json", "{\"choices\": [{\"mess"),
        ScriptedAnswer::json(200, &json!({ "hello": "world" })),
        ScriptedAnswer::sse(&[said("half")])
            .then("data: {\"choices\": [\n\n")
            .hang(),
        ScriptedAnswer::sse(&[json!({ "choices": [{ "delta": { "tool_calls": [{ "id": "x" }] } }] })]).done(),
    ] {
        let error = failure(answer.clone()).await;
        assert!(
            matches!(error, LlmError::Malformed { .. }),
            "{answer:?}: {error:?}"
        );
        assert_eq!(error.retry(), Retry::Backoff);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_no_answer() {
    let half = || ScriptedAnswer::sse(&[said("half an ans")]);
    for answer in [
        half().pause(Duration::from_millis(50)).cut(),
        half(),
        ScriptedAnswer::sse(&[]),
    ] {
        let error = failure(answer.clone()).await;
        assert!(
            matches!(error, LlmError::Unavailable { .. }),
            "{answer:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn silence_ends_a_call() {
    let hanging = [
        ScriptedAnswer::sse(&[said("half")]).hang(),
        ScriptedAnswer::sse(&[]).hang(),
        ScriptedAnswer::text(200, "application/json", "{").hang(),
    ];
    let server = ScriptedServer::start(hanging.into()).await;
    let model = OpenAiModel::new(ProviderSettings {
        stall_timeout: Duration::from_millis(200),
        ..settings(&server)
    });
    let model = model.unwrap();
    for _ in 0..3 {
        let started = Instant::now();
        let error = ask(&model, &request("m", vec![user("hi")], &[]))
            .await
            .0
            .unwrap_err();
        assert!(matches!(error, LlmError::Unavailable { .. }), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn signs_of_life_keep_a_slow_answer_but_not_for_ever() {
    let slow = (0..6).fold(ScriptedAnswer::sse(&[]), |answer, _| {
        answer
            .then(": still thinking\n\n")
            .pause(Duration::from_millis(100))
    });
    let alive = slow.then(&format!("data: {}\n\n", said("there"))).done();
    let endless = (0..100).fold(ScriptedAnswer::sse(&[]), |answer, _| {
        answer
            .then(": still thinking\n\n")
            .pause(Duration::from_millis(100))
    });
    let server = ScriptedServer::start(vec![alive, endless]).await;
    let model = OpenAiModel::new(ProviderSettings {
        stall_timeout: Duration::from_millis(400),
        request_timeout: Duration::from_secs(2),
        ..settings(&server)
    })
    .unwrap();
    let request = request("m", vec![user("hi")], &[]);
    assert_eq!(ask(&model, &request).await.0.unwrap().content, "there");
    let started = Instant::now();
    assert!(matches!(
        ask(&model, &request).await.0,
        Err(LlmError::Unavailable { .. })
    ));
    assert!((2..5).contains(&started.elapsed().as_secs()));
}

#[tokio::test]
async fn endless_answers_are_bounded() {
    let text = format!("data: {}\n\n", said(&"la ".repeat(500)));
    let call = json!({ "choices": [{ "delta": { "tool_calls": [{ "function": { "name": "f" } }] } }] });
    let one_event = format!("data: {}\n", "y".repeat(5_000));
    for endless in [
        text,
        format!("data: {call}\n\n"),
        "x".repeat(60_000),
        one_event,
        "\n".repeat(60_000),
    ] {
        let error = patient_failure(ScriptedAnswer::sse(&[]).forever(&endless)).await;
        assert!(
            matches!(error, LlmError::Malformed { .. }),
            "{endless:.40}: {error:?}"
        );
    }
    let json = ScriptedAnswer::text(200, "application/json", "{\"choices\": \"").forever(&"z".repeat(50_000));
    assert!(matches!(patient_failure(json).await, LlmError::Malformed { .. }));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = ScriptedServer::always(ScriptedAnswer::chat("stolen", 1, 1)).await;
    let error =
        failure(ScriptedAnswer::text(307, "text/plain", "").header("location", &elsewhere.base_url())).await;
    assert!(matches!(error, LlmError::Rejected { .. }), "{error:?}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn settings_that_cannot_work_are_told() {
    let server = ScriptedServer::start(Vec::new()).await;
    for base_url in [
        "",
        "not a url",
        "ftp://example.com",
        "file:///etc/passwd",
        "data:text/plain,x",
    ] {
        let refused = OpenAiModel::new(ProviderSettings {
            base_url: base_url.to_owned(),
            ..settings(&server)
        });
        assert!(matches!(refused, Err(LlmError::NotConfigured(_))), "{base_url}");
    }
    let refused = OpenAiModel::new(ProviderSettings {
        api_key: Some("bad\nkey".into()),
        ..settings(&server)
    });
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("API key") && !error.contains("bad"), "{error}");
    OpenAiModel::new(ProviderSettings {
        base_url: "https://api.openai.com/v1".to_owned(),
        ..settings(&server)
    })
    .unwrap();
}
