//! From an agent's model string to a provider.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use agent_orchestrator::llm::{
    ChatModel, LlmError, ProviderSettings,
    offline::OfflineModel,
    openai::{OPENAI_BASE_URL, OpenAiModel},
    router::ModelRouter,
};

fn providers(openai: bool) -> BTreeMap<String, Arc<dyn ChatModel>> {
    let mut providers: BTreeMap<String, Arc<dyn ChatModel>> = BTreeMap::new();
    providers.insert("offline".to_owned(), Arc::new(OfflineModel));
    if openai {
        let settings = ProviderSettings {
            base_url: OPENAI_BASE_URL.to_owned(),
            api_key: Some("sk-test".into()),
            request_timeout: Duration::from_secs(1),
            stall_timeout: Duration::from_secs(1),
        };
        providers.insert("openai".to_owned(), Arc::new(OpenAiModel::new(settings).unwrap()));
    }
    providers
}

fn resolved(router: &ModelRouter, name: &str) -> (String, String) {
    let (provider, model) = router.resolve(name).unwrap();
    (provider.provider().to_owned(), model)
}

fn refused(router: &ModelRouter, name: &str) -> String {
    match router.resolve(name) {
        Err(LlmError::NotConfigured(message)) => message,
        other => panic!("{name}: {:?}", other.map(|(_, model)| model)),
    }
}

#[test]
fn names_lead_to_providers() {
    let router = ModelRouter::new(providers(true), "openai/gpt-4o-mini").unwrap();
    let pair = |provider: &str, model: &str| (provider.to_owned(), model.to_owned());
    assert_eq!(resolved(&router, "default"), pair("openai", "gpt-4o-mini"));
    assert_eq!(resolved(&router, ""), pair("openai", "gpt-4o-mini"));
    assert_eq!(resolved(&router, "offline"), pair("offline", "offline-1"));
    assert_eq!(
        resolved(&router, "offline/offline-1"),
        pair("offline", "offline-1")
    );
    assert_eq!(
        resolved(&router, "openai/meta-llama/Llama-3"),
        pair("openai", "meta-llama/Llama-3")
    );
}

#[test]
fn what_is_missing_is_said() {
    let router = ModelRouter::new(providers(false), "offline").unwrap();
    assert!(refused(&router, "openai/gpt-4o").contains("OPENAI_API_KEY"));
    assert!(refused(&router, "anthropic/claude").contains("ANTHROPIC_API_KEY"));
    assert!(refused(&router, "mystery/model").contains("offline"));
    for name in ["gpt-4o", "openai/", "/gpt-4o", "openai"] {
        assert!(refused(&router, name).contains("PROVIDER/MODEL"), "{name}");
    }
}

#[test]
fn a_default_that_cannot_be_reached_is_refused_at_once() {
    for default in ["openai/gpt-4o", "default", "", "gpt-4o"] {
        assert!(ModelRouter::new(providers(false), default).is_err(), "{default}");
    }
}
