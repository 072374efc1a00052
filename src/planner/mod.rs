//! From a description to a plan.
//!
//! To add a planner: a folder beside [`rules`] with a function that returns a `PlanDraft`, and its place in
//! [`propose`]. Whoever makes a plan, it passes [`PlanDraft::validate`] before it is stored.
//!
//! May use: `agents`, `llm`, `domain`.

pub mod rules;

use entity::enums::PlanAuthor;

use crate::{
    agents::registry::AgentRegistry,
    domain::plan::{PlanDraft, PlanError},
};

/// A checked plan for a task's description, and who made it.
pub fn propose(description: &str, agents: &AgentRegistry) -> Result<(PlanDraft, PlanAuthor), PlanError> {
    let draft = rules::plan(description, agents.all());
    draft.validate(|agent| agents.get(agent).is_some())?;
    Ok((draft, PlanAuthor::Rules))
}
