//! `[[tools.mcp]]`: what is refused, and that its secrets stay out of sight.

use super::Setting;

const CANARY: &str = "canary-7c1d";

fn with(settings: &str) -> Setting {
    Setting::new().file(&format!("[[tools.mcp]]\n{settings}\n"))
}

const PROGRAM: &str = "name = 'files'\napproved = 'files.json'\ncommand = 'mcp-files'\n";

#[test]
fn secrets_come_from_the_environment_and_are_not_shown() {
    let settings = format!("{PROGRAM}args = ['/srv']\nenv = {{ TOKEN = 'x${{FILES_TOKEN}}' }}");
    let config = with(&settings).env(&[("FILES_TOKEN", CANARY)]).loaded();
    let [server] = &config.tools.mcp[..] else {
        panic!("one server")
    };
    assert_eq!(server.env["TOKEN"].expose(), format!("x{CANARY}"));
    assert_eq!(server.timeout_ms, 30_000);
    let rendered = config.render();
    assert!(!format!("{rendered}{config:?}").contains(CANARY), "{rendered}");
    assert!(
        rendered.contains("[[tools.mcp]]") && rendered.contains(r#"TOKEN = "***""#),
        "{rendered}"
    );
    let again = Setting::new().file(&rendered).loaded();
    assert_eq!(again.tools.mcp[0].command.as_deref(), Some("mcp-files"));
    let unset = with(&settings).refusal();
    assert!(
        unset.contains("the environment variable FILES_TOKEN to be set, for TOKEN of \"files\""),
        "{unset}"
    );
}

#[test]
fn mistakes_are_named() {
    let url = "url = 'https://mcp.example/mcp'\n";
    let long = format!("name = '{}'\napproved = 'a'\ncommand = 'a'", "a".repeat(25));
    for (settings, expected) in [
        (
            "name = 'a'\napproved = 'a'".to_owned(),
            "either a `command` or a `url`",
        ),
        (format!("{PROGRAM}{url}"), "either a `command` or a `url`"),
        (
            format!("{PROGRAM}headers = {{ A = 'b' }}"),
            "`headers` only with a `url`",
        ),
        (
            format!("name = 'a'\napproved = 'a'\n{url}args = ['a']"),
            "`args and env` only with a `command`",
        ),
        (
            format!("name = 'a'\napproved = 'a'\n{url}env = {{ A = 'b' }}"),
            "`args and env` only with a `command`",
        ),
        (
            format!("{PROGRAM}timeout_ms = 0"),
            "`timeout_ms` of \"files\" to be",
        ),
        (
            format!("{PROGRAM}timeout_ms = 3600001"),
            "`timeout_ms` of \"files\" to be",
        ),
        (
            format!("{PROGRAM}[[tools.mcp]]\n{PROGRAM}"),
            "one server named \"files\", not two",
        ),
        (
            "name = 'a__b'\napproved = 'a'\ncommand = 'a'".to_owned(),
            "without \"__\", not \"a__b\"",
        ),
        (
            "name = 'A'\napproved = 'a'\ncommand = 'a'".to_owned(),
            "snake_case",
        ),
        (
            "name = 'a_'\napproved = 'a'\ncommand = 'a'".to_owned(),
            "snake_case",
        ),
        (long, "1 to 24 characters"),
        (
            "name = 'a'\napproved = 'a'\nurl = 'ftp://a'".to_owned(),
            "not the scheme `ftp`",
        ),
        (
            "name = 'a'\ncommand = 'a'".to_owned(),
            "`tools.mcp.0` (file orchestrator.toml)",
        ),
        (format!("{PROGRAM}comand = 'a'"), "did you mean `command`?"),
    ] {
        let message = with(&settings).refusal();
        assert!(
            message.contains(expected) && message.contains("tools.mcp"),
            "{settings}: {message}"
        );
    }
    let many: String = (0..33)
        .map(|n| format!("[[tools.mcp]]\nname = 's{n}'\napproved = 'a'\ncommand = 'a'\n"))
        .collect();
    let message = Setting::new().file(&many).refusal();
    assert!(message.contains("at most 32 servers"), "{message}");
}
