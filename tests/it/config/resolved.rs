//! What follows from the settings: the database, the default model, the embedder, the reach of the address.

use std::path::PathBuf;

use agent_orchestrator::config::{Config, Database};

use super::Setting;

fn with_env(variables: &[(&str, &str)]) -> Config {
    Setting::new().env(variables).loaded()
}

fn sqlite_path(config: &Config) -> PathBuf {
    match config.storage.database() {
        Database::Sqlite(path) => path,
        Database::Postgres(url) => panic!("{url}"),
    }
}

#[test]
fn the_database_is_a_file_in_the_data_folder_unless_named() {
    assert_eq!(
        sqlite_path(&with_env(&[])),
        PathBuf::from("./data/orchestrator.db")
    );
    assert_eq!(
        sqlite_path(&with_env(&[("ORCHESTRATOR_DATA_DIR", "/srv")])),
        PathBuf::from("/srv/orchestrator.db")
    );
    for (url, path) in [
        ("sqlite://my.db", "my.db"),
        ("sqlite:my.db", "my.db"),
        ("sqlite:///srv/my%20.db?mode=rwc", "/srv/my%20.db"),
    ] {
        assert_eq!(
            sqlite_path(&with_env(&[("DATABASE_URL", url)])),
            PathBuf::from(path)
        );
    }
    for url in [
        "postgres://h/d",
        "postgresql://u@h:1/d?sslmode=disable",
        "postgres:///d?host=/run/postgresql",
    ] {
        let config = with_env(&[("DATABASE_URL", url)]);
        assert!(matches!(config.storage.database(), Database::Postgres(found) if found.expose() == url));
    }
}

#[test]
fn the_default_model_is_the_named_one_then_a_configured_one_then_the_offline_one() {
    let model = |variables: &[(&str, &str)]| with_env(variables).models.default_model().to_string();
    assert_eq!(model(&[]), "offline/offline-1");
    assert_eq!(model(&[("OPENAI_API_KEY", "k")]), "openai/gpt-4o-mini");
    assert_eq!(
        model(&[
            ("OPENAI_BASE_URL", "http://localhost:1/v1"),
            ("OPENAI_MODEL", "org/m")
        ]),
        "openai/org/m"
    );
    assert_eq!(model(&[("ANTHROPIC_API_KEY", "k")]), "anthropic/claude-haiku-4-5");
    assert_eq!(
        model(&[
            ("ANTHROPIC_BASE_URL", "http://localhost:1"),
            ("ANTHROPIC_MODEL", "m")
        ]),
        "anthropic/m"
    );
    assert_eq!(
        model(&[("ANTHROPIC_API_KEY", "k"), ("OPENAI_API_KEY", "k")]),
        "openai/gpt-4o-mini"
    );
    // OpenAI's own address is no use without a key.
    assert_eq!(
        model(&[("OPENAI_BASE_URL", "https://api.openai.com/v1/")]),
        "offline/offline-1"
    );
    assert_eq!(
        model(&[
            ("OPENAI_API_KEY", "k"),
            ("ORCHESTRATOR_MODEL", "offline/offline-1")
        ]),
        "offline/offline-1"
    );
}

#[test]
fn texts_are_embedded_by_openai_only_when_it_is_set_up_for_it() {
    let embeds = |text: &str| Setting::new().file(text).loaded().embeds_with_openai();
    let openai = "[models.openai]\napi_key = 'k'\nembedding_model = 'e'\n";
    assert!(!embeds(""));
    assert!(embeds(openai));
    assert!(embeds(&format!("{openai}[memory]\nembedder = 'openai'\n")));
    assert!(!embeds(&format!("{openai}[memory]\nembedder = 'offline'\n")));
    assert!(!embeds("[models.openai]\nembedding_model = 'e'\n"));
    assert!(!embeds("[models.openai]\napi_key = 'k'\n"));
}

#[test]
fn only_loopback_addresses_are_out_of_reach_of_others() {
    let reach = |listen: &str| {
        with_env(&[("ORCHESTRATOR_LISTEN", listen)])
            .server
            .listens_on_network()
    };
    for near in ["localhost:1", "127.0.0.2:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(!reach(near), "{near}");
    }
    for far in ["0.0.0.0:1", "[::]:1", "192.168.0.1:1"] {
        assert!(reach(far), "{far}");
    }
}

#[test]
fn roles_are_read_from_a_text_or_a_list() {
    for (written, both) in [
        ("'api,worker'", "api,worker"),
        ("['worker', 'api']", "api,worker"),
        ("' api '", "api"),
    ] {
        let config = Setting::new()
            .file(&format!("[server]\nroles = {written}\n"))
            .loaded();
        assert_eq!(config.server.roles.to_string(), both);
    }
}
