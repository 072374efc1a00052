//! The conversation about one step: repeated calls, and what is left out where the model's window is full.

use agent_orchestrator::{
    agents::{
        registry::AgentRegistry,
        role::AgentRole,
        session::{Next, Session, Stop},
    },
    llm::{
        chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason, ToolRequest},
        prompt::{EarlierResult, StepPrompt},
        tokens::estimate_request,
    },
};

fn role(settings: &str) -> AgentRole {
    let agent = format!(
        "[[agents]]\nname = 'scout'\ndescription = 'x'\ninstructions = 'Look around.'\nmax_turns = 50\n{settings}"
    );
    AgentRegistry::parse(&agent).unwrap().all()[0].clone()
}

fn prompt(results: &[String]) -> StepPrompt {
    let result = |(at, output): (usize, &String)| EarlierResult {
        title: format!("step {at}"),
        agent: "scout".to_owned(),
        output: output.clone(),
    };
    StepPrompt {
        task: "The whole task.".to_owned(),
        title: "look".to_owned(),
        instructions: "Look everywhere.".to_owned(),
        results: results.iter().enumerate().map(result).collect(),
        memories: vec!["m".repeat(3_000)],
        notes: Vec::new(),
    }
}

fn wishes(calls: &[(&str, &str)]) -> ChatAnswer {
    let call = |(at, (name, arguments)): (usize, &(&str, &str))| ToolRequest {
        id: format!("c{at}"),
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    };
    ChatAnswer {
        content: String::new(),
        tool_calls: calls.iter().enumerate().map(call).collect(),
        finish: FinishReason::ToolCalls,
        usage: None,
        thinking: None,
        model: "m".to_owned(),
    }
}

fn start(role: &AgentRole, prompt: &StepPrompt) -> Session {
    Session::start(role, "m".to_owned(), prompt, Vec::new())
}

/// One turn in which a tool returns this.
fn turn(session: &mut Session, at: usize, result: &str) {
    let Next::RunTools(calls) = session.answered(&wishes(&[("look", &format!("{{\"at\":{at}}}"))])) else {
        panic!("no tools")
    };
    let results = calls.into_iter().map(|call| (call, result.to_owned())).collect();
    assert_eq!(session.tool_results(results), Next::Ask);
}

