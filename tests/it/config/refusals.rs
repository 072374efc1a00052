//! What is refused, and that the message says which key, where, and what is expected.

use agent_orchestrator::config::{ConfigError, Flags};

use super::Setting;

fn file_refusal(text: &str) -> String {
    Setting::new().file(text).refusal()
}

fn env_refusal(name: &str, text: &str) -> String {
    Setting::new().env(&[(name, text)]).refusal()
}

#[test]
fn a_named_file_must_exist() {
    assert_eq!(
        Setting::new().named_file("absent.toml").refusal(),
        "configuration file absent.toml, named by --config, does not exist"
    );
    assert_eq!(
        env_refusal("ORCHESTRATOR_CONFIG", "absent.toml"),
        "configuration file absent.toml, named by ORCHESTRATOR_CONFIG, does not exist"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_even_under_the_default_name() {
    let setting = Setting::new();
    std::fs::create_dir(setting.dir.path().join("orchestrator.toml")).unwrap();
    assert!(matches!(setting.load(), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn broken_toml_gives_file_line_and_column() {
    let message = file_refusal("[server]\nlisten = \"127.0.0.1:8000\"\ndrain_seconds = = 3\n");
    assert!(
        message.starts_with("orchestrator.toml:3:17: not valid TOML: "),
        "{message}"
    );
    // Columns count characters, not bytes.
    let message = file_refusal("\n[log]\n\"ää\" = ?\n");
    assert!(message.starts_with("orchestrator.toml:3:8: "), "{message}");
}

#[test]
fn unknown_keys_are_refused_by_name_with_the_one_that_was_meant() {
    assert_eq!(
        file_refusal("[engine]\nconcurency = 4\n"),
        "unknown key `engine.concurency` (file orchestrator.toml); did you mean `concurrency`?"
    );
    assert_eq!(
        file_refusal("[sever]\nlisten = 'x'\n"),
        "unknown key `sever` (file orchestrator.toml); did you mean `server`?"
    );
    assert_eq!(
        file_refusal("[models.openai]\napikey = 'x'\n"),
        "unknown key `models.openai.apikey` (file orchestrator.toml); did you mean `api_key`?"
    );
    assert_eq!(
        file_refusal("[limits.submit_task]\nwhatever = 1\n"),
        "unknown key `limits.submit_task.whatever` (file orchestrator.toml); known are `per_minute`, `burst`"
    );
}

#[test]
fn unknown_variables_of_ours_are_refused_by_name_and_others_are_not_looked_at() {
    assert_eq!(
        env_refusal("ORCHESTRATOR_LISTNE", "127.0.0.1:1"),
        "unknown environment variable ORCHESTRATOR_LISTNE; did you mean `ORCHESTRATOR_LISTEN`?"
    );
    let message = env_refusal("ORCHESTRATOR_COLOUR_OF_THE_SKY", "blue");
    assert!(
        message.contains("ORCHESTRATOR_COLOUR_OF_THE_SKY; known are "),
        "{message}"
    );
    assert!(!message.contains("blue"), "{message}");
    Setting::new()
        .env(&[("ORCHESTRA", "x"), ("PATH", "/bin"), ("OPENAI_ORGANISATION", "x")])
        .loaded();
}

#[test]
fn variables_that_kubernetes_sets_for_a_service_of_our_name_are_no_mistake() {
    let links = [
        ("ORCHESTRATOR_SERVICE_HOST", "10.0.0.11"),
        ("ORCHESTRATOR_SERVICE_PORT", "8000"),
        ("ORCHESTRATOR_SERVICE_PORT_HTTP", "8000"),
        ("ORCHESTRATOR_PORT", "tcp://10.0.0.11:8000"),
        ("ORCHESTRATOR_PORT_8000_TCP", "tcp://10.0.0.11:8000"),
        ("ORCHESTRATOR_PORT_8000_TCP_ADDR", "10.0.0.11"),
        ("ORCHESTRATOR_API_PORT_8000_TCP_PROTO", "tcp"),
    ];
    Setting::new().env(&links).loaded();
    // Someone who means to set the port is told.
    assert!(
        env_refusal("ORCHESTRATOR_PORT", "9000").contains("unknown environment variable ORCHESTRATOR_PORT")
    );
}

#[test]
fn a_value_of_the_wrong_type_names_key_place_and_what_is_expected() {
    let whole = "expected a whole number that is not negative";
    assert_eq!(
        file_refusal("[engine]\nconcurrency = 'many'\n"),
        format!("`engine.concurrency` = \"many\" (file orchestrator.toml): {whole}")
    );
    assert_eq!(
        file_refusal("[engine]\nclaim_batch = -1\n"),
        format!("`engine.claim_batch` = -1 (file orchestrator.toml): {whole}")
    );
    assert_eq!(
        env_refusal("ORCHESTRATOR_CONCURRENCY", "lots"),
        format!("`engine.concurrency` = \"lots\" (variable ORCHESTRATOR_CONCURRENCY): {whole}")
    );
    assert_eq!(
        env_refusal("ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK", "maybe"),
        "`server.allow_open_on_network` = \"maybe\" (variable ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK): \
         expected `true` or `false`"
    );
    assert_eq!(
        file_refusal("engine = 3\n"),
        "`engine` (file orchestrator.toml): expected a table"
    );
    assert_eq!(
        file_refusal("[tools.web_fetch]\nallowed_hosts = 'example.com'\n"),
        "`tools.web_fetch.allowed_hosts` = \"example.com\" (file orchestrator.toml): expected a list in brackets"
    );
    assert_eq!(
        file_refusal("[tools.web_fetch]\nallowed_hosts = ['a.example', 3]\n"),
        "`tools.web_fetch.allowed_hosts.1` (file orchestrator.toml): expected a text in quotes"
    );
}

#[test]
fn words_outside_a_closed_list_are_refused_with_the_list() {
    let flags = Flags {
        log_format: Some("xml".to_owned()),
        ..Flags::default()
    };
    assert_eq!(
        Setting::new().flags(flags).refusal(),
        "`log.format` = \"xml\" (flag --log-format): expected one of `text`, `json`"
    );
    assert_eq!(
        file_refusal("[memory]\nembedder = 'local'\n"),
        "`memory.embedder` = \"local\" (file orchestrator.toml): expected one of `auto`, `offline`, `openai`"
    );
    for roles in ["", "api,", "leader"] {
        let message = file_refusal(&format!("[server]\nroles = '{roles}'\n"));
        assert!(
            message.ends_with(r#": expected "api", "worker" or "api,worker""#),
            "{message}"
        );
    }
    assert!(file_refusal("[server]\nroles = []\n").contains("`server.roles` = []"));
}

#[test]
fn numbers_out_of_range_are_refused_with_the_range() {
    assert_eq!(
        file_refusal("[engine]\nconcurrency = 0\n"),
        "`engine.concurrency` = 0 (file orchestrator.toml): expected a whole number from 1 to 1024"
    );
    assert_eq!(
        file_refusal("[limits.submit_task]\nburst = 1000001\n"),
        "`limits.submit_task.burst` = 1000001 (file orchestrator.toml): expected a whole number from 1 to 1000000"
    );
}

#[test]
fn settings_at_odds_with_each_other_are_refused_in_a_sentence() {
    assert_eq!(
        file_refusal("[engine]\nlease_seconds = 10\n"),
        "`engine.heartbeat_seconds` = 5 (default): expected less than half of `engine.lease_seconds`, which is 10"
    );
    assert_eq!(
        file_refusal("[engine]\nretry_max_ms = 100\n"),
        "`engine.retry_base_ms` = 500 (default): expected no more than `engine.retry_max_ms`, which is 100"
    );
    assert_eq!(
        env_refusal("ORCHESTRATOR_MODEL", "anthropic/claude"),
        "`models.default` = \"anthropic/claude\" (variable ORCHESTRATOR_MODEL): \
         expected ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL to be set for this provider"
    );
    let message = file_refusal("[memory]\nembedder = 'openai'\n[models.openai]\napi_key = 'k'\n");
    assert!(
        message.contains("`memory.embedder`") && message.contains("embedding_model"),
        "{message}"
    );
}

#[test]
fn addresses_models_hosts_and_filters_are_checked() {
    let message = env_refusal("ORCHESTRATOR_LISTEN", "8000");
    assert!(
        message.contains("`server.listen` = \"8000\" (variable ORCHESTRATOR_LISTEN)"),
        "{message}"
    );
    assert!(message.contains("127.0.0.1:8000"), "{message}");
    for model in ["gpt-4o", "acme/one", "openai/", "/x"] {
        let message = env_refusal("ORCHESTRATOR_MODEL", model);
        assert!(message.contains("expected PROVIDER/MODEL"), "{message}");
    }
    for host in ["https://example.com", "example.com/path", "example.com:443", ""] {
        let message = file_refusal(&format!("[tools.web_fetch]\nallowed_hosts = ['{host}']\n"));
        assert!(message.contains("without scheme, port or path"), "{message}");
    }
    assert!(env_refusal("RUST_LOG", "agent_orchestrator=loud").contains("`log.filter`"));
}

#[test]
fn urls_with_other_schemes_are_refused() {
    let message = env_refusal("DATABASE_URL", "mysql://u:p@localhost/db");
    assert_eq!(
        message,
        "`storage.database_url` (variable DATABASE_URL): expected `sqlite://PATH` or \
         `postgres://USER:PASSWORD@HOST/DATABASE`, not the scheme `mysql`"
    );
    assert!(env_refusal("DATABASE_URL", "orchestrator.db").contains("expected `sqlite://PATH` or"));
    assert!(env_refusal("REDIS_URL", "http://localhost").contains("not the scheme `http`"));
    assert!(env_refusal("OPENAI_BASE_URL", "ftp://x").contains("not the scheme `ftp`"));
    assert!(env_refusal("OPENAI_BASE_URL", "api.openai.com/v1").contains("`https://` or `http://`"));
    for memory in ["sqlite::memory:", "sqlite://:memory:", "sqlite://", "sqlite:"] {
        assert!(
            env_refusal("DATABASE_URL", memory).contains("the path of a file"),
            "{memory}"
        );
    }
    assert!(env_refusal("DATABASE_URL", "sqlite://a.db?mode=ro").contains("without parameters"));
}
