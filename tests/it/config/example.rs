//! `orchestrator.example.toml` and the program say the same.

use std::collections::BTreeSet;

use agent_orchestrator::config::Config;

use super::{Setting, values};

const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/orchestrator.example.toml"));

/// The keys of a TOML text, those behind a `#` too.
fn keys(text: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut keys = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or(name);
            continue;
        }
        let line = line.strip_prefix("# ").unwrap_or(line);
        let name = line
            .split_once(" = ")
            .or_else(|| line.split_once(" is not set"))
            .map_or("", |(name, _)| name);
        if !name.is_empty() && !name.contains(' ') {
            keys.insert(format!("{section}.{name}"));
        }
    }
    keys
}

#[test]
fn every_value_in_it_is_the_default() {
    let config = Setting::new().file(EXAMPLE).loaded();
    assert_eq!(values(&config), values(&Config::default()));
}

#[test]
fn it_names_every_key_and_each_has_a_comment() {
    let all = keys(&Config::default().render());
    assert!(
        all.contains("storage.database_url") && all.contains("tools.web_fetch.allowed_hosts"),
        "{all:?}"
    );
    assert_eq!(keys(EXAMPLE), all);
    for line in EXAMPLE.lines().filter(|line| line.contains(" = ")) {
        assert!(
            line.rsplit_once(" # ")
                .is_some_and(|(_, comment)| comment.len() > 3),
            "{line}"
        );
    }
}

#[test]
fn the_examples_behind_a_hash_are_accepted_too() {
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest
                    .split_once(" = ")
                    .is_some_and(|(name, _)| !name.contains(' ')) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let config = Setting::new().file(&uncommented).loaded();
    assert_eq!(config.models.default_model().to_string(), "openai/gpt-4o-mini");
    assert!(config.embeds_with_openai() && config.redis.url.is_some() && config.agents.file.is_some());
}

#[test]
fn what_is_rendered_can_be_read_again() {
    let config =
        Setting::new().file("[engine]\nconcurrency = 5\n[storage]\ndatabase_url = 'sqlite://x\\y\"z.db'\n");
    let config = config.loaded();
    let again = Setting::new().file(&config.render()).loaded();
    assert_eq!(values(&again), values(&config));
    assert_eq!(again.engine.concurrency, 5);
}
