//! Whether a full table slows the engine down: the same load beside a million finished steps and beside none.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::{
    database,
    rig::Rig,
    steps::{self, IN_FLIGHT},
    table::{Row, Table},
};

/// Finished tasks with four steps each.
const TASKS: u64 = 250_000;

/// How long each run takes.
const TIME: Duration = Duration::from_secs(8);

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let full = database::create("bench_million")?;
    let (seen, _) = mpsc::unbounded_channel();
    // Makes the tables.
    Rig::start(full.clone(), IN_FLIGHT, seen).await?.stop().await?;
    fill(&full)?;
    let (mut empty_rates, mut full_rates) = (Vec::new(), Vec::new());
    // In turns, so that both see the same machine.
    for at in 0..3 {
        let empty = database::create(&format!("bench_empty_{at}"))?;
        empty_rates.push(steps::run(&empty, TIME).await?.steps_per_second);
        full_rates.push(steps::run(&full, TIME).await?.steps_per_second);
    }
    let median = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (empty, full) = (median(&mut empty_rates), median(&mut full_rates));
    let share = full / empty * 100.0;
    table.add(Row::goal(
        "steps per second beside one million finished steps",
        format!("{full:.0}/s, {share:.0} % of an empty table"),
        "at least 90 %",
        share >= 90.0,
        format!("empty table in the same run: {empty:.0}/s; medians of 3, in turns"),
    ));
    Ok(())
}

/// Finished tasks as the engine leaves them: steps, attempts, outputs and events.
fn fill(url: &str) -> anyhow::Result<()> {
    let id = |kind: &str, n: &str| {
        format!(
            "(lpad(to_hex(1700000000000 + g), 12, '0') || '7{kind}00' || '8000' || lpad(to_hex({n}), 12, '0'))::uuid"
        )
    };
    let (task, step, attempt) = (id("0", "g"), id("1", "g * 4 + k"), id("2", "g * 4 + k"));
    let owner = "'default' || chr(31) || 'user-' || g % 16";
    let tasks = format!("generate_series(1, {TASKS}) g");
    let steps = format!("{tasks}, generate_series(0, 3) k");
    for sql in [
        format!(
            "INSERT INTO task (id, tenant_id, user_id, description, metadata, status, priority, result, cost_nanos, \
             reserved_nanos, unpriced_entries, event_seq, open_steps, active_steps, created_at, started_at, ended_at, \
             updated_at) SELECT {task}, 'default', 'user-' || g % 16, 'Collect the open invoices, then add them up.', \
             '{{}}', 'COMPLETED', 0, 'Nothing was done.', 0, 0, 0, 16, 0, 0, 1700000000000 + g, 1700000000000 + g, \
             1700000000000 + g, 1700000000000 + g FROM {tasks}"
        ),
        format!(
            "INSERT INTO step (id, tenant_id, task_id, owner, kind, position, key, title, instructions, agent, status, \
             priority, attempts, max_attempts, epoch, journal_after, run_at, open_dependencies, cost_nanos, \
             unpriced_entries, created_at, started_at, ended_at, updated_at) SELECT {step}, 'default', {task}, {owner}, \
             CASE k WHEN 0 THEN 'PLAN' ELSE 'WORK' END, k, 's' || k, 'Step of the chain', 'Do nothing, and say so.', \
             'analyst', 'COMPLETED', 0, 1, 3, 1, 0, 1700000000000 + g, 0, 0, 0, 1700000000000 + g, 1700000000000 + g, \
             1700000000000 + g, 1700000000000 + g FROM {steps}"
        ),
        format!(
            "INSERT INTO attempt (id, tenant_id, task_id, step_id, epoch, worker_id, outcome, started_at, ended_at) \
             SELECT {attempt}, 'default', {task}, {step}, 1, 'bench', 'COMPLETED', 1700000000000 + g, \
             1700000000000 + g FROM {steps}"
        ),
        format!(
            "INSERT INTO step_output (step_id, tenant_id, task_id, content, created_at) SELECT {step}, 'default', \
             {task}, 'Nothing was done.', 1700000000000 + g FROM {steps} WHERE k > 0"
        ),
        format!(
            "INSERT INTO step_dependency (step_id, depends_on_id, tenant_id, task_id) SELECT {step}, {before}, \
             'default', {task} FROM {steps} WHERE k > 1",
            before = id("1", "g * 4 + k - 1")
        ),
        format!(
            "INSERT INTO event (task_id, seq, tenant_id, kind, step_id, payload, created_at) SELECT {task}, s, \
             'default', 'STEP_COMPLETED', NULL, '{{\"status\":\"COMPLETED\",\"title\":\"Step of the chain\"}}', \
             1700000000000 + g FROM {tasks}, generate_series(1, 16) s"
        ),
        "VACUUM (ANALYZE)".to_owned(),
        "CHECKPOINT".to_owned(),
    ] {
        database::ask(url, &sql)?;
    }
    Ok(())
}
