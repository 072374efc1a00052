//! `[[tools.http]]`: what it means, what is refused, and that its secrets stay out of sight.

use agent_orchestrator::config::tools::HttpToolEffect;
use serde_json::json;

use super::Setting;

const CANARY: &str = "canary-3f9a";

const CRM: &str =
    "[[tools.http]]\nname = 'crm'\ndescription = 'Looks up.'\nurl = 'http://127.0.0.1:9000/crm'\n";

fn with(more: &str) -> Setting {
    Setting::new().file(&format!("{CRM}{more}\n"))
}

#[test]
fn what_is_left_out_is_the_careful_choice() {
    let config = with("").loaded();
    let [tool] = &config.tools.http[..] else {
        panic!("one tool")
    };
    assert_eq!(tool.effect, HttpToolEffect::AtMostOnce);
    assert_eq!(tool.timeout_ms, 30_000);
    assert!(tool.headers.is_empty() && tool.agents.is_empty());
    let none = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    assert_eq!(tool.parameters, none);
}

#[test]
fn a_schema_is_a_table_or_a_text() {
    let expected = json!({
        "type": "object", "properties": { "name": { "type": "string", "maxLength": 9 } }, "required": ["name"],
        "additionalProperties": false,
    });
    let table =
        "parameters = { properties = { name = { type = 'string', maxLength = 9 } }, required = ['name'] }";
    let sections = "[tools.http.parameters]\nrequired = ['name']\n[tools.http.parameters.properties.name]\n\
        type = 'string'\nmaxLength = 9";
    let text =
        r#"parameters = '{"properties":{"name":{"type":"string","maxLength":9}},"required":["name"]}'"#;
    for written in [table, sections, text] {
        assert_eq!(with(written).loaded().tools.http[0].parameters, expected);
    }
    for wrong in ["'{'", "'[]'", "3", "['a']", "true"] {
        let message = with(&format!("parameters = {wrong}")).refusal();
        let expected = "`tools.http.0.parameters` (file orchestrator.toml): expected a JSON Schema";
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn headers_take_their_secrets_from_the_environment() {
    let headers = "headers = { Authorization = 'Bearer ${CRM_TOKEN}', X-Team = 'sales', X-Both = '${CRM_TOKEN}:${B}$' }";
    let setting = with(headers).env(&[("CRM_TOKEN", &format!(" {CANARY}\n")), ("B", "b")]);
    let config = setting.loaded();
    let header = |name: &str| config.tools.http[0].headers[name].expose();
    assert_eq!(header("Authorization"), format!("Bearer {CANARY}"));
    assert_eq!(header("X-Team"), "sales");
    assert_eq!(header("X-Both"), format!("{CANARY}:b$"));
    let shown = format!("{}{config:?}", config.render());
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(
        shown.contains("[[tools.http]]") && shown.contains(r#"Authorization = "***""#),
        "{shown}"
    );
    for blank in [&[("B", "b")][..], &[("CRM_TOKEN", " "), ("B", "b")]] {
        assert_eq!(
            with(headers).env(blank).refusal(),
            "`tools.http` (file orchestrator.toml): expected the environment variable CRM_TOKEN to be set, for the \
             header Authorization of \"crm\""
        );
    }
}

#[test]
fn what_is_rendered_can_be_read_again() {
    let more = "effect = 'idempotent'\nagents = ['analyst']\nheaders = { X-Team = 'sales' }\n\
        parameters = { properties = { a = { type = 'string' } } }\n[[tools.http]]\nname = 'b'\ndescription = 'B.'\n\
        url = 'https://user:pass@b.example/x?token=1'";
    let config = with(more).loaded();
    let rendered = config.render();
    assert!(
        rendered.contains(r#"url = "https://user:***@b.example/x?token=***"  # file orchestrator.toml"#),
        "{rendered}"
    );
    let again = Setting::new().file(&rendered).loaded();
    assert_eq!(again.tools.http.len(), 2);
    for (one, two) in config.tools.http.iter().zip(&again.tools.http) {
        assert_eq!((&one.name, one.effect), (&two.name, two.effect));
        assert_eq!((&one.parameters, &one.agents), (&two.parameters, &two.agents));
    }
    assert_eq!(again.tools.http[0].headers.len(), 1);
}

#[test]
fn mistakes_are_named_and_never_quoted() {
    for (more, expected) in [
        (
            "effekt = 'pure'",
            "unknown key `tools.http.0.effekt` (file orchestrator.toml); did you mean `effect`?",
        ),
        (
            "effect = 'harmless'",
            "`tools.http.0.effect` (file orchestrator.toml): expected one of",
        ),
        (
            "timeout_ms = 0",
            "`tools.http` (file orchestrator.toml): expected `timeout_ms` of \"crm\" to be",
        ),
        (
            "timeout_ms = 'canary-3f9a'",
            "`tools.http.0.timeout_ms` (file orchestrator.toml): expected a whole number",
        ),
        (
            "headers = 'canary-3f9a'",
            "`tools.http.0.headers` (file orchestrator.toml): expected",
        ),
        (
            "headers = { X-Key = ['canary-3f9a'] }",
            "`tools.http.0.headers.X-Key` (file orchestrator.toml): expected a text in quotes",
        ),
    ] {
        let message = with(more).refusal();
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains(CANARY), "{message}");
    }
    let bad_url = "[[tools.http]]\nname = 'a'\ndescription = 'a'\nurl = 'ftp://canary-3f9a'\n";
    let message = Setting::new().file(bad_url).refusal();
    assert!(
        message.contains("not the scheme `ftp`") && !message.contains(CANARY),
        "{message}"
    );
    let missing = Setting::new().file("[[tools.http]]\nname = 'a'\n").refusal();
    assert!(missing.contains("tools.http.0"), "{missing}");
}

#[test]
fn the_example_file_shows_one_that_works() {
    let example = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/orchestrator.example.toml"));
    let shown: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = Setting::new()
        .file(&shown)
        .env(&[("CRM_TOKEN", "secret"), ("FILES_TOKEN", "secret")])
        .loaded();
    assert_eq!(config.tools.http[0].name, "crm_lookup");
    assert_eq!(config.tools.http[0].parameters["required"], json!(["name"]));
    assert_eq!(config.tools.mcp[0].name, "files");
}
