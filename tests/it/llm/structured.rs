//! Answers as JSON of a given form: found among words, checked, and what is wrong with them told by its place.

use agent_orchestrator::llm::{chat::ChatRequest, structured::Structured};
use serde_json::{Value, json};

use super::{request, user};

fn form() -> Structured {
    let schema = json!({ "type": "object", "required": ["n"], "additionalProperties": false,
        "properties": { "n": { "type": "integer" }, "of": { "type": "array", "items": { "enum": ["a", "b"] } } } });
    Structured::compile("numbers", schema).unwrap()
}

fn faults(answer: &str) -> Vec<String> {
    match form().read(answer) {
        Err(faults) => faults,
        Ok(found) => panic!("accepted {} in {answer:?}", found.text),
    }
}

#[test]
fn json_is_found_bare_fenced_and_among_words() {
    for answer in [
        "{\"n\":1}",
        "  {\"n\": 1}\n",
        "```json\n{\"n\": 1}\n```",
        "```\n{\"n\": 1}```",
        "```{\"n\": 1}```",
        "Here it is:\n```JSON\n{\"n\": 1}\n```\nAnything else?",
        "The answer is {\"n\": 1}.",
        "With {braces} before: {\"n\": 1}",
        "[1] {\"n\": 1} {and} after [2]",
        "```\nnot this\n```\nbut this: {\"n\": 1}",
        "{\"n\": 1}\n{\"n\": 1}",
    ] {
        let found = form().read(answer).unwrap();
        assert_eq!(found.value, json!({ "n": 1 }), "{answer:?}");
        assert_eq!(
            serde_json::from_str::<Value>(found.text).unwrap(),
            found.value,
            "{answer:?}"
        );
    }
}

#[test]
fn a_text_with_fences_inside_is_read_whole() {
    let schema = json!({ "type": "object", "required": ["text"] });
    let form = Structured::compile("text", schema).unwrap();
    let value = json!({ "text": "```sh\nls {a,b}\n```\nand so on" });
    for answer in [value.to_string(), format!("```json\n{value}\n```")] {
        assert_eq!(form.read(&answer).unwrap().value, value);
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    let told = faults("{\"of\": [\"a\", \"z\", 3], \"m\": 1}");
    for (place, word) in [
        ("the whole", "\"n\""),
        ("/of/1", "z"),
        ("/of/2", "3"),
        ("the whole", "'m'"),
    ] {
        assert!(
            told.iter()
                .any(|fault| fault.starts_with(place) && fault.contains(word)),
            "{place} {word}: {told:?}"
        );
    }
    assert_eq!(
        faults("{\"n\": \"\\u0000\"}"),
        ["a text has a NUL character in it"]
    );
}

#[test]
fn what_is_no_json_is_called_so() {
    for (answer, word) in [
        ("", "no whole object"),
        ("No.", "no whole object"),
        ("Sure: {\"n\": 1", "EOF"),
        ("{\"n\": 1,}", "trailing comma"),
        ("```json\n{\"n\": }\n```", "expected value"),
    ] {
        let told = faults(answer);
        assert!(
            told.len() == 1 && told[0].contains("not JSON") && told[0].contains(word),
            "{answer:?}: {told:?}"
        );
    }
}

#[test]
fn no_answer_is_too_odd_or_too_long_to_be_refused() {
    assert!(faults(&"{".repeat(1 << 20))[0].contains("not JSON"));
    assert!(faults(&"[{\"a\":".repeat(100_000))[0].contains("not JSON"));
    assert!(faults(&"```".repeat(300_000))[0].contains("not JSON"));
    assert!(faults(&" ".repeat((1 << 20) + 1))[0].contains("bytes long"));
    let many = json!({ "n": 1, "of": vec![7; 100_000] }).to_string();
    let told = faults(&many);
    assert!(
        told.len() <= 21 && told.iter().all(|fault| fault.chars().count() <= 241),
        "{}",
        told.len()
    );
}

#[test]
fn what_is_no_schema_is_refused() {
    for schema in [
        json!({ "type": "thing" }),
        json!({ "$ref": "https://example.com/x.json" }),
        json!(3),
    ] {
        assert!(Structured::compile("x", schema.clone()).is_err(), "{schema}");
    }
}

#[test]
fn requests_without_a_form_are_written_as_before() {
    let mut request = request("m", vec![user("hi")], &[]);
    let written: Value = serde_json::to_value(&request).unwrap();
    assert!(written.get("response_schema").is_none());
    let read: ChatRequest = serde_json::from_value(written).unwrap();
    assert_eq!(read, request);
    request.response_schema = Some(form().form().clone());
    let read: ChatRequest = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
    assert_eq!(read, request);
}

#[test]
fn what_was_found_is_kept_as_it_was_written() {
    let written = "{ \"n\": 1234567890123456789012345678901234567890,\n \"of\": [] }";
    let said = format!("So: {written}");
    assert_eq!(form().read(&said).unwrap().text, written);
}
