//! A plan before it is stored: a graph of steps, and the checks it must pass whoever made it.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

/// The most steps a plan may have.
pub const MAX_PLAN_STEPS: usize = 64;

/// The longest title of a step, in characters.
pub const MAX_TITLE_CHARS: usize = 120;

/// The longest key of a step, in characters.
pub const MAX_KEY_CHARS: usize = 64;

/// The longest instructions of a step, in bytes: room for the words of a task, quoted, and more.
pub const MAX_INSTRUCTIONS_BYTES: usize = 256 * 1024;

/// The longest summary, in characters.
pub const MAX_SUMMARY_CHARS: usize = 2_000;

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
    #[error("step key {0:?} is longer than {MAX_KEY_CHARS} characters")]
    LongKey(String),
    #[error("step {0:?} has instructions longer than {MAX_INSTRUCTIONS_BYTES} bytes")]
    LongInstructions(String),
    #[error("the summary is longer than {MAX_SUMMARY_CHARS} characters")]
    LongSummary,
    #[error("step {step:?} names the unknown agent {agent:?}")]
    UnknownAgent { step: String, agent: String },
    #[error("step {step:?} depends on {depends_on:?}, which is not in the plan")]
    UnknownDependency { step: String, depends_on: String },
    #[error("step {step:?} depends on {depends_on:?} twice")]
    DuplicateDependency { step: String, depends_on: String },
    #[error("the plan has a cycle through step {0:?}")]
    Cycle(String),
}

/// One thing that is wrong with a plan, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {error}")]
pub struct PlanFault {
    /// JSON Pointer into the plan, for instance `/steps/2/agent`.
    pub place: String,
    pub error: PlanError,
}

impl PlanDraft {
    /// Checks size, texts, keys, agents and dependencies, and that the graph has no cycle.
    ///
    /// `knows_agent` answers whether an agent of that name exists and may be given steps.
    pub fn validate(&self, knows_agent: impl Fn(&str) -> bool) -> Result<(), PlanError> {
        match self.faults(knows_agent).into_iter().next() {
            None => Ok(()),
            Some(fault) => Err(fault.error),
        }
    }

    /// Everything that is wrong with the plan. Of one with too many steps, only that.
    pub fn faults(&self, knows_agent: impl Fn(&str) -> bool) -> Vec<PlanFault> {
        let whole = |place: &str, error| {
            vec![PlanFault {
                place: place.to_owned(),
                error,
            }]
        };
        if self.steps.is_empty() {
            return whole("/steps", PlanError::Empty);
        }
        if self.steps.len() > MAX_PLAN_STEPS {
            return whole("/steps", PlanError::TooManySteps(self.steps.len()));
        }
        let mut keys = HashSet::new();
        let mut faults = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            if !keys.insert(step.key.as_str()) {
                let error = PlanError::DuplicateKey(step.key.clone());
                faults.push(fault(at, "key", error));
            }
            step.look_at(at, &knows_agent, &mut faults);
        }
        for (at, step) in self.steps.iter().enumerate() {
            // Dependencies are counted down as they complete: one counted twice would never be free.
            let mut seen = HashSet::new();
            for (place, key) in step.depends_on.iter().enumerate() {
                let (step, depends_on) = (step.key.clone(), key.clone());
                let error = if !keys.contains(key.as_str()) {
                    PlanError::UnknownDependency { step, depends_on }
                } else if !seen.insert(key.as_str()) {
                    PlanError::DuplicateDependency { step, depends_on }
                } else {
                    continue;
                };
                faults.push(fault(at, &format!("depends_on/{place}"), error));
            }
        }
        if self.summary.chars().count() > MAX_SUMMARY_CHARS {
            faults.extend(whole("/summary", PlanError::LongSummary));
        }
        if faults.is_empty()
            && let Err(error) = self.topological_order()
        {
            return whole("/steps", error);
        }
        faults
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

impl StepDraft {
    /// What is wrong with the step by itself; it is the one at `at`.
    fn look_at(&self, at: usize, knows_agent: impl Fn(&str) -> bool, faults: &mut Vec<PlanFault>) {
        let key = || self.key.clone();
        let blank = [
            ("key", self.key.as_str()),
            ("title", self.title.trim()),
            ("instructions", self.instructions.trim()),
        ];
        for (field, _) in blank.iter().filter(|(_, text)| text.is_empty()) {
            faults.push(fault(at, field, PlanError::Blank(key())));
        }
        if self.key.chars().count() > MAX_KEY_CHARS {
            faults.push(fault(at, "key", PlanError::LongKey(key())));
        }
        if self.title.chars().count() > MAX_TITLE_CHARS {
            faults.push(fault(at, "title", PlanError::LongTitle(key())));
        }
        if self.instructions.len() > MAX_INSTRUCTIONS_BYTES {
            faults.push(fault(at, "instructions", PlanError::LongInstructions(key())));
        }
        if !knows_agent(&self.agent) {
            let (step, agent) = (key(), self.agent.clone());
            faults.push(fault(at, "agent", PlanError::UnknownAgent { step, agent }));
        }
    }
}

fn fault(at: usize, field: &str, error: PlanError) -> PlanFault {
    PlanFault {
        place: format!("/steps/{at}/{field}"),
        error,
    }
}
