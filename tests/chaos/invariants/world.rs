//! Everything there is to look at, read once at the end.

use std::collections::BTreeMap;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{
    attempt, event,
    ids::{StepId, TaskId},
    ledger_entry, llm_call, step, step_dependency, step_output, task, tool_call,
};
use sea_orm::{Database, EntityTrait, QueryOrder};

use crate::{
    load::{Accepted, Decision},
    outside::{
        ModelCall, ToolCall,
        work::{self, Work},
    },
    subscribers::{FollowerLog, ReaderLog},
};

/// The rows, the calls and the logs of a run.
#[derive(Clone)]
pub struct World {
    pub accepted: Vec<Accepted>,
    pub tasks: Vec<task::Model>,
    pub steps: Vec<step::Model>,
    pub attempts: BTreeMap<StepId, Vec<attempt::Model>>,
    pub dependencies: Vec<step_dependency::Model>,
    pub outputs: Vec<step_output::Model>,
    pub llm_calls: Vec<llm_call::Model>,
    pub tool_calls: Vec<tool_call::Model>,
    pub entries: Vec<ledger_entry::Model>,
    pub events: BTreeMap<TaskId, Vec<event::Model>>,
    pub asked: Vec<ModelCall>,
    pub called: Vec<ToolCall>,
    pub followers: Vec<FollowerLog>,
    pub readers: Vec<ReaderLog>,
    /// What a person said of calls nobody knew the end of, by idempotency key.
    pub decisions: Vec<(String, Decision)>,
    /// What explainTask says of tasks that have not ended.
    pub explanations: BTreeMap<String, String>,
}

impl World {
    /// Reads the rows; the rest is put in by the run.
    pub async fn read(url: &str) -> Self {
        let database = Database::connect(url).await.unwrap();
        let mut world = Self {
            accepted: Vec::new(),
            tasks: task::Entity::find().all(&database).await.unwrap(),
            steps: step::Entity::find()
                .order_by_asc(step::Column::Id)
                .all(&database)
                .await
                .unwrap(),
            attempts: BTreeMap::new(),
            dependencies: step_dependency::Entity::find().all(&database).await.unwrap(),
            outputs: step_output::Entity::find().all(&database).await.unwrap(),
            llm_calls: llm_call::Entity::find()
                .order_by_asc(llm_call::Column::Id)
                .all(&database)
                .await
                .unwrap(),
            tool_calls: tool_call::Entity::find()
                .order_by_asc(tool_call::Column::Id)
                .all(&database)
                .await
                .unwrap(),
            entries: ledger_entry::Entity::find().all(&database).await.unwrap(),
            events: BTreeMap::new(),
            asked: Vec::new(),
            called: Vec::new(),
            followers: Vec::new(),
            readers: Vec::new(),
            decisions: Vec::new(),
            explanations: BTreeMap::new(),
        };
        let attempts = attempt::Entity::find().order_by_asc(attempt::Column::Epoch);
        for attempt in attempts.all(&database).await.unwrap() {
            world.attempts.entry(attempt.step_id).or_default().push(attempt);
        }
        for event in event::Entity::find()
            .order_by_asc(event::Column::Seq)
            .all(&database)
            .await
            .unwrap()
        {
            world.events.entry(event.task_id).or_default().push(event);
        }
        database.close().await.unwrap();
        world
    }

    /// The tasks there are, each with whether it has ended.
    pub async fn tasks(url: &str) -> Vec<(String, bool)> {
        let database = Database::connect(url).await.unwrap();
        let rows = task::Entity::find().all(&database).await.unwrap();
        database.close().await.unwrap();
        rows.iter()
            .map(|task| (task.id.to_string(), task.status.is_final()))
            .collect()
    }

    pub fn task(&self, id: TaskId) -> &task::Model {
        self.tasks
            .iter()
            .find(|task| task.id == id)
            .expect("a step has a task")
    }

    pub fn steps_of(&self, task: TaskId) -> impl Iterator<Item = &step::Model> {
        self.steps.iter().filter(move |step| step.task_id == task)
    }

    pub fn attempts_of(&self, step: StepId) -> &[attempt::Model] {
        self.attempts.get(&step).map_or(&[], Vec::as_slice)
    }

    pub fn events_of(&self, task: TaskId) -> &[event::Model] {
        self.events.get(&task).map_or(&[], Vec::as_slice)
    }

    /// The code of a step and what it does; None for planning.
    pub fn work(step: &step::Model) -> Option<(&str, Work)> {
        work::find(&step.title)
    }
}
