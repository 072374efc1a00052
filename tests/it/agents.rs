//! The registry of agents: what it accepts, and that every refusal names the agent and the fault.

use agent_orchestrator::agents::registry::{AgentConfigError, AgentRegistry};

const GOOD: &str =
    "[[agents]]\nname = 'scout'\ndescription = 'Looks around.'\ninstructions = 'Look around.'\n";

fn refusal(text: &str) -> AgentConfigError {
    match AgentRegistry::parse(text) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {text}"),
    }
}

#[test]
fn the_builtin_agents_are_distinct_and_complete() {
    let registry = AgentRegistry::builtin().unwrap();
    let names: Vec<&str> = registry.all().iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "analyst",
            "researcher",
            "architect",
            "engineer",
            "reviewer",
            "writer"
        ]
    );
    let tools = [
        "calculator",
        "current_time",
        "search_memory",
        "remember",
        "read_notes",
        "write_notes",
        "web_fetch",
    ];
    registry.validate_tools(|tool| tools.contains(&tool)).unwrap();
    for agent in registry.all() {
        assert!(agent.instructions.lines().count() >= 5, "{}", agent.name);
        assert!(
            agent.instructions.contains("data"),
            "{} is not told that tool results are data",
            agent.name
        );
        assert!(agent.keywords.len() > 10);
        assert_eq!(
            agent.tools.iter().any(|tool| tool == "web_fetch"),
            agent.name == "researcher"
        );
        for other in registry.all().iter().filter(|other| other.name != agent.name) {
            assert_ne!(agent.instructions, other.instructions);
            assert_ne!(agent.keywords.first(), other.keywords.first());
        }
    }
}

#[test]
fn what_is_left_out_has_defaults() {
    let registry = AgentRegistry::parse(GOOD).unwrap();
    let agent = registry.get("scout").unwrap();
    assert_eq!(
        (agent.model.as_str(), agent.max_turns, agent.temperature),
        ("default", 12, None)
    );
    assert!(agent.tools.is_empty());
    assert!(registry.get("nobody").is_none());
}

#[test]
fn a_file_without_agents_is_refused() {
    assert_eq!(refusal(""), AgentConfigError::Empty);
    assert_eq!(refusal("agents = []"), AgentConfigError::Empty);
    assert!(matches!(refusal("[[agents]\n"), AgentConfigError::Syntax(_)));
    assert!(matches!(refusal("agents = 3"), AgentConfigError::Syntax(_)));
    assert_eq!(
        refusal(&format!("[agent]\nname = 'x'\n{GOOD}")),
        AgentConfigError::UnknownSection("agent".to_owned())
    );
    assert_eq!(refusal(&GOOD.repeat(65)), AgentConfigError::TooMany(65));
}

#[test]
fn unknown_and_missing_keys_are_named_with_their_agent() {
    let unknown = refusal(&format!("{GOOD}temprature = 1.0\n")).to_string();
    assert!(
        unknown.contains("\"scout\"") && unknown.contains("temprature"),
        "{unknown}"
    );
    let missing = refusal("[[agents]]\nname = 'scout'\ndescription = 'x'\n").to_string();
    assert!(
        missing.contains("\"scout\"") && missing.contains("instructions"),
        "{missing}"
    );
    let nameless = refusal(&format!("{GOOD}[[agents]]\ndescription = 'x'\n")).to_string();
    assert!(
        nameless.contains("number 2") && nameless.contains("name"),
        "{nameless}"
    );
    let wrong_type = refusal(&format!("{GOOD}max_turns = 'many'\n")).to_string();
    assert!(wrong_type.contains("\"scout\""), "{wrong_type}");
}

#[test]
fn names_are_snake_case_unique_and_short() {
    for name in [
        "",
        "Scout",
        "my scout",
        "scout-2",
        "2scouts",
        "_scout",
        "scout_",
        "a__b",
        "späher",
        &"a".repeat(65),
    ] {
        assert_eq!(
            refusal(&GOOD.replace("scout", name)),
            AgentConfigError::BadName(name.to_owned())
        );
    }
    for name in ["a", "scout_2", &"a".repeat(64)] {
        assert!(
            AgentRegistry::parse(&GOOD.replace("scout", name)).is_ok(),
            "{name}"
        );
    }
    assert_eq!(
        refusal(&format!("{GOOD}{GOOD}")),
        AgentConfigError::Duplicate("scout".to_owned())
    );
}

