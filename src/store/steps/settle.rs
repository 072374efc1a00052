//! Settling: steps that ended well, their outputs and plans, their dependents made ready, the ends of their tasks, and the
//! next claims, all in one transaction. What arrives together shares a commit; a step counts as done when it returned.

use std::collections::{HashMap, HashSet};

use entity::{
    enums::{EventKind, PlanAuthor, StepStatus},
    ids::StepId,
    step,
    values::{Owner, UnixMillis},
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Claim, ClaimRequest, HandOff, hold};
use crate::{
    domain::plan::PlanDraft,
    store::{
        Committed, Store, StoreError,
        batch::Batch,
        memories::{self, NewMemory},
        rows::{Kind, Rows},
    },
};

/// What a step produced.
#[derive(Clone, Debug)]
pub struct StepResult {
    pub output: String,
    /// What is worth keeping beyond the task.
    pub memory: Option<NewMemory>,
}

/// How a step ended well.
#[derive(Clone, Debug)]
pub enum Ending {
    /// An agent's step: its output.
    Output(Box<StepResult>),
    /// The planning step: a checked plan.
    Plan { draft: PlanDraft, author: PlanAuthor },
}

/// A held step and how it ended.
#[derive(Clone, Debug)]
pub struct Settlement {
    pub claim: Claim,
    pub ending: Ending,
}

/// What became of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored.
    Stored,
    /// The claim no longer held: nothing was written.
    Fenced,
    /// A plan for a task that is being cancelled: nothing was written, the step is still to be cancelled.
    Cancelling,
}

/// What a settling brought.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// What became of each settlement, in order.
    pub verdicts: Vec<Verdict>,
    /// New claims, if any were asked for.
    pub claims: Vec<Claim>,
    /// The owner to begin after next time.
    pub served: Option<Owner>,
    /// Whether the queue, if it was looked into, held fewer steps than were asked for.
    pub exhausted: bool,
    /// The tasks that changed.
    pub changed: Vec<Committed>,
}

impl Store {
    /// Ends steps well, and claims new ones if asked to. What is ready in the queue comes before what was just freed, so
    /// that a long chain of one owner cannot keep the others out.
    pub async fn settle_steps(
        &self,
        settlements: &[Settlement],
        request: Option<&ClaimRequest>,
    ) -> Result<Settled, StoreError> {
        let mut batch = self.begin_batch().await?;
        let verdicts = batch.end_held(settlements).await?;
        let ended: Vec<&Settlement> = settlements
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| **verdict == Verdict::Stored)
            .map(|(settlement, _)| settlement)
            .collect();
        let (mut taken, served) = match request {
            Some(request) if request.from_queue => batch.claim(request).await?,
            Some(_) | None => (Vec::new(), None),
        };
        let room = request.map_or(0, |request| request.limit - taken.len());
        let exhausted = room > 0;
        if !ended.is_empty() {
            let mut hand_off = HandOff {
                worker: request.map_or("", |request| &request.worker),
                lease_ms: request.map_or(0, ClaimRequest::lease_ms),
                room: request
                    .filter(|request| request.except.is_empty())
                    .map_or(0, |_| room),
            };
            batch.store_outputs(&ended);
            batch.store_memories(&ended).await?;
            taken.extend(batch.insert_plans(&ended, &mut hand_off)?);
            for settlement in &ended {
                batch.record_completed(&settlement.claim.step)?;
            }
            taken.extend(batch.free_dependents(&ended, &hand_off).await?);
        }
        let claims = match request {
            Some(request) if !taken.is_empty() => batch.begin_attempts(&request.worker, taken)?,
            _ => Vec::new(),
        };
        if !ended.is_empty() {
            batch.end_tasks(&ended).await?;
        }
        let changed = batch.commit().await?;
        Ok(Settled {
            verdicts,
            claims,
            served,
            exhausted,
            changed,
        })
    }

    /// Ends one step well.
    pub async fn complete_step(&self, claim: &Claim, result: StepResult) -> Result<Committed, StoreError> {
        self.settle_one(claim, Ending::Output(Box::new(result))).await
    }

    /// Stores a checked plan and completes the planning step that made it. Steps without dependencies become ready.
    pub async fn complete_planning(
        &self,
        claim: &Claim,
        draft: &PlanDraft,
        author: PlanAuthor,
    ) -> Result<Committed, StoreError> {
        let draft = draft.clone();
        self.settle_one(claim, Ending::Plan { draft, author }).await
    }

    async fn settle_one(&self, claim: &Claim, ending: Ending) -> Result<Committed, StoreError> {
        let claim = claim.clone();
        let settlement = Settlement { claim, ending };
        let settled = self.settle_steps(std::slice::from_ref(&settlement), None).await?;
        match settled.verdicts.first() {
            Some(Verdict::Stored) => settled
                .changed
                .into_iter()
                .next()
                .ok_or(StoreError::Missing("the task of a step")),
            Some(Verdict::Cancelling) => self.cancel_step(&settlement.claim).await,
            Some(Verdict::Fenced) | None => Err(StoreError::Fenced(settlement.claim.step.id)),
        }
    }
}

