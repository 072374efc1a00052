//! Secrets appear neither in the rendered configuration, nor in `Debug`, nor in a refusal.

use proptest::prelude::*;
use secrecy::ExposeSecret;

use agent_orchestrator::config::{Config, Database};

use super::Setting;

const CANARY: &str = "canary-3f9a";

fn with_secrets() -> Config {
    let canary = |text: &str| text.replace("SECRET", CANARY);
    Setting::new()
        .env(&[
            (
                "DATABASE_URL",
                &canary("postgres://app:SECRET@db.example/main?sslmode=require&password=SECRET"),
            ),
            ("REDIS_URL", &canary("redis://:SECRET@cache.example:6379/1")),
            ("OPENAI_API_KEY", &canary("sk-SECRET")),
            (
                "OPENAI_BASE_URL",
                &canary("https://SECRET@proxy.example/v1?api-key=SECRET"),
            ),
            ("ANTHROPIC_API_KEY", &canary("SECRET\n")),
        ])
        .loaded()
}

#[test]
fn render_and_debug_hide_every_secret_and_show_the_rest() {
    let config = with_secrets();
    let rendered = config.render();
    assert!(!rendered.contains(CANARY), "{rendered}");
    for line in [
        r#"database_url = "postgres://app:***@db.example/main?sslmode=require&password=***"  # variable DATABASE_URL"#,
        r#"url = "redis://:***@cache.example:6379/1"  # variable REDIS_URL"#,
        r#"base_url = "https://***@proxy.example/v1?api-key=***"  # variable OPENAI_BASE_URL"#,
        r#"api_key = "***"  # variable OPENAI_API_KEY"#,
        r#"api_key = "***"  # variable ANTHROPIC_API_KEY"#,
    ] {
        assert!(
            rendered.lines().any(|rendered| rendered == line),
            "{line} is not in\n{rendered}"
        );
    }
    let debug = format!("{config:?} {config:#?} {:?}", config.storage.database());
    assert!(!debug.contains(CANARY), "{debug}");
    assert!(debug.contains("db.example"), "{debug}");
}

#[test]
fn the_program_itself_gets_the_secrets() {
    let config = with_secrets();
    let Database::Postgres(url) = config.storage.database() else {
        panic!("not Postgres")
    };
    assert!(url.expose().starts_with(&format!("postgres://app:{CANARY}@")));
    assert_eq!(
        config.redis.url.unwrap().expose(),
        format!("redis://:{CANARY}@cache.example:6379/1")
    );
    assert_eq!(
        config.models.openai.api_key.unwrap().expose_secret(),
        format!("sk-{CANARY}")
    );
    // The line break at the end of a mounted secret is not part of it.
    assert_eq!(config.models.anthropic.api_key.unwrap().expose_secret(), CANARY);
}

#[test]
fn a_refusal_does_not_quote_what_may_be_a_secret() {
    let in_file = [
        "[models]\nopenai = 'SECRET'",
        "models = 'SECRET'",
        "[models.openai]\napi_key = ['SECRET']",
        "[models.openai]\napikey = 'SECRET'",
        "[models.openai]\napi_key = { SECRET = 1 }",
        "[models.openai]\nbase_url = 'SECRET'",
        "[storage]\ndatabase_url = 'mysql://u:SECRET@h/d'",
        "[storage]\ndatabase_url = 'postgres://u:SECRET#1@h/d'",
        "[storage]\ndatabase_url = 'postgres://u:12?SECRET@h/d'",
        "[storage]\ndatabase_url = 'postgres://u:12/SECRET@h/d'",
        "[redis]\nurl = 'SECRET'",
        "[redis]\nurl = ['SECRET']",
        "[models.openai]\napi_key = 'SECRET\n",
    ];
    for text in in_file {
        let message = Setting::new().file(&text.replace("SECRET", CANARY)).refusal();
        assert!(!message.contains(CANARY), "{message}");
    }
    // Even with every other key set right, a later refusal of a check does not show them.
    let setting = Setting::new()
        .file("[engine]\nconcurrency = 0")
        .env(&[("OPENAI_API_KEY", CANARY)]);
    assert!(!setting.refusal().contains(CANARY));
}

proptest! {
    /// Whatever a password is made of, the URL that carries it is either refused without quoting it, or shown without it.
    #[test]
    fn no_password_is_ever_shown(noise in "[ -~]{0,12}", more in "[ -~]{0,12}") {
        let url = format!("postgres://app:{noise}{CANARY}{more}@db.example/main");
        let shown = match Setting::new().env(&[("DATABASE_URL", &url)]).load() {
            Ok(config) => format!("{}{config:?}", config.render()),
            Err(error) => error.to_string(),
        };
        prop_assert!(!shown.contains(CANARY), "{}", shown);
    }
}
