//! A plan before it is stored: a graph of steps, and the checks it must pass whoever made it.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

/// The most steps a plan may have.
pub const MAX_PLAN_STEPS: usize = 64;

/// The longest title of a step, in characters.
pub const MAX_TITLE_CHARS: usize = 120;

/// One step of a [`PlanDraft`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDraft {
    /// Short name of the step, unique within the plan, for instance `s1`.
    pub key: String,
    /// What the step does, in at most [`MAX_TITLE_CHARS`] characters.
    pub title: String,
    /// The full words the agent works from.
    pub instructions: String,
    /// Name of the agent that carries the step out.
    pub agent: String,
    /// Keys of the steps that must complete first.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// A proposed graph of steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDraft {
    /// One sentence on how the plan was made.
    pub summary: String,
    /// The steps, in the order a person would read them.
    pub steps: Vec<StepDraft>,
}

/// Why a plan is refused. Each says which step is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("the plan has no steps")]
    Empty,
    #[error("the plan has {0} steps; at most {MAX_PLAN_STEPS} are allowed")]
    TooManySteps(usize),
    #[error("step key {0:?} is used twice")]
    DuplicateKey(String),
    #[error("step {0:?} has no title or no instructions")]
    Blank(String),
    #[error("step {0:?} has a title longer than {MAX_TITLE_CHARS} characters")]
    LongTitle(String),
    #[error("step {step:?} names the unknown agent {agent:?}")]
    UnknownAgent { step: String, agent: String },
    #[error("step {step:?} depends on {depends_on:?}, which is not in the plan")]
    UnknownDependency { step: String, depends_on: String },
    #[error("step {step:?} depends on {depends_on:?} twice")]
    DuplicateDependency { step: String, depends_on: String },
    #[error("the plan has a cycle through step {0:?}")]
    Cycle(String),
}

impl PlanDraft {
    /// Checks size, keys, agents and dependencies, and that the graph has no cycle.
    ///
    /// `knows_agent` answers whether an agent of that name exists and may be given steps.
    pub fn validate(&self, knows_agent: impl Fn(&str) -> bool) -> Result<(), PlanError> {
        if self.steps.is_empty() {
            return Err(PlanError::Empty);
        }
        if self.steps.len() > MAX_PLAN_STEPS {
            return Err(PlanError::TooManySteps(self.steps.len()));
        }
        let mut keys = HashSet::new();
        for step in &self.steps {
            if !keys.insert(step.key.as_str()) {
                return Err(PlanError::DuplicateKey(step.key.clone()));
            }
            if step.key.is_empty() || step.title.trim().is_empty() || step.instructions.trim().is_empty() {
                return Err(PlanError::Blank(step.key.clone()));
            }
            if step.title.chars().count() > MAX_TITLE_CHARS {
                return Err(PlanError::LongTitle(step.key.clone()));
            }
            if !knows_agent(&step.agent) {
                return Err(PlanError::UnknownAgent {
                    step: step.key.clone(),
                    agent: step.agent.clone(),
                });
            }
        }
        for step in &self.steps {
            if let Some(missing) = step.depends_on.iter().find(|key| !keys.contains(key.as_str())) {
                return Err(PlanError::UnknownDependency {
                    step: step.key.clone(),
                    depends_on: missing.clone(),
                });
            }
            // Dependencies are counted down as they complete: one counted twice would never be free.
            let mut seen = HashSet::new();
            if let Some(twice) = step.depends_on.iter().find(|key| !seen.insert(key.as_str())) {
                return Err(PlanError::DuplicateDependency {
                    step: step.key.clone(),
                    depends_on: twice.clone(),
                });
            }
        }
        self.topological_order().map(|_| ())
    }

    /// Indices of the steps in an order in which every step comes after those it depends on.
    pub fn topological_order(&self) -> Result<Vec<usize>, PlanError> {
        let index: HashMap<&str, usize> = self
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.key.as_str(), at))
            .collect();
        let mut open: Vec<HashSet<usize>> = self
            .steps
            .iter()
            .map(|step| {
                step.depends_on
                    .iter()
                    .filter_map(|key| index.get(key.as_str()).copied())
                    .collect()
            })
            .collect();
        let mut order = Vec::with_capacity(self.steps.len());
        let mut placed = vec![false; self.steps.len()];
        while order.len() < self.steps.len() {
            let Some(next) = (0..self.steps.len()).find(|&at| !placed[at] && open[at].is_empty()) else {
                let stuck = placed.iter().position(|done| !done).unwrap_or_default();
                return Err(PlanError::Cycle(self.steps[stuck].key.clone()));
            };
            placed[next] = true;
            order.push(next);
            for dependencies in &mut open {
                dependencies.remove(&next);
            }
        }
        Ok(order)
    }
}