impl Batch {
    /// Locks the tasks and ends the steps whose claims still hold, and their attempts.
    async fn end_held(&mut self, settlements: &[Settlement]) -> Result<Vec<Verdict>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        self.lock(settlements.iter().map(|settlement| &settlement.claim.task))
            .await?;
        // The steps of such a plan would be ready to be claimed, and the cancel has been told to those under way already.
        let cancelling: HashSet<_> = self
            .edits()
            .filter(|edit| edit.task.cancel_requested_at.is_some())
            .map(|edit| edit.task.id)
            .collect();
        let is_late = |settlement: &Settlement| {
            matches!(settlement.ending, Ending::Plan { .. }) && cancelling.contains(&settlement.claim.task.id)
        };
        let mut steps: Vec<&step::Model> = settlements
            .iter()
            .filter(|settlement| !is_late(settlement))
            .map(|settlement| &settlement.claim.step)
            .collect();
        // In the order in which heartbeats take them.
        steps.sort_by_key(|step| step.id);
        let held = Rows::new([("held_id", Kind::Uuid), ("held_epoch", Kind::BigInt)])
            .with(steps.iter().map(|step| [step.id.into(), step.epoch.into()]));
        let ended = self.end_steps(held).await?;
        let verdicts: Vec<Verdict> = settlements
            .iter()
            .map(|settlement| {
                if is_late(settlement) {
                    Verdict::Cancelling
                } else if ended.contains(&(settlement.claim.step.id, settlement.claim.step.epoch)) {
                    Verdict::Stored
                } else {
                    hold::report_fenced(&settlement.claim, None);
                    Verdict::Fenced
                }
            })
            .collect();
        let now = self.now;
        let attempts = Rows::new([("attempt_id", Kind::Uuid), ("over_at", Kind::BigInt)]).with(
            settlements
                .iter()
                .zip(&verdicts)
                .filter(|(_, verdict)| **verdict == Verdict::Stored)
                .map(|(settlement, _)| [settlement.claim.attempt_id.into(), now.into()]),
        );
        self.writes.write(attempts, |r| {
            format!(
                "UPDATE attempt SET outcome = 'COMPLETED', ended_at = {r}.over_at FROM {r} \
                 WHERE attempt.id = {r}.attempt_id"
            )
        });
        Ok(verdicts)
    }

    /// Answers which steps were ended, with the epochs of the claims that ended them: an older claim of the same step may
    /// be in the same batch.
    async fn end_steps(&mut self, held: Rows<2>) -> Result<HashSet<(StepId, i64)>, StoreError> {
        if held.is_empty() {
            return Ok(HashSet::new());
        }
        let now = crate::store::clock::now_sql(self.backend);
        // Said the long way round: said simply, Postgres goes through the index of all leases instead of the keys.
        let end = held.statement(self.backend, [], |_| {
            format!(
                "UPDATE step SET status = 'COMPLETED', waiting_on = NULL, worker_id = NULL, lease_until = NULL, \
                 error_code = NULL, error_message = NULL, ended_at = {now}, updated_at = {now} \
                 FROM r WHERE step.id = r.held_id AND step.epoch = r.held_epoch AND COALESCE(step.status, '') = 'RUNNING' \
                 RETURNING id, epoch, updated_at"
            )
        });
        let mut ended = HashSet::new();
        let mut latest = self.now;
        for row in self.tx.query_all_raw(end).await? {
            ended.insert((row.try_get("", "id")?, row.try_get("", "epoch")?));
            latest = latest.max(row.try_get::<UnixMillis>("", "updated_at")?);
        }
        self.set_now(latest);
        Ok(ended)
    }

    fn store_outputs(&mut self, ended: &[&Settlement]) {
        let now = self.now;
        let outputs = Rows::new([
            ("step_id", Kind::Uuid),
            ("tenant_id", Kind::Text),
            ("task_id", Kind::Uuid),
            ("content", Kind::Text),
            ("created_at", Kind::BigInt),
        ])
        .with(ended.iter().filter_map(|settlement| {
            let (step, Ending::Output(result)) = (&settlement.claim.step, &settlement.ending) else {
                return None;
            };
            Some([
                step.id.into(),
                step.tenant_id.clone().into(),
                step.task_id.into(),
                result.output.as_str().into(),
                now.into(),
            ])
        }));
        self.writes.insert(outputs, "step_output");
    }

    async fn store_memories(&mut self, ended: &[&Settlement]) -> Result<(), StoreError> {
        let mut learned: Vec<(&step::Model, &NewMemory)> = ended
            .iter()
            .filter_map(|settlement| match &settlement.ending {
                Ending::Output(result) => Some((&settlement.claim.step, result.memory.as_ref()?)),
                Ending::Plan { .. } => None,
            })
            .collect();
        // Each locks its collection: in one order, so that two batches cannot wait for each other.
        learned.sort_by(|(_, a), (_, b)| {
            (&a.tenant, &a.user, &a.namespace).cmp(&(&b.tenant, &b.user, &b.namespace))
        });
        for (step, new) in learned {
            if let Some(row) = memories::insert(&self.tx, new).await? {
                let payload = json!({ "memoryId": row.id, "namespace": row.namespace });
                self.edit(step.task_id)?
                    .record(EventKind::MemoryStored, Some(step.id), &payload);
            }
        }
        Ok(())
    }

    fn record_completed(&mut self, step: &step::Model) -> Result<(), StoreError> {
        let payload = json!({ "status": StepStatus::Completed, "title": step.title, "agent": step.agent });
        let edit = self.edit(step.task_id)?;
        edit.task.open_steps -= 1;
        edit.task.active_steps -= 1;
        edit.record(EventKind::StepCompleted, Some(step.id), &payload);
        Ok(())
    }

    /// Ends every task whose last step has ended; puts to waiting those in which only a person can go on.
    async fn end_tasks(&mut self, ended: &[&Settlement]) -> Result<(), StoreError> {
        let over: Vec<_> = self
            .edits()
            .filter(|edit| edit.task.open_steps <= 0)
            .map(|edit| edit.task.id)
            .collect();
        // What has just come is not written yet.
        let outputs: HashMap<StepId, &str> = ended
            .iter()
            .filter_map(|settlement| match &settlement.ending {
                Ending::Output(result) => Some((settlement.claim.step.id, result.output.as_str())),
                Ending::Plan { .. } => None,
            })
            .collect();
        let mut last: HashMap<_, Vec<_>> = HashMap::new();
        for mut step in super::finish::last_steps(&self.tx, &over).await? {
            if let Some(output) = outputs.get(&step.id) {
                step.output = Some((*output).to_owned());
            }
            last.entry(step.task_id).or_default().push(step);
        }
        for edit in self.edits_mut() {
            let steps = last.remove(&edit.task.id).unwrap_or_default();
            edit.conclude(&steps)?;
        }
        Ok(())
    }
}
