//! What a subscribed socket costs while nothing happens.

use std::time::Duration;

use crate::{
    database,
    process::{Api, Subscriber},
    table::{Row, Table},
    usage::resident,
};

/// Sockets held open.
pub(crate) const SOCKETS: usize = 10_000;

/// Tasks they are spread over.
const TASKS: usize = 500;

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let url = database::create("bench_sockets")?;
    let api = Api::start(&url, "bench-sockets").await?;
    let mut tasks = Vec::new();
    for at in 0..TASKS {
        // Nobody works here: the tasks stay as they are.
        tasks.push(api.submit(&format!("user-{at}")).await?);
    }
    // One of each, so that what is paid once is not counted.
    let first = open(&api, &tasks).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = resident(api.pid()?)?;
    let mut sockets = Vec::with_capacity(SOCKETS);
    while sockets.len() < SOCKETS {
        sockets.extend(open(&api, &tasks).await?);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = (resident(api.pid()?)?.saturating_sub(before)) as f64 / sockets.len() as f64 / 1024.0;
    table.add(Row::goal(
        format!("{SOCKETS} idle subscribed sockets"),
        format!("{each:.1} KiB each"),
        "at most 16 KiB each",
        each <= 16.0,
        format!(
            "{} sockets on {TASKS} tasks, resident memory of the API process",
            first.len() + sockets.len()
        ),
    ));
    Ok(())
}

/// A socket on each of the tasks.
async fn open(api: &Api, tasks: &[String]) -> anyhow::Result<Vec<Subscriber>> {
    let mut opened = Vec::with_capacity(tasks.len());
    for chunk in tasks.chunks(50) {
        let opening = chunk.iter().map(|task| async {
            let mut subscriber = Subscriber::open(api.address, task).await?;
            subscriber.caught_up().await?;
            anyhow::Ok(subscriber)
        });
        opened.extend(futures_util::future::try_join_all(opening).await?);
    }
    Ok(opened)
}
