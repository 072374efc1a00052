//! Running cases, one after the other, each for a user of its own.

use std::time::Duration;

use entity::ids::{StepId, TaskId};
use futures_util::{StreamExt, pin_mut};

use super::{
    case::{Case, CaseFile},
    report::{CaseReport, Report},
    score::{self, Outcome},
};
use crate::{
    domain::clock::Stopwatch,
    feed::FeedItem,
    services::{NewUserMemory, ServiceError, Services, TaskSubmission, caller::Caller},
};

/// Runs every case of a file. A case that cannot be run is a failed case, not an error of the run.
pub async fn run(services: &Services, file: &CaseFile) -> Report {
    let mut cases = Vec::with_capacity(file.cases.len());
    for case in &file.cases {
        let watch = Stopwatch::start();
        let within = Duration::from_secs(case.timeout_seconds);
        let (failures, task) = match tokio::time::timeout(within, run_case(services, case)).await {
            Ok(Ok(outcome)) => (score::failures(&case.checks, &outcome), Some(outcome.task)),
            Ok(Err(error)) => (vec![format!("the case could not be run: {error}")], None),
            Err(_elapsed) => (
                vec![format!("the task did not end within {} s", case.timeout_seconds)],
                None,
            ),
        };
        cases.push(CaseReport {
            name: case.name.clone(),
            failures,
            task_id: task.as_ref().map(|task| task.id),
            cost: task
                .filter(|task| task.unpriced_entries == 0)
                .map(|task| task.cost_nanos),
            duration_ms: watch.elapsed_ms(),
        });
    }
    Report { cases }
}

async fn run_case(services: &Services, case: &Case) -> Result<Outcome, ServiceError> {
    let caller = Caller::open();
    // A memory of its own: cases must not learn from each other.
    let user_id = format!("eval-{}", TaskId::generate());
    for content in &case.memories {
        let memory = NewUserMemory {
            user_id: user_id.clone(),
            content: content.clone(),
            ..NewUserMemory::default()
        };
        services.remember(&caller, memory).await?;
    }
    let submission = TaskSubmission {
        user_id,
        description: case.description.clone(),
        ..TaskSubmission::default()
    };
    let id = services.submit_task(&caller, submission).await?.task.id;
    let events = services.task_events(&caller, id, 0, None).await?;
    pin_mut!(events);
    while let Some(item) = events.next().await {
        if matches!(item?, FeedItem::Ended { .. }) {
            break;
        }
    }
    let scope = caller.scope();
    let steps = services.store.steps_of_tasks(&scope, &[id]).await?;
    let ids: Vec<StepId> = steps.iter().map(|step| step.id).collect();
    let tool_calls = services.store.tool_calls_of(&scope, &ids).await?;
    let gone = || ServiceError::NotFound {
        what: "task",
        id: id.to_string(),
    };
    let task = services.task(&caller, id).await?.ok_or_else(gone)?;
    Ok(Outcome {
        task,
        steps,
        tool_calls,
    })
}
