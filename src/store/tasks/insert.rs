//! Writing accepted tasks: each with its planning step, its first message and its first events.

use std::collections::{HashMap, HashSet};

use entity::{
    enums::{EventKind, MessageRole, StepKind, StepStatus, TaskStatus},
    ids::{MessageId, StepId, TaskId},
    step, task,
    values::{NanoUsd, Owner, UnixMillis},
};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use serde_json::json;

use super::{NewTask, Submitted};
use crate::store::{
    Committed, Store, StoreError, clock,
    connect::is_postgres,
    plans::insert_steps,
    rows::{Kind, Rows, Writes},
    task_change::{TaskEdit, event_rows},
};

impl Store {
    /// Stores tasks with their planning steps, first messages and first events. None for one whose key is taken.
    pub(super) async fn insert_tasks(
        &self,
        new: &[(TaskId, NewTask)],
    ) -> Result<Vec<Option<Submitted>>, StoreError> {
        if is_postgres(self.batches.get_database_backend()) {
            return self.insert_tasks_at_once(new).await;
        }
        let tx = self.begin_batch_transaction().await?;
        let backend = tx.get_database_backend();
        let now = clock::now(&tx).await?;
        let tasks: Vec<task::Model> = new.iter().map(|(id, new)| task_row(*id, new, now)).collect();
        // In one order, so that two batches with the same keys cannot wait for each other.
        let mut in_order: Vec<&task::Model> = tasks.iter().collect();
        in_order.sort_by(|a, b| (&a.idempotency_key, a.id).cmp(&(&b.idempotency_key, b.id)));
        let insert = task_rows(&in_order).statement(backend, [], |_| accept("created_at", "r"));
        let rows = tx.query_all_raw(insert).await?;
        let stored: HashSet<TaskId> = rows
            .iter()
            .map(|row| row.try_get("", "accepted_id"))
            .collect::<Result<_, _>>()?;
        let accepted: Vec<&task::Model> = tasks.iter().filter(|task| stored.contains(&task.id)).collect();
        if accepted.is_empty() {
            tx.rollback().await?;
            return Ok(new.iter().map(|_| None).collect());
        }
        let planning: Vec<step::Model> = tasks
            .iter()
            .zip(new)
            .filter(|(task, _)| stored.contains(&task.id))
            .map(|(task, (_, new))| planning_step(task, new.max_attempts, now))
            .collect();
        let mut writes = Writes::new(backend);
        insert_steps(&mut writes, &planning);
        writes.insert(messages(&accepted), "message");
        let mut events = Vec::with_capacity(accepted.len() * 2);
        let mut committed = HashMap::with_capacity(accepted.len());
        for (task, step) in accepted.iter().zip(&planning) {
            let mut edit = TaskEdit::new(
                task::Model {
                    event_seq: 0,
                    ..(*task).clone()
                },
                now,
            );
            let payload = json!({ "status": TaskStatus::Pending });
            edit.record(EventKind::TaskSubmitted, None, &payload);
            let payload = json!({ "status": StepStatus::Ready, "key": PLANNING_KEY });
            edit.record(EventKind::StepReady, Some(step.id), &payload);
            committed.insert(task.id, edit.committed());
            events.extend(edit.into_events());
        }
        writes.insert(event_rows(events), "event");
        writes.run(&tx).await?;
        tx.commit().await?;
        Ok(tasks
            .into_iter()
            .map(|task| {
                let committed = committed.remove(&task.id)?;
                Some(Submitted::New(Box::new(task), committed))
            })
            .collect())
    }
}

