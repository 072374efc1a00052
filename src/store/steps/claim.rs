//! Claiming: a batch of ready steps in one statement, each with a new epoch and a lease by the database's clock.
//!
//! Owners take turns: a claim goes around the owners that have ready steps, from the one after the last that was served,
//! and takes the best step of each before it takes a second of any. Within an owner the highest priority goes first,
//! then the longest waiting.

use std::time::Duration;

use entity::{
    enums::{EventKind, StepStatus, TaskStatus},
    ids::AttemptId,
    step, task,
    values::{Owner, UnixMillis},
};
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::json;

use crate::store::{
    Committed, Store, StoreError,
    batch::Batch,
    clock,
    connect::is_postgres,
    rows::{Kind, Rows},
};

/// A step held by this worker, as it was when claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    pub step: step::Model,
    pub task: task::Model,
    pub attempt_id: AttemptId,
}

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    pub worker: String,
    pub lease: Duration,
    /// The most it can take.
    pub limit: usize,
    /// Whether to look into the queue. If not, only what is freed by the same transaction is taken.
    pub from_queue: bool,
    /// The owner that was served last; None at the beginning of a round.
    pub after: Option<Owner>,
    /// Owners that get nothing this time.
    pub except: Vec<Owner>,
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    pub claims: Vec<Claim>,
    /// The tasks that got events, with the number of the last.
    pub changed: Vec<Committed>,
}

impl ClaimRequest {
    /// A request for up to `limit` steps of anybody.
    pub fn new(worker: impl Into<String>, limit: usize, lease: Duration) -> Self {
        Self {
            worker: worker.into(),
            lease,
            limit,
            from_queue: true,
            after: None,
            except: Vec::new(),
        }
    }

    pub(super) fn lease_ms(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// Claims up to `limit` ready steps for `worker`.
    pub async fn claim_steps(
        &self,
        worker: &str,
        limit: u64,
        lease: Duration,
    ) -> Result<Claimed, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let settled = self
            .settle_steps(&[], Some(&ClaimRequest::new(worker, limit, lease)))
            .await?;
        Ok(Claimed {
            claims: settled.claims,
            changed: settled.changed,
        })
    }

    /// When the next step that nobody holds may be claimed, and the present moment. A moment that has passed means that
    /// the last claim skipped rows somebody else was holding.
    pub async fn next_ready(&self) -> Result<Option<(UnixMillis, UnixMillis)>, StoreError> {
        let backend = self.batches.get_database_backend();
        let now = clock::now_sql(backend);
        let sql = format!("SELECT min(run_at) AS due, {now} AS now FROM step WHERE status = 'READY'");
        let row = self
            .batches
            .query_one_raw(Statement::from_string(backend, sql))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let due: Option<i64> = row.try_get("", "due")?;
        let now: i64 = row.try_get("", "now")?;
        Ok(due.map(|due| (UnixMillis(due), UnixMillis(now))))
    }
}

impl Batch {
    /// Takes ready steps for the request, and says which owner the last of them is of. A round that comes to its end
    /// before the limit begins again.
    pub(super) async fn claim(
        &mut self,
        request: &ClaimRequest,
    ) -> Result<(Vec<step::Model>, Option<Owner>), StoreError> {
        let mut steps = self.claim_round(request, request.limit).await?;
        let mut served = last_owner(&steps);
        if steps.len() < request.limit && request.after.is_some() {
            let again = ClaimRequest {
                after: None,
                ..request.clone()
            };
            let more = self.claim_round(&again, request.limit - steps.len()).await?;
            served = last_owner(&more).or(served);
            steps.extend(more);
        }
        let now = steps.iter().map(|step| step.updated_at).max();
        if let Some(now) = now.filter(|now| *now > self.now) {
            self.set_now(now);
        }
        self.take_in(steps.iter().map(|step| step.task_id)).await?;
        Ok((steps, served))
    }

