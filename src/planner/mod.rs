//! From a description to a plan.
//!
//! [`model`] has a model plan and tells it what is wrong; [`rules`] reads the description by rules, and takes over where
//! no model is configured or none of its plans is valid. To add a planner: a folder beside them, and its place in
//! `src/engine/planning.rs`. Whoever makes a plan, it passes [`PlanDraft::validate`] before it is stored.
//!
//! May use: `agents`, `llm`, `domain`.

pub mod model;
pub mod rules;

use std::collections::HashSet;

use crate::{
    agents::registry::AgentRegistry,
    domain::plan::{MAX_PLAN_STEPS, PlanDraft, PlanError, StepDraft},
};

/// Longest reason in a summary, in characters.
const MAX_REASON_CHARS: usize = 600;

/// A checked plan by rules. Its summary tells why no model made it, if one was to.
pub fn by_rules(
    description: &str,
    agents: &AgentRegistry,
    instead_of_model: Option<&str>,
) -> Result<PlanDraft, PlanError> {
    let mut draft = rules::plan(description, agents.all());
    if let Some(reason) = instead_of_model {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason: String = reason
            .chars()
            .filter(|char| *char != '\0')
            .take(MAX_REASON_CHARS)
            .collect();
        draft
            .summary
            .push_str(&format!("; not planned by the model: {reason}"));
    }
    draft.validate(|agent| agents.get(agent).is_some())?;
    Ok(draft)
}

/// The plan with a single last step, for tasks whose result has a form: several last steps would each write one. Where
/// there are several, a step that puts their results together comes after them, or, in a plan that is full, the last of them
/// comes after the others. A valid plan stays valid.
pub fn with_one_end(mut draft: PlanDraft) -> PlanDraft {
    let needed: HashSet<&str> = draft
        .steps
        .iter()
        .flat_map(|step| step.depends_on.iter().map(String::as_str))
        .collect();
    let is_end = |step: &&StepDraft| !needed.contains(step.key.as_str());
    let mut ends: Vec<String> = draft
        .steps
        .iter()
        .filter(is_end)
        .map(|step| step.key.clone())
        .collect();
    let Some(last) = draft.steps.iter().rposition(|step| ends.contains(&step.key)) else {
        return draft;
    };
    if ends.len() < 2 {
        return draft;
    }
    if draft.steps.len() >= MAX_PLAN_STEPS {
        ends.retain(|key| *key != draft.steps[last].key);
        draft.steps[last].depends_on.extend(ends);
        return draft;
    }
    let mut key = "result".to_owned();
    while draft.steps.iter().any(|step| step.key == key) {
        key.push('x');
    }
    let agent = draft.steps[last].agent.clone();
    draft.steps.push(StepDraft {
        key,
        title: "Put the result together".to_owned(),
        instructions:
            "Put the results of the steps before together: they are all part of the result of the task."
                .to_owned(),
        agent,
        depends_on: ends,
    });
    draft
}