impl Store {
    /// The same on Postgres, where one statement does it all and is its own transaction.
    async fn insert_tasks_at_once(
        &self,
        new: &[(TaskId, NewTask)],
    ) -> Result<Vec<Option<Submitted>>, StoreError> {
        let mut tasks: Vec<task::Model> = new
            .iter()
            .map(|(id, new)| task_row(*id, new, UnixMillis(0)))
            .collect();
        let mut rows = Rows::new([
            ("id", Kind::Uuid),
            ("tenant_id", Kind::Text),
            ("user_id", Kind::Text),
            ("description", Kind::Text),
            ("metadata", Kind::Text),
            ("output_schema", Kind::TextOrNull),
            ("priority", Kind::BigInt),
            ("idempotency_key", Kind::TextOrNull),
            ("request_hash", Kind::TextOrNull),
            ("budget_nanos", Kind::BigIntOrNull),
            ("owner", Kind::Text),
            ("max_attempts", Kind::BigInt),
            ("step_id", Kind::Uuid),
            ("message_id", Kind::Uuid),
        ]);
        let mut in_order: Vec<(&task::Model, i32)> = tasks
            .iter()
            .zip(new.iter().map(|(_, new)| new.max_attempts))
            .collect();
        in_order.sort_by(|(a, _), (b, _)| (&a.idempotency_key, a.id).cmp(&(&b.idempotency_key, b.id)));
        for (task, max_attempts) in in_order {
            rows.push([
                task.id.into(),
                task.tenant_id.clone().into(),
                task.user_id.clone().into(),
                task.description.as_str().into(),
                task.metadata.clone().into(),
                task.output_schema.clone().into(),
                i64::from(task.priority).into(),
                task.idempotency_key.clone().into(),
                task.request_hash.clone().into(),
                task.budget_nanos.into(),
                Owner::of(&task.tenant_id, &task.user_id).into(),
                i64::from(max_attempts).into(),
                StepId::generate().into(),
                MessageId::generate().into(),
            ]);
        }
        let submitted = json!({ "status": TaskStatus::Pending }).to_string();
        let ready = json!({ "status": StepStatus::Ready, "key": PLANNING_KEY }).to_string();
        let values: [Value; 6] = [
            submitted.into(),
            ready.into(),
            PLANNING_KEY.into(),
            PLANNING_TITLE.into(),
            PLANNING_INSTRUCTIONS.into(),
            PLANNER.into(),
        ];
        let now = clock::now_sql(DbBackend::Postgres);
        let accepted = accept("now", "r, clock");
        let insert = rows.statement(DbBackend::Postgres, values, |places| {
            let [submitted, ready, key, title, instructions, agent] = std::array::from_fn(|at| places.at(at + 1));
            format!(
                "WITH clock AS MATERIALIZED (SELECT {now} AS now), \
                 accepted AS ({accepted}), \
                 planned AS (INSERT INTO step (id, tenant_id, task_id, owner, kind, position, key, title, instructions, \
                 agent, status, priority, attempts, max_attempts, epoch, journal_after, run_at, open_dependencies, \
                 cost_nanos, unpriced_entries, created_at, updated_at) \
                 SELECT step_id, tenant_id, id, owner, 'PLAN', 0, {key}, {title}, {instructions}, {agent}, 'READY', \
                 priority, 0, max_attempts, 0, 0, created_at, 0, 0, 0, created_at, created_at \
                 FROM r JOIN accepted ON accepted_id = id), \
                 said AS (INSERT INTO message (id, tenant_id, task_id, role, author, content, created_at) \
                 SELECT message_id, tenant_id, id, 'USER', user_id, description, created_at \
                 FROM r JOIN accepted ON accepted_id = id), \
                 told AS (INSERT INTO event (task_id, seq, tenant_id, kind, step_id, payload, created_at) \
                 SELECT id, 1, tenant_id, 'TASK_SUBMITTED', NULL, {submitted}, created_at \
                 FROM r JOIN accepted ON accepted_id = id UNION ALL \
                 SELECT id, 2, tenant_id, 'STEP_READY', step_id, {ready}, created_at \
                 FROM r JOIN accepted ON accepted_id = id) \
                 SELECT accepted_id, created_at FROM accepted"
            )
        });
        let mut accepted: HashMap<TaskId, UnixMillis> = HashMap::new();
        for row in self.batches.query_all_raw(insert).await? {
            accepted.insert(row.try_get("", "accepted_id")?, row.try_get("", "created_at")?);
        }
        for task in &mut tasks {
            if let Some(now) = accepted.get(&task.id) {
                task.created_at = *now;
                task.updated_at = *now;
            }
        }
        let answer = |task: task::Model| {
            let committed = Committed {
                tenant: task.tenant_id.clone(),
                task_id: task.id,
                seq: FIRST_EVENTS,
                ready: true,
                cancelled: false,
            };
            accepted
                .contains_key(&task.id)
                .then(|| Submitted::New(Box::new(task), committed))
        };
        Ok(tasks.into_iter().map(answer).collect())
    }
}

const PLANNING_KEY: &str = "plan";
const PLANNING_TITLE: &str = "Plan the task";
const PLANNING_INSTRUCTIONS: &str = "Turn the description of the task into a graph of steps.";
const PLANNER: &str = "planner";

/// Events a task begins with.
const FIRST_EVENTS: i64 = 2;