fn results(request: &ChatRequest) -> Vec<&str> {
    let messages = request.messages.iter();
    messages
        .filter_map(|message| match message {
            ChatMessage::Tool { content, .. } => Some(content.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn equal_calls_are_counted_however_they_are_written() {
    let mut session = start(&role("max_same_calls = 2"), &prompt(&[]));
    let same = [
        ("look", "{\"a\":1,\"b\":[2]}"),
        ("look", "{ \"b\" : [ 2 ], \"a\" : 1 }"),
        ("look", "{\"b\":[2],\"a\":1}"),
        ("see", "{\"a\":1,\"b\":[2]}"),
        ("look", "{\"a\":2,\"b\":[2]}"),
    ];
    assert!(matches!(session.answered(&wishes(&same)), Next::RunTools(calls) if calls.len() == 5));
    let refused: Vec<bool> = (0..5).map(|at| session.refusal(at).is_some()).collect();
    assert_eq!(refused, [false, false, true, false, false]);
    // Told in the same breath is not told: all of them are refused, and none stops the step.
    let mut session = start(&role("max_same_calls = 1"), &prompt(&[]));
    assert!(matches!(
        session.answered(&wishes(&[same[0]; 9])),
        Next::RunTools(_)
    ));
    assert!((1..9).all(|at| session.refusal(at).is_some()));
    let stopped = session.answered(&wishes(&[same[1]]));
    assert!(
        matches!(
            stopped,
            Next::Stop(Stop {
                code: "LOOP_DETECTED",
                ..
            })
        ),
        "{stopped:?}"
    );
}

#[test]
fn what_cannot_be_read_is_counted_as_it_stands() {
    let mut session = start(&role("max_same_calls = 1"), &prompt(&[]));
    let deep = "[".repeat(100_000);
    session.answered(&wishes(&[
        ("x", "{no"),
        ("x", "{no"),
        ("x", &deep),
        ("x", ""),
        ("x", "{}"),
    ]));
    let refused: Vec<bool> = (0..5).map(|at| session.refusal(at).is_some()).collect();
    assert_eq!(refused, [false, true, false, false, true]);
}

#[test]
fn nothing_is_shortened_that_fits() {
    let mut session = start(&role(""), &prompt(&["r".repeat(9_000)]));
    turn(&mut session, 0, &"t".repeat(30_000));
    let request = session.request().unwrap();
    assert_eq!(results(&request), ["t".repeat(30_000)]);
    assert!(
        matches!(&request.messages[1], ChatMessage::User { content } if content.contains(&"r".repeat(9_000)))
    );
}

#[test]
fn a_full_window_loses_old_results_of_tools_first() {
    let role = role("max_output_tokens = 500\ncontext_tokens = 5500");
    let mut session = start(&role, &prompt(&["r".repeat(3_000)]));
    for at in 0..4 {
        turn(&mut session, at, &at.to_string().repeat(1_500));
    }
    let request = session.request().unwrap();
    let told = results(&request);
    assert!(told[0].contains("1500 characters, left out"), "{told:?}");
    assert_eq!(told[3], "3".repeat(1_500));
    assert_eq!(request.messages[1], session_prompt(&prompt(&["r".repeat(3_000)])));
    assert!(estimate_request(&request) <= 5_000);
    assert_eq!(session.request().unwrap(), request, "the same every time");
    // What has made way does not come back later.
    turn(&mut session, 4, "short");
    assert_eq!(results(&session.request().unwrap())[0], told[0]);
}

fn session_prompt(prompt: &StepPrompt) -> ChatMessage {
    ChatMessage::User {
        content: prompt.render(),
    }
}

#[test]
fn then_earlier_results_and_memories_are_cut_and_the_task_never() {
    let role = role("max_output_tokens = 500\ncontext_tokens = 6000");
    let long = |word: &str| format!("begin {word} {} end {word}", "é ".repeat(9_000));
    let mut session = start(&role, &prompt(&[long("one"), "short".to_owned(), long("two")]));
    turn(&mut session, 0, "the last result");
    let request = session.request().unwrap();
    assert!(estimate_request(&request) <= 5_500);
    assert_eq!(results(&request), ["the last result"]);
    let ChatMessage::User { content } = &request.messages[1] else {
        panic!("a prompt")
    };
    let told = StepPrompt::parse(content).unwrap();
    let whole = prompt(&[]);
    assert_eq!(
        (&told.task, &told.title, &told.instructions),
        (&whole.task, &whole.title, &whole.instructions)
    );
    for (at, word) in [(0, "one"), (2, "two")] {
        let output = &told.results[at].output;
        assert!(
            output.starts_with(&format!("begin {word}")) && output.ends_with(&format!("end {word}")),
            "{output}"
        );
        assert!(output.contains("characters left out"), "{output}");
    }
    assert_eq!(told.results[1].output, "short");
}

#[test]
fn the_last_result_is_cut_where_nothing_else_helps_and_then_it_is_over() {
    let role = role("max_output_tokens = 500\ncontext_tokens = 2500");
    let mut session = start(
        &role,
        &StepPrompt {
            memories: Vec::new(),
            ..prompt(&[])
        },
    );
    turn(&mut session, 0, &format!("begin {} end", "x ".repeat(20_000)));
    let request = session.request().unwrap();
    let told = results(&request)[0].to_owned();
    assert!(
        told.starts_with("begin") && told.ends_with("end") && told.contains("characters left out"),
        "{told}"
    );
    let huge = StepPrompt {
        task: "t".repeat(30_000),
        ..prompt(&[])
    };
    assert!(matches!(
        start(&role, &huge).request(),
        Err(Stop {
            code: "CONTEXT_LIMIT",
            ..
        })
    ));
}
