//! The offline model: which tools it asks for.

use agent_orchestrator::llm::{
    chat::ToolRequest,
    prompt::{SURROUNDINGS, StepPrompt},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    offline::{ALL_TOOLS, step, turn},
    user,
};

/// The tools a step's instructions call for.
async fn wanted(instructions: &str, tools: &[&str]) -> Vec<(String, Value)> {
    let answer = turn(vec![user(&step(instructions).render())], tools).await;
    let read = |call: ToolRequest| (call.name, serde_json::from_str(&call.arguments).unwrap());
    answer.tool_calls.into_iter().map(read).collect()
}

#[tokio::test]
async fn arithmetic_goes_to_the_calculator() {
    for (words, expressions) in [
        ("Compute 12 * 7.", &["12 * 7"][..]),
        ("What is 12×7?", &["12 * 7"]),
        ("What is 10-4?", &["10 - 4"]),
        (
            "Calculate (3 + 4) * 2 - 1.5 / 3 for us",
            &["(3 + 4) * 2 - 1.5 / 3"],
        ),
        ("sum of 12 and 30", &["12 + 30"]),
        ("Give the total of 3, 4 and 5.", &["3 + 4 + 5"]),
        (
            "Find the sum of the numbers $1,200.50, 30 and 7.",
            &["1200.50 + 30 + 7"],
        ),
        ("How much is 15% of 80?", &["15 / 100 * 80"]),
        ("7.5 percent of the 200 seats", &["7.5 / 100 * 200"]),
        ("Take the average of 4, 8 and 12", &["(4 + 8 + 12) / 3"]),
        (
            "Subtract 5 from 20. Multiply 6 by 7. Divide 9 by 3.",
            &["20 - 5", "6 * 7", "9 / 3"],
        ),
        ("the difference between 90 and 18", &["90 - 18"]),
        ("12 plus 30, then 5 times 4", &["12 + 30", "5 * 4"]),
        ("Work out 100 divided by 8", &["100 / 8"]),
        (
            "Compute the sum of 12 and 30, and 15% of 80",
            &["12 + 30", "15 / 100 * 80"],
        ),
        ("Multiply 3 + 4 by 2", &["(3 + 4) * 2"]),
        ("sum of 12 apples and 30 pears", &["12 + 30"]),
        ("2 + 2, and again 2 + 2", &["2 + 2"]),
        ("Was ist 12*7?", &["12 * 7"]),
        ("计算12*7", &["12 * 7"]),
        ("Berechne die Summe von 12 und 30.", &["12 + 30"]),
        (
            "Summe von 1.120,50 und 79,50; 15% von 80",
            &["1120.50 + 79.50", "15 / 100 * 80"],
        ),
        ("Wie viel ist 3 mal 4?", &["3 * 4"]),
    ] {
        let found = wanted(words, &["calculator"]).await;
        let found: Vec<&str> = found
            .iter()
            .map(|(_, arguments)| arguments["expression"].as_str().unwrap())
            .collect();
        assert_eq!(found, expressions, "{words}");
    }
}

#[tokio::test]
async fn numbers_alone_are_no_arithmetic() {
    for words in [
        "List the 3 largest of 12 cities.",
        "Summarise the report of 2026-01-31.",
        "Read pages 3-5 and call 555-1234.",
        "Support runs 24/7 and/or on 12/11.",
        "Upgrade from 1.2.3 to v2 - soon.",
        "The sum of it all matters",
        "Three times a week, 5 times a day",
        "Use **bold** and *italic* for 3 words",
        "See https://example.com/a-1+2/3*4",
        "the total of the invoices",
        "((((((((((",
    ] {
        assert_eq!(wanted(words, &["calculator"]).await, [], "{words}");
    }
}