    async fn claim_round(
        &self,
        request: &ClaimRequest,
        limit: usize,
    ) -> Result<Vec<step::Model>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = request.after.as_ref().map_or("", Owner::as_str);
        let except = Rows::new([("served", Kind::Text)])
            // An array may be empty, a list may not: nobody has this name.
            .with([[String::new().into()]])
            .with(request.except.iter().map(|owner| [owner.clone().into()]));
        let values = [
            request.worker.as_str().into(),
            request.lease_ms().into(),
            limit.into(),
            after.into(),
        ];
        let backend = self.backend;
        let claim = except.statement(backend, values, |places| {
            let (worker, lease, limit, after) = (places.at(1), places.at(2), places.at(3), places.at(4));
            let now = clock::now_sql(backend);
            let candidates = if is_postgres(backend) {
                format!(
                    "SELECT c.id, c.place, turn.n FROM turn CROSS JOIN LATERAL ( \
                     SELECT id, row_number() OVER (ORDER BY priority DESC, run_at, id) AS place FROM ( \
                     SELECT id, priority, run_at FROM step WHERE status = 'READY' AND owner = turn.owner \
                     AND run_at <= {now} ORDER BY priority DESC, run_at, id LIMIT (SELECT n FROM share)) best) c"
                )
            } else {
                format!(
                    "SELECT s.id, row_number() OVER (PARTITION BY turn.n ORDER BY s.priority DESC, s.run_at, s.id) \
                     AS place, turn.n FROM turn JOIN step s ON s.id IN ( \
                     SELECT id FROM step WHERE status = 'READY' AND owner = turn.owner \
                     AND run_at <= {now} ORDER BY priority DESC, run_at, id LIMIT (SELECT n FROM share))"
                )
            };
            // Postgres takes the task's row with the step's, in that order of meaning: whoever changes a task holds its
            // row first. Rows that others hold are skipped.
            let lock = if is_postgres(backend) { "FOR UPDATE OF t, s SKIP LOCKED" } else { "" };
            // An owner whose steps are all to be tried later has no turn: it would take the place of one who could go on.
            // An owner's share is what is left when every other takes one, and one to spare for a row that is skipped.
            format!(
                "WITH RECURSIVE turn (owner, n) AS ( \
                 SELECT (SELECT min(owner) FROM step WHERE status = 'READY' AND owner > {after} \
                 AND run_at <= {now} AND owner NOT IN (SELECT served FROM r)), 1 \
                 UNION ALL SELECT (SELECT min(owner) FROM step WHERE status = 'READY' AND owner > turn.owner \
                 AND run_at <= {now} AND owner NOT IN (SELECT served FROM r)), turn.n + 1 \
                 FROM turn WHERE turn.owner IS NOT NULL AND turn.n < {limit}), \
                 share (n) AS (SELECT {limit} - count(*) + 3 FROM turn), \
                 candidate (id, place, n) AS ({candidates}), \
                 picked (id) AS (SELECT s.id FROM candidate c JOIN step s ON s.id = c.id \
                 JOIN task t ON t.id = s.task_id WHERE s.status = 'READY' \
                 ORDER BY c.place, c.n LIMIT {limit} {lock}) \
                 UPDATE step SET status = 'RUNNING', epoch = epoch + 1, attempts = attempts + 1, \
                 worker_id = {worker}, lease_until = {now} + {lease}, \
                 started_at = COALESCE(started_at, {now}), updated_at = {now} \
                 WHERE id IN (SELECT id FROM picked) AND COALESCE(status, '') = 'READY' RETURNING *"
            )
        });
        Ok(step::Entity::find().from_raw_sql(claim).all(&self.tx).await?)
    }

    /// Enters the attempts of steps that were just taken, and says so in their tasks.
    pub(super) fn begin_attempts(
        &mut self,
        worker: &str,
        steps: Vec<step::Model>,
    ) -> Result<Vec<Claim>, StoreError> {
        let now = self.now;
        let mut attempts = Rows::new([
            ("id", Kind::Uuid),
            ("tenant_id", Kind::Text),
            ("task_id", Kind::Uuid),
            ("step_id", Kind::Uuid),
            ("epoch", Kind::BigInt),
            ("worker_id", Kind::Text),
            ("outcome", Kind::Text),
            ("started_at", Kind::BigInt),
        ]);
        let mut begun = Vec::with_capacity(steps.len());
        for step in steps {
            let attempt_id = AttemptId::generate();
            attempts.push([
                attempt_id.into(),
                step.tenant_id.clone().into(),
                step.task_id.into(),
                step.id.into(),
                step.epoch.into(),
                worker.into(),
                entity::enums::AttemptOutcome::Running.as_str().into(),
                now.into(),
            ]);
            let edit = self.edit(step.task_id)?;
            if edit.task.status == TaskStatus::Pending {
                edit.move_task(TaskStatus::Running)?;
                let payload = json!({ "status": TaskStatus::Running });
                edit.record(EventKind::TaskStarted, None, &payload);
            }
            // Also of a task that was cancelled before its first claim, and retried.
            edit.task.started_at.get_or_insert(now);
            let payload = json!({
                "status": StepStatus::Running, "agent": step.agent, "title": step.title, "attempt": step.attempts,
            });
            edit.record(EventKind::StepStarted, Some(step.id), &payload);
            begun.push((step, attempt_id));
        }
        self.writes.insert(attempts, "attempt");
        // With the events of all of them: what a cancel is compared with.
        begun
            .into_iter()
            .map(|(step, attempt_id)| {
                let task = self.edit(step.task_id)?.task.clone();
                Ok(Claim {
                    step,
                    task,
                    attempt_id,
                })
            })
            .collect()
    }
}

/// The owner a round came to last. Both databases compare owners byte by byte, as is done here.
fn last_owner(steps: &[step::Model]) -> Option<Owner> {
    steps.iter().map(|step| &step.owner).max().cloned()
}