/// Accepts tasks from a relation, those whose keys were used before left out. `now` and `from` are SQL.
fn accept(now: &str, from: &str) -> String {
    format!(
        "INSERT INTO task (id, tenant_id, user_id, description, metadata, output_schema, status, priority, idempotency_key, \
         request_hash, budget_nanos, cost_nanos, reserved_nanos, unpriced_entries, event_seq, open_steps, active_steps, \
         created_at, updated_at) \
         SELECT id, tenant_id, user_id, description, metadata, output_schema, 'PENDING', priority, idempotency_key, request_hash, \
         budget_nanos, 0, 0, 0, {FIRST_EVENTS}, 1, 1, {now}, {now} FROM {from} WHERE true ON CONFLICT DO NOTHING \
         RETURNING id AS accepted_id, created_at"
    )
}

fn task_rows(tasks: &[&task::Model]) -> Rows<11> {
    Rows::new([
        ("id", Kind::Uuid),
        ("tenant_id", Kind::Text),
        ("user_id", Kind::Text),
        ("description", Kind::Text),
        ("metadata", Kind::Text),
        ("output_schema", Kind::TextOrNull),
        ("priority", Kind::BigInt),
        ("idempotency_key", Kind::TextOrNull),
        ("request_hash", Kind::TextOrNull),
        ("budget_nanos", Kind::BigIntOrNull),
        ("created_at", Kind::BigInt),
    ])
    .with(tasks.iter().map(|task| {
        [
            task.id.into(),
            task.tenant_id.clone().into(),
            task.user_id.clone().into(),
            task.description.as_str().into(),
            task.metadata.clone().into(),
            task.output_schema.clone().into(),
            i64::from(task.priority).into(),
            task.idempotency_key.clone().into(),
            task.request_hash.clone().into(),
            task.budget_nanos.into(),
            task.created_at.into(),
        ]
    }))
}

/// What the users said.
fn messages(tasks: &[&task::Model]) -> Rows<7> {
    Rows::new([
        ("id", Kind::Uuid),
        ("tenant_id", Kind::Text),
        ("task_id", Kind::Uuid),
        ("role", Kind::Text),
        ("author", Kind::Text),
        ("content", Kind::Text),
        ("created_at", Kind::BigInt),
    ])
    .with(tasks.iter().map(|task| {
        [
            MessageId::generate().into(),
            task.tenant_id.clone().into(),
            task.id.into(),
            MessageRole::User.as_str().into(),
            task.user_id.clone().into(),
            task.description.as_str().into(),
            task.created_at.into(),
        ]
    }))
}

fn task_row(id: TaskId, new: &NewTask, now: UnixMillis) -> task::Model {
    task::Model {
        id,
        tenant_id: new.tenant.clone(),
        user_id: new.user.clone(),
        description: new.description.clone(),
        metadata: new.metadata.clone(),
        output_schema: new.output_schema.clone(),
        status: TaskStatus::Pending,
        priority: new.priority,
        idempotency_key: new.idempotency_key.clone(),
        request_hash: Some(new.request_hash.clone()),
        budget_nanos: new.budget,
        plan_id: None,
        result: None,
        error_code: None,
        error_message: None,
        cost_nanos: NanoUsd::ZERO,
        reserved_nanos: NanoUsd::ZERO,
        unpriced_entries: 0,
        event_seq: FIRST_EVENTS,
        open_steps: 1,
        active_steps: 1,
        cancel_requested_at: None,
        created_at: now,
        started_at: None,
        ended_at: None,
        updated_at: now,
    }
}

fn planning_step(task: &task::Model, max_attempts: i32, now: UnixMillis) -> step::Model {
    step::Model {
        id: StepId::generate(),
        tenant_id: task.tenant_id.clone(),
        task_id: task.id,
        owner: Owner::of(&task.tenant_id, &task.user_id),
        plan_id: None,
        kind: StepKind::Plan,
        position: 0,
        key: PLANNING_KEY.to_owned(),
        title: PLANNING_TITLE.to_owned(),
        instructions: PLANNING_INSTRUCTIONS.to_owned(),
        agent: PLANNER.to_owned(),
        status: StepStatus::Ready,
        waiting_on: None,
        priority: task.priority,
        attempts: 0,
        max_attempts,
        epoch: 0,
        journal_after: 0,
        worker_id: None,
        lease_until: None,
        run_at: now,
        open_dependencies: 0,
        cost_nanos: NanoUsd::ZERO,
        unpriced_entries: 0,
        error_code: None,
        error_message: None,
        created_at: now,
        started_at: None,
        ended_at: None,
        updated_at: now,
    }
}
