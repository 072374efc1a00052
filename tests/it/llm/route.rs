//! Which models are asked, in which order, for whom.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use agent_orchestrator::llm::{
    ChatModel, LlmError,
    breaker::BreakerSettings,
    chat::ChatAnswer,
    offline::OfflineModel,
    route::{Candidate, Route},
    router::{ModelOverride, ModelRouter, Wish},
};

use super::{
    format::Format,
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

/// Providers of every format on one server.
fn providers(server: &ScriptedServer) -> BTreeMap<String, Arc<dyn ChatModel>> {
    let mut providers: BTreeMap<String, Arc<dyn ChatModel>> = BTreeMap::new();
    providers.insert("offline".to_owned(), Arc::new(OfflineModel));
    for format in Format::ALL {
        let model: Arc<dyn ChatModel> = Arc::from(format.model(format.settings(server)));
        providers.insert(model.provider().to_owned(), model);
    }
    providers
}

fn wish<'a>(tenant: &'a str, agent: &'a str, model: &'a str, fallbacks: Option<&'a [String]>) -> Wish<'a> {
    Wish {
        tenant,
        agent,
        model,
        fallbacks,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn shown(route: &Route) -> Vec<String> {
    route
        .candidates()
        .map(|candidate| format!("{candidate:?}"))
        .collect()
}

async fn asked(candidate: &Candidate) -> Result<ChatAnswer, LlmError> {
    let permit = candidate.admit()?;
    candidate
        .chat(permit, &request(candidate.name(), vec![user("hi")], &[]), &|_| {})
        .await
}

#[tokio::test]
async fn fallbacks_come_in_order_and_once() {
    let server = ScriptedServer::start(Vec::new()).await;
    let router = ModelRouter::new(providers(&server), "openai/gpt").unwrap();
    let own = names(&[
        "anthropic/claude",
        "openai/gpt",
        "offline",
        "offline/offline-1",
        "openai/a/b",
    ]);
    let route = router.route(&wish("t", "writer", "default", Some(&own))).unwrap();
    assert_eq!(
        shown(&route),
        [
            "openai/gpt",
            "anthropic/claude",
            "offline/offline-1",
            "openai/a/b"
        ]
    );
    assert_eq!(route.first().name(), "gpt");
    assert_eq!(
        shown(&router.route(&wish("t", "w", "offline", None)).unwrap()),
        ["offline/offline-1"]
    );

    let router = router.falling_back(names(&["anthropic/claude"])).unwrap();
    let of = |fallbacks| shown(&router.route(&wish("t", "w", "default", fallbacks)).unwrap());
    assert_eq!(of(None), ["openai/gpt", "anthropic/claude"]);
    assert_eq!(of(Some(&[])), ["openai/gpt"], "none is a choice too");
}

#[tokio::test]
async fn tenants_have_models_of_their_own() {
    let server = ScriptedServer::start(Vec::new()).await;
    let models = |agents: &[&str], model: &str| ModelOverride {
        tenant: "acme".to_owned(),
        agents: names(agents),
        model: model.to_owned(),
        fallbacks: names(&["offline"]),
    };
    let router = ModelRouter::new(providers(&server), "openai/gpt")
        .unwrap()
        .overriding(vec![
            models(&["writer", "analyst"], "anthropic/big"),
            models(&[], "anthropic/small"),
        ])
        .unwrap();
    let own = names(&["openai/other"]);
    let first = |tenant, agent| {
        shown(
            &router
                .route(&wish(tenant, agent, "openai/mine", Some(&own)))
                .unwrap(),
        )
    };
    assert_eq!(first("acme", "writer"), ["anthropic/big", "offline/offline-1"]);
    assert_eq!(
        first("acme", "reviewer"),
        ["anthropic/small", "offline/offline-1"]
    );
    assert_eq!(first("acme2", "writer"), ["openai/mine", "openai/other"]);
}

#[tokio::test]
async fn models_that_cannot_be_reached_are_refused_at_once() {
    let server = ScriptedServer::start(Vec::new()).await;
    let router = || ModelRouter::new(providers(&server), "offline").unwrap();
    let unreachable = names(&["mystery/model"]);
    assert!(router().falling_back(unreachable.clone()).is_err());
    let models = ModelOverride {
        tenant: "acme".to_owned(),
        agents: Vec::new(),
        model: "offline".to_owned(),
        fallbacks: unreachable.clone(),
    };
    assert!(router().overriding(vec![models]).is_err());
    assert!(
        router()
            .route(&wish("t", "w", "default", Some(&unreachable)))
            .is_err()
    );
}

#[tokio::test]
async fn models_of_a_provider_share_its_breaker_and_other_providers_do_not() {
    let server = ScriptedServer::answering(|received| {
        let refused = received.path.ends_with("/completions");
        Some(match refused {
            true => ScriptedAnswer::text(503, "text/plain", "busy"),
            false => Format::Anthropic.says("here", 1, 1),
        })
    })
    .await;
    let breakers = BreakerSettings {
        failures: 2,
        pause: Duration::from_secs(3_600),
        ..BreakerSettings::default()
    };
    let router = ModelRouter::with_breakers(providers(&server), "openai/a", breakers).unwrap();
    let fallbacks = names(&["openai/b", "anthropic/c"]);
    let route = router
        .route(&wish("t", "w", "default", Some(&fallbacks)))
        .unwrap();
    let [a, b, c] = &route.candidates().collect::<Vec<_>>()[..] else {
        panic!("{route:?}")
    };
    assert!(matches!(
        asked(a).await,
        Err(LlmError::Overloaded {
            retry_after: None,
            ..
        })
    ));
    assert!(asked(b).await.is_err());
    for candidate in [a, b] {
        match asked(candidate).await {
            Err(LlmError::Overloaded {
                retry_after: Some(wait),
                ..
            }) => assert!(wait > Duration::from_secs(3_000)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.requests().len(), 2, "an open breaker lets nothing through");
    assert_eq!(asked(c).await.unwrap().content, "here");
    // What the router hands out later knows as much.
    let again = router.route(&wish("t", "w", "openai/d", None)).unwrap();
    assert!(asked(again.first()).await.is_err());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn refused_requests_and_keys_open_no_breaker() {
    for status in [400, 401] {
        let server = ScriptedServer::always(ScriptedAnswer::text(status, "text/plain", "no")).await;
        let breakers = BreakerSettings {
            failures: 1,
            ..BreakerSettings::default()
        };
        let router = ModelRouter::with_breakers(providers(&server), "openai/a", breakers).unwrap();
        let route = router.route(&wish("t", "w", "default", None)).unwrap();
        for _ in 0..3 {
            asked(route.first()).await.unwrap_err();
        }
        assert_eq!(server.requests().len(), 3, "{status}");
    }
}
