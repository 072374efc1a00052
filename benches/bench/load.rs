//! The two loads: as many tasks as are kept in flight, and tasks at a fixed rate.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use entity::ids::TaskId;
use tokio::sync::{Semaphore, mpsc};

use crate::rig::{EVENTS, Rig, Seen};

/// Keeps `in_flight` tasks going for `time`; returns how many ended, and the time until the last had.
pub(crate) async fn closed(
    rig: &Rig,
    seen: &mut mpsc::UnboundedReceiver<Seen>,
    in_flight: usize,
    time: Duration,
) -> anyhow::Result<(u64, Duration)> {
    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(in_flight));
    let submitting = async {
        let mut submitted = 0_u64;
        let mut lanes = tokio::task::JoinSet::new();
        while begun.elapsed() < time {
            let place = Arc::clone(&places).acquire_owned().await?;
            // Free again when the task ends.
            place.forget();
            let (store, feed) = (rig.store.clone(), rig.feed.clone());
            lanes.spawn(async move { crate::rig::submit(&store, &feed).await });
            submitted += 1;
            while let Some(ended) = lanes.try_join_next() {
                ended??;
            }
        }
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        anyhow::Ok(submitted)
    };
    let mut ended = 0_u64;
    let counting = async {
        while let Some(seen) = seen.recv().await {
            if matches!(seen, Seen::Committed(_, seq, _) if seq == EVENTS) {
                ended += 1;
                places.add_permits(1);
            }
        }
    };
    let submitted = tokio::select! {
        submitted = submitting => submitted?,
        () = counting => 0,
    };
    while ended < submitted {
        match tokio::time::timeout(Duration::from_secs(30), seen.recv()).await {
            Ok(Some(Seen::Committed(_, seq, _))) if seq == EVENTS => ended += 1,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => anyhow::bail!("{} of {submitted} tasks did not end", submitted - ended),
        }
    }
    Ok((ended, begun.elapsed()))
}

/// When each task was submitted, in order of submission; `per_second` of them for `time`.
pub(crate) async fn open(
    rig: &Rig,
    per_second: f64,
    time: Duration,
) -> anyhow::Result<HashMap<TaskId, Instant>> {
    let begun = Instant::now();
    let mut lanes = tokio::task::JoinSet::new();
    let mut at = 0_u32;
    loop {
        let due = Duration::from_secs_f64(f64::from(at) / per_second);
        if due > time {
            break;
        }
        tokio::time::sleep_until((begun + due).into()).await;
        at += 1;
        let (store, feed) = (rig.store.clone(), rig.feed.clone());
        lanes.spawn(async move {
            let called = Instant::now();
            anyhow::Ok((crate::rig::submit(&store, &feed).await?, called))
        });
    }
    let mut submitted = HashMap::new();
    while let Some(lane) = lanes.join_next().await {
        let (task, called) = lane??;
        submitted.insert(task, called);
    }
    Ok(submitted)
}