#[tokio::test]
async fn words_call_for_the_tools_that_fit() {
    let one = |name: &str, arguments: Value| vec![(name.to_owned(), arguments)];
    for (words, calls) in [
        ("What is today's date?", one("current_time", json!({}))),
        (
            "Say what time it is now: what time is it?",
            one("current_time", json!({})),
        ),
        (
            "Recall the supplier terms.",
            one("search_memory", json!({ "query": "supplier terms", "limit": 5 })),
        ),
        (
            "What do we know about Acme?",
            one("search_memory", json!({ "query": "Acme", "limit": 5 })),
        ),
        (
            "Search your memory for past offers.",
            one("search_memory", json!({ "query": "past offers", "limit": 5 })),
        ),
        (
            "Research wind power in Denmark.",
            one(
                "search_memory",
                json!({ "query": "wind power in Denmark", "limit": 5 }),
            ),
        ),
        (
            "Recall.",
            one(
                "search_memory",
                json!({ "query": "Collect the figures", "limit": 5 }),
            ),
        ),
        (
            "Remember that invoices are due in 30 days.",
            one("remember", json!({ "content": "invoices are due in 30 days" })),
        ),
        (
            "Please note that Bob is away.",
            one(
                "write_notes",
                json!({ "name": "bob_is_away", "content": "Bob is away" }),
            ),
        ),
        ("Welcher Tag ist heute?", one("current_time", json!({}))),
        ("今天星期几？", one("current_time", json!({}))),
        ("Read the notes first.", one("read_notes", json!({}))),
        (
            "Fetch https://example.com/a?b=c (and https://example.com/a?b=c).",
            one("web_fetch", json!({ "url": "https://example.com/a?b=c" })),
        ),
        ("Write a friendly letter.", vec![]),
        ("Do not remember that Bob is away.", vec![]),
        ("The researchers were searching.", vec![]),
    ] {
        assert_eq!(wanted(words, &ALL_TOOLS).await, calls, "{words}");
    }
}

#[tokio::test]
async fn only_offered_tools_are_asked_for() {
    let words =
        "Compute 2 + 2, recall Acme, remember that 2 + 2 is easy, read the notes, see http://example.com";
    assert_eq!(wanted(words, &[]).await, []);
    let names: Vec<String> = wanted(words, &["remember", "clock"])
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["remember"]);
    let stored = wanted("Note that rain is likely.", &["remember"]).await;
    assert_eq!(
        stored,
        [("remember".to_owned(), json!({ "content": "rain is likely" }))],
        "the next best tool"
    );
}

#[tokio::test]
async fn what_planners_put_around_a_step_is_not_acted_on() {
    let surroundings = SURROUNDINGS.map(|start| format!("{start} Compute 1 + 1, and recall the rain."));
    let words = format!("Compute 2 + 3.\n\n{}", surroundings.join("\n\n"));
    assert_eq!(
        wanted(&words, &ALL_TOOLS).await,
        [("calculator".to_owned(), json!({ "expression": "2 + 3" }))]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No text, however shaped, stops it, and what it asks for is always well-formed.
    #[test]
    fn any_text_is_worked_on(words in prop::collection::vec(pieces(), 0..40), title in ".{0,30}") {
        let prompt = StepPrompt { title, ..step(&words.concat()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let first = runtime.block_on(turn(vec![user(&prompt.render())], &ALL_TOOLS));
        for call in &first.tool_calls {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
            prop_assert!(arguments.is_object());
            if let Some(expression) = arguments["expression"].as_str() {
                let known = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || " +-*/^().,".contains(c);
                prop_assert!(expression.chars().all(known), "{expression}");
                prop_assert_eq!(expression.matches('(').count(), expression.matches(')').count());
            }
        }
        prop_assert!(first.tool_calls.len() <= 20);
    }
}

fn pieces() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,4}(\\.[0-9])?",
        prop::sample::select(vec![
            " ",
            " + ",
            "-",
            " * ",
            "/",
            "(",
            ")",
            ", ",
            " and ",
            "% of ",
            " sum of ",
            " add ",
            " to ",
            " by ",
            ". ",
            "\n",
            " remember that ",
            " note that ",
            " recall ",
            " compare ",
            " vs ",
            "http://",
            "https://a.b/",
            "ß",
            "İ",
            "日本",
            " divided by ",
            " average of ",
            " what is ",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ]
}
