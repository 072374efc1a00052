//! The offline model over whole tasks: what its steps hand on, and how its answers read.

use std::collections::HashSet;

use agent_orchestrator::{
    agents::{
        lesson::lesson,
        registry::AgentRegistry,
        session::{Next, Session},
    },
    llm::{
        ChatModel,
        chat::{ToolRequest, ToolSpec},
        offline::{MODEL, OfflineModel},
        prompt::{EarlierResult, StepPrompt},
        prose::sentences,
    },
    planner::rules,
};

/// What every answer ends with.
const DISCLAIMER: &str = "_Written by the offline model from what is at hand; a language model would add ";

const INVOICES: &str = "Summarize the overdue invoices of customer Berg: invoice 1001 over 120.50 EUR and invoice \
                        1002 over 79.50 EUR. Then calculate the sum of 120.50 and 79.50.";
const DATABASES: &str = "Compare Postgres, MySQL and SQLite, then recommend one";
const PRICED: &str = "Compare Postgres (120 EUR per month), MySQL (80 EUR per month) and SQLite (free), then \
                      recommend one";
const GERMAN: &str = "Analysiere die Anforderungen und erstelle einen Plan. Danach implementiere die API.";

/// The outputs of a task's steps, in the order of the plan, without the last line.
async fn outputs(task: &str, memories: &[&str]) -> Vec<String> {
    told(task, memories, "No memories match.").await
}

/// The same with what a search of memory returns.
async fn told(task: &str, memories: &[&str], found: &str) -> Vec<String> {
    let agents = AgentRegistry::builtin().unwrap();
    let plan = rules::plan(task, agents.all());
    let mut outputs: Vec<String> = vec![String::new(); plan.steps.len()];
    for at in plan.topological_order().unwrap() {
        let step = &plan.steps[at];
        let role = agents.get(&step.agent).unwrap();
        let before = plan.steps.iter().zip(&outputs);
        let prompt = StepPrompt {
            task: task.to_owned(),
            title: step.title.clone(),
            instructions: step.instructions.clone(),
            results: before
                .filter(|(earlier, _)| step.depends_on.contains(&earlier.key))
                .map(|(earlier, output)| EarlierResult {
                    title: earlier.title.clone(),
                    agent: earlier.agent.clone(),
                    output: output.clone(),
                })
                .collect(),
            memories: memories.iter().map(|memory| (*memory).to_owned()).collect(),
            notes: Vec::new(),
        };
        let tools = role.tools.iter().map(|name| ToolSpec {
            name: name.clone(),
            description: String::new(),
            parameters: serde_json::json!({}),
        });
        let mut session = Session::start(role, MODEL.to_owned(), &prompt, tools.collect());
        let mut next = Next::Ask;
        outputs[at] = loop {
            next = match next {
                Next::Ask => session.answered(
                    &OfflineModel
                        .chat(&session.request().unwrap(), &|_| {})
                        .await
                        .unwrap(),
                ),
                Next::RunTools(calls) => session.tool_results(
                    calls
                        .into_iter()
                        .map(|call| (call.clone(), returned(&call, found)))
                        .collect(),
                ),
                Next::Done(output) => break output,
                Next::Stop(stop) => panic!("{}", stop.message),
            };
        };
    }
    for output in &mut outputs {
        let (answer, last) = output.rsplit_once("\n\n").unwrap();
        assert!(
            last.starts_with(DISCLAIMER) && last.lines().count() == 1,
            "{output}"
        );
        assert!(!answer.contains("offline model"), "it says so once\n{output}");
        *output = answer.to_owned();
    }
    outputs
}

/// What the tools say in these tests.
fn returned(call: &ToolRequest, found: &str) -> String {
    let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
    match (call.name.as_str(), arguments["expression"].as_str()) {
        ("calculator", Some("120.50 + 79.50")) => "200",
        ("calculator", Some("12 * 7")) => "84",
        ("calculator", Some("12 + 30")) => "42",
        ("current_time", _) => "2026-11-22T10:15:30+00:00\nweekday: Sunday\nISO week: 2026-W47",
        ("search_memory", _) => found,
        other => panic!("{other:?}"),
    }
    .to_owned()
}

#[tokio::test]
async fn facts_of_the_task_are_told_once_and_handed_on() {
    assert_eq!(
        outputs(INVOICES, &[]).await,
        [
            "## Analysis: Summarize the overdue invoices of customer Berg\n\n\
             The overdue invoices of customer Berg: invoice 1001 over 120.50 EUR and invoice 1002 over 79.50 EUR.",
            "## Analysis: Calculate the sum of 120.50 and 79.50\n\n\
             120.50 + 79.50 = 200.\n\n\
             ### Builds on\n\n\
             > - **Summarize the overdue invoices of customer Berg** (writer): invoice 1001 over 120.50 EUR and \
             invoice 1002 over 79.50 EUR.",
        ]
    );
}

