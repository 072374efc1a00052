//! How soon a submitted task is begun, and how soon a commit is seen by a subscriber of another process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use entity::ids::TaskId;
use tokio::sync::mpsc;

use crate::{
    database, load,
    process::{Api, Subscriber},
    rig::{EVENTS, Rig, Seen, WATCHED},
    steps::{IN_FLIGHT, Peak},
    table::{Row, Table, percentiles},
};

/// How long each of the two takes.
const TIME: Duration = Duration::from_secs(12);

/// Tasks watched at once.
const WATCHERS: usize = 8;

pub(crate) async fn measure(peak: Peak, table: &mut Table) -> anyhow::Result<()> {
    table.add(submit_to_start(peak).await?);
    table.add(commit_to_subscriber(peak).await?);
    Ok(())
}

async fn submit_to_start(peak: Peak) -> anyhow::Result<Row> {
    let (seen, mut seen_here) = mpsc::unbounded_channel();
    let rig = Rig::start(database::create("bench_start")?, IN_FLIGHT, seen).await?;
    load::closed(&rig, &mut seen_here, 8, Duration::from_secs(2)).await?;
    let submitted = load::open(&rig, peak.tasks_per_second * 0.3, TIME).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.stop().await?;
    let mut started = HashMap::new();
    while let Ok(seen) = seen_here.try_recv() {
        if let Seen::Started(task, at) = seen {
            started.insert(task, at);
        }
    }
    let mut waits: Vec<f64> = submitted
        .iter()
        .filter_map(|(task, called)| {
            Some((started.get(task)?.duration_since(*called)).as_secs_f64() * 1000.0)
        })
        .collect();
    anyhow::ensure!(waits.len() == submitted.len(), "tasks that never began");
    let (p50, p99) = percentiles(&mut waits);
    Ok(Row::goal(
        "submit to start at 30 % load",
        format!("p50 {p50:.1} ms, p99 {p99:.1} ms"),
        "p50 3 ms, p99 10 ms",
        p50 <= 3.0 && p99 <= 10.0,
        format!("{} tasks, from the call to the first step's begin", waits.len()),
    ))
}

async fn commit_to_subscriber(peak: Peak) -> anyhow::Result<Row> {
    let (seen, mut seen_here) = mpsc::unbounded_channel();
    let rig = Rig::start(database::create("bench_subscriber")?, IN_FLIGHT, seen).await?;
    let api = Api::start(&rig.url, &rig.redis_prefix).await?;
    load::closed(&rig, &mut seen_here, 8, Duration::from_secs(2)).await?;
    let received = Arc::new(Mutex::new(Vec::new()));
    let mut watchers = tokio::task::JoinSet::new();
    for _ in 0..WATCHERS {
        let (store, feed) = (rig.store.clone(), rig.feed.clone());
        let (received, address) = (Arc::clone(&received), api.address);
        let until = Instant::now() + TIME;
        watchers.spawn(async move {
            while Instant::now() < until {
                let task = crate::rig::submit_as(&store, &feed, WATCHED).await?;
                watch(task, address, &received).await?;
            }
            anyhow::Ok(())
        });
    }
    load::open(&rig, peak.tasks_per_second * 0.5, TIME).await?;
    while let Some(watcher) = watchers.join_next().await {
        watcher??;
    }
    rig.stop().await?;
    let mut committed: HashMap<(TaskId, i64), Instant> = HashMap::new();
    while let Ok(seen) = seen_here.try_recv() {
        if let Seen::Committed(task, seq, at) = seen {
            committed.insert((task, seq), at);
        }
    }
    let received = received
        .lock()
        .map_err(|_| anyhow::anyhow!("a watcher panicked"))?;
    let mut waits: Vec<f64> = received
        .iter()
        .filter_map(|(task, seq, at)| {
            let committed = committed.get(&(*task, *seq))?;
            Some(at.saturating_duration_since(*committed).as_secs_f64() * 1000.0)
        })
        .collect();
    let (p50, p99) = percentiles(&mut waits);
    Ok(Row::goal(
        "commit to subscriber in another process through Redis, at 50 % load",
        format!("p50 {p50:.1} ms, p99 {p99:.1} ms"),
        "p50 3 ms, p99 15 ms",
        p50 <= 3.0 && p99 <= 15.0,
        format!("{} commits, over graphql-transport-ws", waits.len()),
    ))
}

/// Notes when each event arrived that came after the past ones.
async fn watch(
    task: TaskId,
    address: std::net::SocketAddr,
    received: &Mutex<Vec<(TaskId, i64, Instant)>>,
) -> anyhow::Result<()> {
    let mut subscriber = Subscriber::open(address, &task.to_string()).await?;
    subscriber.caught_up().await?;
    loop {
        let frame: serde_json::Value = serde_json::from_str(&subscriber.frame().await?)?;
        let at = Instant::now();
        let event = &frame["payload"]["data"]["taskEvents"];
        let Some(seq) = event["seq"].as_str().and_then(|seq| seq.parse::<i64>().ok()) else {
            return Ok(());
        };
        if let Ok(mut received) = received.lock() {
            received.push((task, seq, at));
        }
        if seq == EVENTS {
            return Ok(());
        }
    }
}
