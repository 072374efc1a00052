//! Whether what came of a task is what its case wants.

use entity::{
    enums::{CallStatus, StepKind},
    step, task, tool_call,
    values::NanoUsd,
};

use super::case::Checks;

/// What came of a task.
pub(super) struct Outcome {
    pub(super) task: task::Model,
    pub(super) steps: Vec<step::Model>,
    pub(super) tool_calls: Vec<tool_call::Model>,
}

/// One sentence per check that does not hold.
pub(super) fn failures(checks: &Checks, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let mut check = |holds: bool, sentence: String| {
        if !holds {
            failures.push(sentence);
        }
    };
    let Outcome {
        task,
        steps,
        tool_calls,
    } = outcome;
    let status = checks.status.as_deref().unwrap_or("COMPLETED");
    let error = task.error_message.as_deref().unwrap_or_default();
    check(
        task.status.as_str() == status,
        format!("status is {}, not {status} {error}", task.status.as_str()),
    );
    let result = task.result.as_deref().unwrap_or_default().to_lowercase();
    for text in &checks.contains {
        check(
            result.contains(&text.to_lowercase()),
            format!("the result does not contain {text:?}"),
        );
    }
    for text in &checks.excludes {
        check(
            !result.contains(&text.to_lowercase()),
            format!("the result contains {text:?}"),
        );
    }
    let work: Vec<&step::Model> = steps.iter().filter(|step| step.kind == StepKind::Work).collect();
    if let Some(wanted) = &checks.agents {
        let agents: Vec<&str> = work.iter().map(|step| step.agent.as_str()).collect();
        check(
            agents == *wanted,
            format!("agents are {agents:?}, not {wanted:?}"),
        );
    }
    if let Some(wanted) = checks.steps {
        check(
            work.len() == wanted,
            format!("the plan has {} steps, not {wanted}", work.len()),
        );
    }
    for tool in &checks.tools {
        let called = tool_calls
            .iter()
            .any(|call| call.tool == *tool && call.status == CallStatus::Succeeded);
        check(called, format!("the tool {tool} was not called with success"));
    }
    if let Some(most) = &checks.max_cost_usd {
        let within = most
            .parse::<NanoUsd>()
            .is_ok_and(|most| task.unpriced_entries == 0 && task.cost_nanos <= most);
        check(
            within,
            format!(
                "the cost, {}, is not known to be at most {most} USD",
                task.cost_nanos
            ),
        );
    }
    failures
}