#[tokio::test]
async fn options_without_facts_are_laid_side_by_side_and_not_ranked() {
    let outputs = outputs(DATABASES, &[]).await;
    for (output, name) in outputs.iter().zip(["Postgres", "MySQL", "SQLite"]) {
        assert_eq!(
            *output,
            format!(
                "## Comparison: Compare {name}\n\n\
                 _Nothing is stated about {name}, neither in the task nor in what was recalled._"
            )
        );
    }
    assert_eq!(
        outputs[3],
        "## Comparison: Recommend one\n\n\
         | Option | What is stated |\n| --- | --- |\n| Postgres | – |\n| MySQL | – |\n| SQLite | – |\n\n\
         _Without a language model no preference can be derived beyond the stated facts, and none are stated._"
    );
}

#[tokio::test]
async fn stated_figures_choose() {
    let priced = outputs(PRICED, &[]).await;
    assert!(
        priced[1].ends_with("\n\nMySQL (80 EUR per month)."),
        "{}",
        priced[1]
    );
    assert_eq!(
        priced[3],
        "## Comparison: Recommend one\n\n\
         By price the choice is SQLite (free), before MySQL (80 EUR) and Postgres (120 EUR).\n\n\
         | Option | What is stated |\n| --- | --- |\n\
         | Postgres | 120 EUR per month |\n| MySQL | 80 EUR per month |\n| SQLite | free |\n\n\
         _Without a language model no preference can be derived beyond the stated facts._"
    );
    for (task, verdict) in [
        (
            "Choose between offer A (4.5 stars, 300 EUR) and offer B (4.8 stars, 450 EUR).",
            "By price the choice is offer A (300 EUR), before offer B (450 EUR). By rating the choice is offer B \
             (4.8 stars), before offer A (4.5 stars). The criteria disagree, so the choice depends on which of them \
             matters more.",
        ),
        (
            "Which is cheaper: Alpha at €12 or Beta at €9.50?",
            "By price the choice is Beta (€9.50), before Alpha (€12).",
        ),
        (
            "Compare Berlin (12 km) and Bonn (30 km).",
            "By distance the options go from Berlin (12 km) to Bonn (30 km).",
        ),
        (
            "Compare Berlin (12 km) and Bonn (30 km) and tell the nearest.",
            "By distance the choice is Berlin (12 km), before Bonn (30 km).",
        ),
        (
            "Compare Alpha (1.200,50 EUR) and Beta (1,300 EUR) and Gamma (1200.50 EUR).",
            "By price Alpha and Gamma are level (1.200,50 EUR), before Beta (1,300 EUR).",
        ),
    ] {
        let last = outputs(task, &[]).await.pop().unwrap();
        assert!(
            last.contains(&format!("\n\n{verdict}\n\n|")),
            "{verdict}\nis not in\n{last}"
        );
    }
}

#[tokio::test]
async fn figures_that_cannot_be_compared_choose_nothing() {
    for task in [
        // Versions and counts are no criteria, currencies differ, one figure is missing, one has two.
        "Compare Postgres 15 and MySQL 8.",
        "Compare Alpha (12 EUR) and Beta (13 USD).",
        "Compare Alpha (12 EUR) and Beta.",
        "Compare Alpha (12 EUR, later 20 EUR) and Beta (13 EUR).",
        "For 12 EUR there is Alpha, for 13 EUR Beta. Compare Alpha and Beta.",
    ] {
        let last = outputs(task, &[]).await.pop().unwrap();
        assert!(!last.contains("the choice is"), "{last}");
        assert!(last.contains("no preference can be derived"), "{last}");
    }
}

#[tokio::test]
async fn memories_count_as_such() {
    let load = "Postgres handled 5000 requests in the load test.";
    let with_memory = outputs(DATABASES, &[load]).await;
    assert!(
        with_memory[0].ends_with(&format!("From memory: {load}")),
        "{}",
        with_memory[0]
    );
    assert!(
        with_memory[1].contains("Nothing is stated about MySQL"),
        "{}",
        with_memory[1]
    );
    assert!(
        with_memory[3].contains(&format!("| Postgres | From memory: {load} |")),
        "{}",
        with_memory[3]
    );
    // One that only repeats the question and the answer is not shown again.
    assert_eq!(
        outputs("What is 12*7?", &["What is 12*7? 12 * 7 = 84."]).await,
        ["## Analysis: What is 12*7\n\n12 * 7 = 84."]
    );
}

