//! Which model is asked when, and for whom: what is accepted, what is refused, and what is shown of it.

use super::Setting;

const TENANT: &str = "[[models.tenants]]\ntenant = 'acme'\nmodel = 'anthropic/claude-sonnet-4-5'\n";

#[test]
fn fallbacks_breakers_and_tenants_are_read() {
    let text = format!(
        "[models]\nfallbacks = ['openai/a/b', 'offline/offline-1']\n[models.breaker]\nfailures = 0\n\
         {TENANT}agents = ['writer']\n{TENANT}fallbacks = ['openai/c']\n"
    );
    let config = Setting::new().file(&text).loaded();
    let fallbacks: Vec<String> = config.models.fallbacks.iter().map(ToString::to_string).collect();
    assert_eq!(fallbacks, ["openai/a/b", "offline/offline-1"]);
    assert_eq!(
        (config.models.breaker.failures, config.models.breaker.pause_ms),
        (0, 10_000)
    );
    let [first, second] = &config.models.tenants[..] else {
        panic!("{:?}", config.models.tenants)
    };
    assert_eq!(
        (first.tenant.as_str(), first.agents.len(), first.fallbacks.len()),
        ("acme", 1, 0)
    );
    assert_eq!(
        (second.agents.len(), second.fallbacks[0].model.as_str()),
        (0, "c")
    );
    let rendered = config.render();
    assert!(
        rendered.contains("[[models.tenants]]")
            && rendered.contains("model = \"anthropic/claude-sonnet-4-5\""),
        "{rendered}"
    );
    assert_eq!(
        Setting::new().file(&rendered).loaded().models.tenants,
        config.models.tenants
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |text: &str, key: &str, expected: &str| {
        let message = Setting::new().file(text).refusal();
        assert!(
            message.contains(&format!("`{key}`")) && message.contains(expected),
            "{message}"
        );
    };
    refused(
        "[models]\nfallbacks = ['gpt-4o']\n",
        "models.fallbacks.0",
        "PROVIDER/MODEL",
    );
    let many = ["'openai/x'"; 9].join(",");
    refused(
        &format!("[models]\nfallbacks = [{many}]\n"),
        "models.fallbacks",
        "at most 8",
    );
    refused(
        "[models.breaker]\nfailures = 1001\n",
        "models.breaker.failures",
        "from 0 to 1000",
    );
    refused(
        "[models.breaker]\npause_ms = 0\n",
        "models.breaker.pause_ms",
        "from 1 to",
    );
    refused(&TENANT.replace("acme", " "), "models.tenants", "`tenant`");
    refused(
        &format!("{TENANT}fallbacks = [{many}]\n"),
        "models.tenants",
        "at most 8 fallbacks",
    );
    refused(
        &TENANT.replace("anthropic/", ""),
        "models.tenants.0.model",
        "PROVIDER/MODEL",
    );
    let unknown = Setting::new()
        .file(&format!("{TENANT}colour = 'red'\n"))
        .refusal();
    assert!(unknown.contains("colour"), "{unknown}");
}
