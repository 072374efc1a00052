//! What may be called, with which arguments.

use std::sync::Arc;

use agent_orchestrator::tools::{Tool, ToolError};
use serde_json::json;

use super::{Act, Probe, definition, probe, registry_of};

fn check(arguments: &str) -> Result<String, ToolError> {
    let registry = registry_of([probe(Act::Hang)]);
    let call = registry.check("probe", arguments, &["probe".to_owned()])?;
    Ok(call.canonical_arguments().to_owned())
}

fn refusal(arguments: &str) -> String {
    match check(arguments) {
        Err(ToolError::InvalidArguments(message)) => message,
        other => panic!("{arguments:.80} was not refused: {other:?}"),
    }
}

#[test]
fn unknown_and_forbidden_tools_are_told_apart() {
    let registry = registry_of([probe(Act::Hang)]);
    let allowed = ["probe".to_owned(), "gone".to_owned()];
    let unknown = registry.check("gone", "{}", &allowed).unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.to_string().as_str()),
        ("UNKNOWN_TOOL", "there is no tool \"gone\"")
    );
    let forbidden = registry
        .check("probe", r#"{"text":"a"}"#, &["other".to_owned()])
        .unwrap_err();
    assert_eq!(forbidden.code(), "TOOL_NOT_ALLOWED");
    let nothing_allowed = registry.check("probe", r#"{"text":"a"}"#, &[]).unwrap_err();
    assert_eq!(nothing_allowed.code(), "TOOL_NOT_ALLOWED");
    let huge = registry
        .check(&"x".repeat(1_000_000), "{}", &allowed)
        .unwrap_err();
    assert!(huge.to_string().len() < 200);
}

#[test]
fn equal_arguments_have_one_text_and_one_digest() {
    let registry = registry_of([probe(Act::Hang)]);
    let checked = |raw: &str| registry.check("probe", raw, &["probe".to_owned()]).unwrap();
    let one = checked(r#"{ "text": "a", "any": {"z": 1, "b": [1.5, null, {"y":0,"x":"é\n"}]}, "count": 2 }"#);
    let other =
        checked(r#"{"count":2,"any":{"b":[1.5,null,{"x":"\u00e9\u000a","y":0}],"z":1},"text":"\u0061"}"#);
    let canonical = r#"{"any":{"b":[1.5,null,{"x":"é\n","y":0}],"z":1},"count":2,"text":"a"}"#;
    assert_eq!(one.canonical_arguments(), canonical);
    assert_eq!(other.canonical_arguments(), canonical);
    assert_eq!(one.arguments_digest(), other.arguments_digest());
    assert_ne!(
        one.arguments_digest(),
        checked(r#"{"text":"b"}"#).arguments_digest()
    );
    // SHA-256 of `{"text":"a"}`, by another program.
    let known = "6193c97585a0f731ce7b500bb69d2476816afb14c8d95ac8e6e865f680e9e438";
    assert_eq!(checked(r#"{"text":"a"}"#).arguments_digest(), known);
    assert_eq!(one.arguments()["count"], 2);
    assert_eq!(one.definition().name, "probe");
}

#[test]
fn empty_text_means_no_arguments() {
    let bare = json!({ "type": "object", "additionalProperties": false });
    let registry = registry_of([Arc::new(Probe {
        definition: definition("bare", bare),
        act: Act::Hang,
    }) as Arc<dyn Tool>]);
    for raw in ["", "  \n", "{}"] {
        let call = registry.check("bare", raw, &["bare".to_owned()]).unwrap();
        assert_eq!(call.canonical_arguments(), "{}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_named_by_their_path() {
    assert_eq!(refusal("{}"), "\"text\" is a required property");
    assert_eq!(refusal(r#"{"text":5}"#), "/text: 5 is not of type \"string\"");
    let nested = refusal(r#"{"text":"a","tags":["b",7]}"#);
    assert_eq!(nested, "/tags/1: 7 is not of type \"string\"");
    let extra = refusal(r#"{"text":"a","more":1}"#);
    assert!(extra.contains("'more' was unexpected"), "{extra}");
    let two = refusal(r#"{"text":"a","count":0,"tags":"b"}"#);
    assert!(two.contains("/count: 0 is less than the minimum of 1"), "{two}");
    assert!(two.contains("; /tags: \"b\" is not of type \"array\""), "{two}");
    for raw in ["null", "[]", "5", "\"text\"", "true"] {
        assert!(refusal(raw).ends_with("is not of type \"object\""), "{raw}");
    }
}

#[test]
fn complaints_are_few_and_short() {
    let tags = vec!["9"; 100].join(",");
    let many = refusal(&format!(r#"{{"text":"a","tags":[{tags}]}}"#));
    assert_eq!(many.split("; ").count(), 6);
    assert!(many.ends_with("; and more"), "{many}");
    let secret = format!("{}-tail", "s".repeat(60));
    let long = refusal(&format!(r#"{{"text":"{secret}"}}"#));
    assert!(
        long.starts_with("/text: \"sss") && long.contains("longer than 10"),
        "{long}"
    );
    assert!(!long.contains("tail"), "{long}");
    let extra = format!(r#"{{"text":"a","{}":1}}"#, "k".repeat(10_000));
    assert!(refusal(&extra).chars().count() <= 201);
}

#[test]
fn text_that_is_not_bounded_json_is_refused() {
    for raw in [
        "{",
        "{\"text\":}",
        "{'text':'a'}",
        "{\"text\":\"a\"} x",
        "{\"text\":\"\\ud800\"}",
        "NaN",
        "\u{feff}{}",
    ] {
        assert!(refusal(raw).starts_with("they are not JSON"), "{raw}");
    }
    assert!(refusal("{\"text\":\"a\\u0000b\"}").contains("NUL"));
    assert!(refusal("{\"text\":\"a\",\"b\\u0000\":1}").contains("NUL"));
    assert!(refusal("{\"text\":\"a\",\"any\":1e999}").contains("not JSON"));
    let long = format!(r#"{{"text":"{}"}}"#, "a".repeat(64 * 1024));
    assert!(refusal(&long).contains("at most 65536"));
}

#[test]
fn nesting_is_bounded_before_it_is_parsed() {
    let arrays = |depth: usize| {
        format!(
            r#"{{"text":"a","any":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(check(&arrays(31)).is_ok());
    assert!(refusal(&arrays(32)).contains("nested more than 32 deep"));
    assert!(refusal(&arrays(10_000)).contains("nested more than 32 deep"));
    assert!(refusal(&"{\"a\":".repeat(10_000)).contains("nested more than 32 deep"));
    assert!(refusal(&"[".repeat(60_000)).contains("nested more than 32 deep"));
    // Brackets inside a string are text.
    assert!(check(r#"{"text":"[[\"[[{"}"#).is_ok());
    let wide = format!(r#"{{"text":"a","any":[{}[]]}}"#, "[],".repeat(5_000));
    assert!(check(&wide).is_ok());
}