#[test]
fn texts_must_say_something() {
    let blank = |field| AgentConfigError::Blank {
        agent: "scout".to_owned(),
        field,
    };
    assert_eq!(
        refusal(&GOOD.replace("Look around.", "  ")),
        blank("instructions")
    );
    assert_eq!(refusal(&GOOD.replace("Looks around.", "")), blank("description"));
}

#[test]
fn limits_and_models_are_checked() {
    let cases = [
        ("max_turns = 0", "max_turns is 0"),
        ("max_turns = 101", "max_turns is 101"),
        ("max_tool_calls = 501", "max_tool_calls is 501"),
        ("max_output_tokens = 0", "max_output_tokens is 0"),
        ("max_output_tokens = 200001", "max_output_tokens is 200001"),
        ("max_turns = -1", "max_turns"),
        ("temperature = 2.5", "temperature is 2.5"),
        ("temperature = nan", "temperature is NaN"),
        ("model = 'gpt'", "\"gpt\""),
        ("model = 'openai/'", "\"openai/\""),
        ("tools = ['remember', 'remember']", "\"remember\" is listed twice"),
        ("keywords = ['Design']", "\"Design\""),
        ("keywords = ['']", "keyword \"\""),
    ];
    for (line, fault) in cases {
        let error = refusal(&format!("{GOOD}{line}\n")).to_string();
        assert!(
            error.contains("\"scout\"") && error.contains(fault),
            "{line}: {error}"
        );
    }
    for line in [
        "max_tool_calls = 0",
        "temperature = 0.0",
        "model = 'openai/gpt-4.1'",
        "model = 'local/org/model'",
    ] {
        assert!(AgentRegistry::parse(&format!("{GOOD}{line}\n")).is_ok(), "{line}");
    }
    let long = GOOD.replace("Look around.", &"x".repeat(64 * 1024 + 1));
    assert_eq!(
        refusal(&long),
        AgentConfigError::LongInstructions {
            agent: "scout".to_owned(),
            bytes: 64 * 1024 + 1
        }
    );
}

#[test]
fn tools_must_exist() {
    let registry = AgentRegistry::parse(&format!("{GOOD}tools = ['remember', 'fly']\n")).unwrap();
    let error = registry.validate_tools(|tool| tool == "remember").unwrap_err();
    assert_eq!(
        error,
        AgentConfigError::UnknownTool {
            agent: "scout".to_owned(),
            tool: "fly".to_owned()
        }
    );
    assert!(registry.validate_tools(|_| true).is_ok());
}

#[test]
fn models_are_default_offline_or_of_a_provider_and_fallbacks_are_few() {
    for good in ["default", "offline", "openai/gpt-4o", "openai/meta-llama/Llama-3"] {
        let text = format!("{GOOD}model = '{good}'\nfallbacks = ['offline', '{good}']\n");
        let registry = AgentRegistry::parse(&text).unwrap();
        let agent = registry.get("scout").unwrap();
        assert_eq!(agent.fallbacks.as_deref().unwrap(), ["offline", good]);
    }
    assert_eq!(
        AgentRegistry::parse(GOOD)
            .unwrap()
            .get("scout")
            .unwrap()
            .fallbacks,
        None
    );
    for bad in ["gpt-4o", "", "/x", "openai/"] {
        for setting in [
            format!("model = '{bad}'"),
            format!("fallbacks = ['default', '{bad}']"),
        ] {
            let expected = AgentConfigError::BadModel {
                agent: "scout".to_owned(),
                model: bad.to_owned(),
            };
            assert_eq!(refusal(&format!("{GOOD}{setting}\n")), expected);
        }
    }
    let many = ["'a/b'"; 9].join(", ");
    assert_eq!(
        refusal(&format!("{GOOD}fallbacks = [{many}]\n")),
        AgentConfigError::TooManyFallbacks("scout".to_owned())
    );
}
