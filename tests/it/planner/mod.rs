//! The rule-based planner, as a table of descriptions and the graphs they must become.
//!
//! To add a case: a line in the file of its kind. A step is written `(words of its title, agent, dependencies)`.

mod bounds;
mod instructions;
mod languages;
mod lists;
mod one_end;
mod order;
mod prose;

use agent_orchestrator::agents::registry::AgentRegistry;
use agent_orchestrator::domain::plan::PlanDraft;
use agent_orchestrator::planner::rules;

/// A description and its steps: words the title contains, the agent (`_` for any), numbers of the steps it waits for.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str, &'static [usize])],
);

fn plan(description: &str) -> PlanDraft {
    let agents = match AgentRegistry::builtin() {
        Ok(agents) => agents,
        Err(error) => panic!("{error}"),
    };
    let plan = rules::plan(description, agents.all());
    if let Err(error) = plan.validate(|agent| agents.get(agent).is_some()) {
        panic!("{description:?}: {error}");
    }
    plan
}

fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (description, expected) in cases {
        let plan = plan(description);
        let shown: Vec<String> = plan
            .steps
            .iter()
            .map(|step| {
                format!(
                    "{} {} {:?} <- {:?}",
                    step.key, step.agent, step.title, step.depends_on
                )
            })
            .collect();
        let fits = plan.steps.len() == expected.len()
            && plan
                .steps
                .iter()
                .zip(*expected)
                .all(|(step, (title, agent, deps))| {
                    let deps: Vec<String> = deps.iter().map(|dep| format!("s{dep}")).collect();
                    step.title.contains(title)
                        && (*agent == "_" || step.agent == *agent)
                        && step.depends_on == deps
                });
        if !fits {
            wrong.push(format!(
                "{description:?}\n  is      {}\n  not     {expected:?}",
                shown.join("\n          ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
