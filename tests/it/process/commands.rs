//! The commands that are over at once.

use std::collections::BTreeMap;

use crate::support::Process;

async fn output_of(env: &[(&'static str, &str)], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let env: BTreeMap<_, _> = env
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    let ended = Process::run(folder.path(), &env, arguments).await;
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "{arguments:?} left something behind"
    );
    String::from_utf8(ended.stdout).unwrap()
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    let printed = output_of(&[], &["schema"]).await;
    assert!(
        printed == committed,
        "schema.graphql is not what the program prints: run `make schema`"
    );
}

#[tokio::test]
async fn the_configuration_is_shown_without_its_secrets() {
    let secrets = [
        ("DATABASE_URL", "postgres://ada:s3cr3t@db/orchestrator"),
        ("REDIS_URL", "redis://:s3cr3t@cache:6379/0"),
        ("OPENAI_API_KEY", "sk-s3cr3t"),
        ("ANTHROPIC_API_KEY", "sk-ant-s3cr3t"),
    ];
    let shown = output_of(&secrets, &["config"]).await;
    assert!(!shown.contains("s3cr3t"), "{shown}");
    for word in [
        "postgres://ada:***@db/orchestrator",
        "redis://:***@cache:6379/0",
        "[engine]",
        "concurrency = 16",
        "# FAISS kernels: ",
    ] {
        assert!(shown.contains(word), "no {word:?} in {shown}");
    }
    let document: toml::Table = toml::from_str(&shown).unwrap();
    assert_eq!(document["server"]["listen"].as_str(), Some("127.0.0.1:8000"));
}

#[tokio::test]
async fn flags_win_over_the_environment() {
    let shown = output_of(
        &[("ORCHESTRATOR_LISTEN", "127.0.0.1:1")],
        &["config", "--listen", "127.0.0.1:2"],
    )
    .await;
    assert!(
        shown.contains("127.0.0.1:2") && !shown.contains("127.0.0.1:1\""),
        "{shown}"
    );
}

#[tokio::test]
async fn version_and_help() {
    let version = output_of(&[], &["--version"]).await;
    assert_eq!(
        version,
        format!("agent-orchestrator {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = output_of(&[], &["--help"]).await;
    for command in ["serve", "migrate", "schema", "config"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
    assert!(
        output_of(&[], &["serve", "--help"])
            .await
            .contains("--database-url")
    );
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [vec![], vec!["swerve"], vec!["serve", "--lisen", "x"]] {
        let ended = Process::run(folder.path(), &BTreeMap::new(), &arguments).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(String::from_utf8(ended.stderr).unwrap().contains("Usage:"));
    }
}