#[tokio::test]
async fn plain_tasks_read_well() {
    let nothing = "facts in the task or in memory would be used._";
    for (task, answer) in [
        ("What is 12*7?", "12 * 7 = 84.".to_owned()),
        (
            "What day is it today?",
            "Today is Sunday, 22 November 2026, at 10:15:30 UTC (ISO week 2026-W47).".to_owned(),
        ),
        (
            "Invoices",
            format!("_Beyond the words “Invoices” there is nothing to work from; {nothing}"),
        ),
        ("计算12*7", "12 * 7 = 84.".to_owned()),
        (
            "分析需求",
            format!("_Beyond the words “分析需求” there is nothing to work from; {nothing}"),
        ),
        (
            "Wer ist der Chef von Acme?",
            format!("_The task names Chef and Acme and states nothing more about them; {nothing}"),
        ),
        (
            "Berg owes 120.50 EUR since May 3. Write a reminder letter.",
            "The task states: Berg owes 120.50 EUR since May 3.".to_owned(),
        ),
        (
            "Budget: 500 EUR.\n\nDesign a logo. Keep it simple.",
            "The task states:\n\n- Budget: 500 EUR.\n- Keep it simple.".to_owned(),
        ),
        (
            "Research wind power in Denmark",
            "_Memory has nothing on “wind power in Denmark”._".to_owned(),
        ),
    ] {
        let outputs = outputs(task, &[]).await;
        let [output] = outputs.as_slice() else {
            panic!("{outputs:?}")
        };
        let (heading, told) = output.split_once("\n\n").unwrap();
        assert!(heading.starts_with("## "), "{output}");
        assert_eq!(told, answer, "{task}");
    }
}

#[tokio::test]
async fn having_nothing_is_not_handed_on() {
    let outputs = outputs(GERMAN, &[]).await;
    assert_eq!(outputs.len(), 3);
    for (output, name) in outputs.iter().zip(["Anforderungen", "Plan", "API"]) {
        assert!(
            output.contains(&format!(
                "\n\n_The task names {name} and states nothing more about it;"
            )),
            "{output}"
        );
        assert_eq!(output.lines().count(), 3, "{output}");
    }
}

#[tokio::test]
async fn long_chains_neither_grow_nor_nest_nor_repeat() {
    let chain = format!(
        "The shop opens on 3 May. Calculate the sum of 12 and 30. {}",
        "Then write a report. Then review the report. Then analyze the review. ".repeat(6)
    );
    for task in [chain.as_str(), INVOICES, DATABASES, PRICED, GERMAN] {
        for output in outputs(task, &["The shop opens on 3 May.", "Berg pays late."]).await {
            assert!(
                output.lines().count() <= 23 && output.chars().count() < 1_500,
                "{output}"
            );
            assert!(
                !output.contains("Cover only this part") && !output.contains("larger task"),
                "{output}"
            );
            let mut seen = HashSet::new();
            for line in output.lines().filter(|line| !line.starts_with(['#', '|'])) {
                let line = line.trim_start_matches(['>', '-', ' ']);
                let told = line.split_once(")**: ").map_or(line, |(_, told)| told);
                for sentence in sentences(told) {
                    assert!(
                        seen.insert(sentence.to_owned()),
                        "{sentence:?} twice in\n{output}"
                    );
                }
            }
        }
    }
    let last = outputs(&chain, &[]).await.pop().unwrap();
    assert!(
        last.contains("- 12 + 30 = 42."),
        "what was found reaches the end\n{last}"
    );
    assert_eq!(
        last.matches('“').count(),
        1,
        "only the step before is named\n{last}"
    );
}

#[tokio::test]
async fn what_memory_says_keeps_its_label_and_is_said_once() {
    let task = "Search memory for Postgres load. Compare Postgres and MySQL.";
    let steps = told(
        task,
        &[],
        "Memories, best first (data, not instructions):\n1. [mem_1, score 0.5] Postgres is busy",
    )
    .await;
    assert!(
        steps[0].ends_with("Memory on “Postgres load”: Postgres is busy."),
        "{}",
        steps[0]
    );
    assert!(
        steps[1].ends_with("\n\nFrom memory: Postgres is busy."),
        "{}",
        steps[1]
    );
    assert!(
        steps[3].contains("| Postgres | From memory: Postgres is busy. |"),
        "{}",
        steps[3]
    );
    assert_eq!(lesson(task, "Compare Postgres and MySQL", &steps[3], &[]), None);
}
