//! From a description to a plan.
//!
//! [`model`] has a model plan and tells it what is wrong; [`rules`] reads the description by rules, and takes over where
//! no model is configured or none of its plans is valid. To add a planner: a folder beside them, and its place in
//! `src/engine/planning.rs`. Whoever makes a plan, it passes [`PlanDraft::validate`] before it is stored.
//!
//! May use: `agents`, `llm`, `domain`.

pub mod model;
pub mod rules;

use crate::{
    agents::registry::AgentRegistry,
    domain::plan::{PlanDraft, PlanError},
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
