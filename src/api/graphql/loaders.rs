//! The loaders: what a list of objects needs of each row, read for all of them in one statement.
//!
//! To add one: a newtype key and its `many!` or `one!` line.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{
    attempt, event,
    ids::{MemoryId, StepId, TaskId},
    llm_call, memory, memory_use, message, plan, step, step_output, task, tool_call,
};

use crate::{
    domain::scope::Scope,
    store::{Store, StoreError},
};

/// Reads for one caller.
pub(in crate::api) struct Reader {
    pub(in crate::api) store: Store,
    pub(in crate::api) scope: Scope,
}

fn grouped<K: Eq + Hash, V>(rows: impl IntoIterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    groups
}

macro_rules! many {
    ($($(#[$doc:meta])* $key:ident($id:ty) => $row:ty, $read:ident, $owner:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub $id);

        impl Loader<$key> for Reader {
            type Value = Vec<$row>;
            type Error = Arc<StoreError>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Vec<$row>>, Arc<StoreError>> {
                let ids: Vec<$id> = keys.iter().map(|key| key.0).collect();
                let rows = self.store.$read(&self.scope, &ids).await?;
                Ok(grouped(rows.into_iter().map(|row| ($key($owner(&row)), row))))
            }
        }
    )*};
}

many! {
    /// The steps of a task, in reading order.
    StepsOf(TaskId) => step::Model, steps_of_tasks, |row: &step::Model| row.task_id;
    /// The plans of a task.
    PlansOf(TaskId) => plan::Model, plans_of_tasks, |row: &plan::Model| row.task_id;
    /// The messages of a task, oldest first.
    MessagesOf(TaskId) => message::Model, messages_of_tasks, |row: &message::Model| row.task_id;
    /// The attempts of a step, oldest first.
    AttemptsOf(StepId) => attempt::Model, attempts_of, |row: &attempt::Model| row.step_id;
    /// The tool calls of a step, in order.
    ToolCallsOf(StepId) => tool_call::Model, tool_calls_of, |row: &tool_call::Model| row.step_id;
    /// The model calls of a step, in order.
    LlmCallsOf(StepId) => llm_call::Model, llm_calls_of, |row: &llm_call::Model| row.step_id;
    /// The memories a step was given, best first.
    UsesByStep(StepId) => memory_use::Model, memory_uses_by_step, |row: &memory_use::Model| row.step_id;
    /// The steps a memory was given to.
    UsesOfMemory(MemoryId) => memory_use::Model, memory_uses_by_memory, |row: &memory_use::Model| row.memory_id;
    /// The steps a step waits for, with the step that waits.
    DependenciesOf(StepId) => (StepId, step::Model), dependencies_of, |row: &(StepId, step::Model)| row.0;
}

macro_rules! one {
    ($($(#[$doc:meta])* $key:ident($id:ty) => $row:ty, $read:ident, $owner:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub $id);

        impl Loader<$key> for Reader {
            type Value = $row;
            type Error = Arc<StoreError>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $row>, Arc<StoreError>> {
                let ids: Vec<$id> = keys.iter().map(|key| key.0).collect();
                let rows = self.store.$read(&self.scope, &ids).await?;
                Ok(rows.into_iter().map(|row| ($key($owner(&row)), row)).collect())
            }
        }
    )*};
}

one! {
    /// A task by its id.
    TaskById(TaskId) => task::Model, tasks_by_id, |row: &task::Model| row.id;
    /// A step by its id.
    StepById(StepId) => step::Model, steps_by_id, |row: &step::Model| row.id;
    /// What a step produced.
    OutputOf(StepId) => step_output::Model, outputs_of, |row: &step_output::Model| row.step_id;
    /// A memory by its id.
    MemoryById(MemoryId) => memory::Model, memories_by_id, |row: &memory::Model| row.id;
}

/// A page of a task's events: those after `after`, at most `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EventsOf {
    pub task: TaskId,
    pub after: i64,
    pub limit: i64,
}

impl Loader<EventsOf> for Reader {
    type Value = Vec<event::Model>;
    type Error = Arc<StoreError>;

    /// One statement for all tasks of a list, since they are asked for the same page.
    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Vec<event::Model>>, Arc<StoreError>> {
        let pages = grouped(keys.iter().map(|key| ((key.after, key.limit), key.task)));
        let mut found = HashMap::new();
        for ((after, limit), tasks) in pages {
            let rows = self
                .store
                .events_of_tasks(&self.scope, &tasks, after, limit)
                .await?;
            found.extend(grouped(rows.into_iter().map(|row| {
                (
                    EventsOf {
                        task: row.task_id,
                        after,
                        limit,
                    },
                    row,
                )
            })));
        }
        Ok(found)
    }
}

/// The memories a step wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct WrittenBy(pub StepId);

impl Loader<WrittenBy> for Reader {
    type Value = Vec<memory::Model>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[WrittenBy],
    ) -> Result<HashMap<WrittenBy, Vec<memory::Model>>, Arc<StoreError>> {
        let ids: Vec<StepId> = keys.iter().map(|key| key.0).collect();
        let rows = self.store.memories_written_by(&self.scope, &ids).await?;
        Ok(grouped(
            rows.into_iter()
                .filter_map(|row| Some((WrittenBy(row.source_step_id?), row))),
        ))
    }
}
