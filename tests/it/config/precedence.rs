//! Defaults < file < environment < flags, key by key.

use agent_orchestrator::config::{Flags, Origin};

use super::Setting;

#[test]
fn without_any_source_everything_has_its_default() {
    let config = Setting::new().loaded();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert!(config.server.roles.api && config.server.roles.worker);
    assert_eq!(config.engine.concurrency, 16);
    assert_eq!(config.origins.of("engine.concurrency"), &Origin::Default);
}

#[test]
fn each_layer_wins_over_the_one_before_it() {
    let listening = "[server]\nlisten = '127.0.0.1:1111'\nrequest_timeout_ms = 1234\n";
    let setting = Setting::new().file(listening);
    let config = setting.loaded();
    assert_eq!(config.server.listen.port(), 1111);
    assert_eq!(
        config.origins.of("server.listen"),
        &Origin::File("orchestrator.toml".into())
    );

    let setting = setting.env(&[("ORCHESTRATOR_LISTEN", "127.0.0.1:2222")]);
    let config = setting.loaded();
    assert_eq!(config.server.listen.port(), 2222);
    assert_eq!(
        config.origins.of("server.listen"),
        &Origin::Variable("ORCHESTRATOR_LISTEN")
    );

    let setting = setting.flags(Flags {
        listen: Some("127.0.0.1:3333".to_owned()),
        ..Flags::default()
    });
    let config = setting.loaded();
    assert_eq!(config.server.listen.port(), 3333);
    assert_eq!(config.origins.of("server.listen"), &Origin::Flag("--listen"));
    // The neighbour keeps what the file says, and the rest its default.
    assert_eq!(config.server.request_timeout_ms, 1234);
    assert_eq!(config.server.drain_seconds, 20);
}

#[test]
fn a_partly_written_table_keeps_the_defaults_of_its_other_keys() {
    let config = Setting::new()
        .file("[limits.search_memory]\nper_minute = 7\n")
        .loaded();
    assert_eq!(
        (
            config.limits.search_memory.per_minute,
            config.limits.search_memory.burst
        ),
        (7, 40)
    );
    assert_eq!(config.limits.submit_task.per_minute, 60);
}

#[test]
fn a_flag_can_set_every_key_it_is_meant_for() {
    let flags = Flags {
        listen: Some("localhost:9".to_owned()),
        roles: Some("worker".to_owned()),
        data_dir: Some("/srv/data".into()),
        database_url: Some("postgres://db/app".to_owned()),
        redis_url: Some("redis://cache:1".to_owned()),
        log_format: Some("json".to_owned()),
    };
    let rendered = Setting::new().flags(flags).loaded().render();
    for line in [
        r#"listen = "127.0.0.1:9"  # flag --listen"#,
        r#"roles = "worker"  # flag --roles"#,
        r#"data_dir = "/srv/data"  # flag --data-dir"#,
        r#"database_url = "postgres://db/app"  # flag --database-url"#,
        r#"url = "redis://cache:1"  # flag --redis-url"#,
        r#"format = "json"  # flag --log-format"#,
    ] {
        assert!(
            rendered.lines().any(|rendered| rendered == line),
            "{line} is not in\n{rendered}"
        );
    }
}

#[test]
fn a_variable_can_set_every_key_it_is_meant_for() {
    let env = [
        ("ORCHESTRATOR_LISTEN", "[::1]:9"),
        ("ORCHESTRATOR_ROLES", "api"),
        ("ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK", "true"),
        ("DATABASE_URL", "sqlite:///srv/a.db"),
        ("ORCHESTRATOR_DATA_DIR", "/srv"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("ORCHESTRATOR_MODEL", "offline/offline-1"),
        ("OPENAI_API_KEY", "12345"),
        ("OPENAI_BASE_URL", "http://localhost:11434/v1/"),
        ("OPENAI_MODEL", "llama3"),
        ("ANTHROPIC_API_KEY", "k"),
        ("ANTHROPIC_BASE_URL", "https://gateway.example"),
        ("ANTHROPIC_MODEL", "claude-sonnet-4-5"),
        ("ORCHESTRATOR_AGENTS_FILE", "mine.toml"),
        ("ORCHESTRATOR_CONCURRENCY", " 3 "),
        ("ORCHESTRATOR_LOG_FORMAT", "json"),
        ("RUST_LOG", "warn,agent_orchestrator::engine=debug"),
    ];
    let config = Setting::new().env(&env).loaded();
    let rendered = config.render();
    for (name, _) in env {
        assert!(
            rendered.contains(&format!("# variable {name}\n")),
            "{name} sets nothing in\n{rendered}"
        );
    }
    assert_eq!(config.engine.concurrency, 3);
    assert!(config.server.allow_open_on_network);
    assert_eq!(
        config.models.openai.base_url.expose(),
        "http://localhost:11434/v1"
    );
}

#[test]
fn empty_and_blank_variables_count_as_unset() {
    let env = [
        ("DATABASE_URL", ""),
        ("REDIS_URL", "  "),
        ("OPENAI_API_KEY", ""),
        ("ORCHESTRATOR_LISTEN", ""),
        ("ORCHESTRATOR_CONFIG", ""),
        ("ORCHESTRATOR_CONCURRENCY", ""),
        ("RUST_LOG", ""),
    ];
    let config = Setting::new()
        .file("[engine]\nconcurrency = 2\n")
        .env(&env)
        .loaded();
    assert_eq!(config.engine.concurrency, 2);
    assert!(config.storage.database_url.is_none() && config.redis.url.is_none());
    assert!(config.models.openai.api_key.is_none());
    assert_eq!(config.log.filter, "info");
}

#[test]
fn the_named_file_takes_the_place_of_the_default_one_and_the_flag_wins_over_the_variable() {
    let setting = Setting::new()
        .file("[engine]\nconcurrency = 1\n")
        .other_file("env.toml", "[engine]\nconcurrency = 2\n")
        .other_file("flag.toml", "[engine]\nclaim_batch = 3\n")
        .env(&[("ORCHESTRATOR_CONFIG", "env.toml")]);
    assert_eq!(setting.loaded().engine.concurrency, 2);
    let config = setting.named_file("flag.toml").loaded();
    assert_eq!((config.engine.concurrency, config.engine.claim_batch), (16, 3));
}
