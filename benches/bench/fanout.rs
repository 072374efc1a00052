//! One event to ten thousand subscribers of one task, against a bare broadcast of the same frame to as many sockets.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, Command},
    sync::broadcast,
};
use tokio_tungstenite::{WebSocketStream, accept_async, client_async, tungstenite::Message};

use crate::{
    database,
    process::{Api, Subscriber},
    sockets::SOCKETS,
    table::{Row, Table},
};

/// Events sent to all, each way.
const ROUNDS: usize = 9;

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (ours, frame) = through_the_api().await?;
    let bare = bare(&frame).await?;
    let share = bare / ours * 100.0;
    table.add(Row::goal(
        format!("one event to {SOCKETS} subscribers of one task"),
        format!("{:.0} ms, {share:.0} % of a bare broadcast", ours * 1000.0),
        "at least 50 %",
        share >= 50.0,
        format!(
            "bare tokio WebSocket broadcast of the same {} bytes: {:.0} ms; median of {ROUNDS}, ours from the mutation's call",
            frame.len(),
            bare * 1000.0
        ),
    ));
    Ok(())
}

/// Seconds from the call of a mutation until every subscriber has its event, and the frame they got.
async fn through_the_api() -> anyhow::Result<(f64, String)> {
    let url = database::create("bench_fanout")?;
    let api = Api::start(&url, "bench-fanout").await?;
    let task = api.submit("ada").await?;
    let counter = Arc::new(AtomicUsize::new(0));
    let mut last = String::new();
    let mut readers = tokio::task::JoinSet::new();
    for at in 0..SOCKETS {
        let mut subscriber = Subscriber::open(api.address, &task).await?;
        subscriber.caught_up().await?;
        if at + 1 < SOCKETS {
            readers.spawn(count(subscriber.stream, Arc::clone(&counter)));
            continue;
        }
        // The last one keeps what it got.
        let raise =
            "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { userErrors { message } } }";
        let input = json!({ "id": task, "budget": { "amount": "2", "currency": "USD" } });
        api.ask(raise, json!({ "input": input })).await?;
        last = subscriber.frame().await?;
        readers.spawn(count(subscriber.stream, Arc::clone(&counter)));
    }
    until(&counter, SOCKETS - 1).await?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        counter.store(0, Ordering::SeqCst);
        let raise =
            "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { userErrors { message } } }";
        let input =
            json!({ "id": task, "budget": { "amount": (10 + round).to_string(), "currency": "USD" } });
        let begun = Instant::now();
        api.ask(raise, json!({ "input": input })).await?;
        until(&counter, SOCKETS).await?;
        times.push(begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], last))
}

/// Seconds a server that does nothing else takes for the same frame.
async fn bare(frame: &str) -> anyhow::Result<f64> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    drop(listener);
    let mut server: Child = Command::new(std::env::current_exe()?)
        .arg(format!("bare-broadcast={address}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut orders: ChildStdin = server.stdin.take().context("no stdin")?;
    let mut ready = BufReader::new(server.stdout.take().context("no stdout")?).lines();
    ready.next_line().await?;
    let counter = Arc::new(AtomicUsize::new(0));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..SOCKETS {
        let stream = TcpStream::connect(address).await?;
        let (stream, _) = client_async(format!("ws://{address}/"), stream).await?;
        readers.spawn(count(stream, Arc::clone(&counter)));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        counter.store(0, Ordering::SeqCst);
        let begun = Instant::now();
        orders.write_all(frame.as_bytes()).await?;
        orders.write_all(b"\n").await?;
        until(&counter, SOCKETS).await?;
        times.push(begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

async fn count(mut stream: WebSocketStream<TcpStream>, counter: Arc<AtomicUsize>) {
    while let Some(Ok(message)) = stream.next().await {
        if message.is_text() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn until(counter: &AtomicUsize, all: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    while counter.load(Ordering::SeqCst) < all {
        anyhow::ensure!(
            begun.elapsed() < Duration::from_secs(30),
            "only {} of {all} sockets got the event",
            counter.load(Ordering::SeqCst)
        );
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Ok(())
}

/// The bare server: every line of its input goes to every socket.
pub(crate) async fn bare_broadcast(address: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("ready");
    let (frames, _) = broadcast::channel::<Message>(16);
    let everyone = frames.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut frames = everyone.subscribe();
            tokio::spawn(async move {
                let Ok(mut socket) = accept_async(stream).await else {
                    return;
                };
                while let Ok(frame) = frames.recv().await {
                    if socket.send(frame).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let orders = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines() {
            let _ = frames.send(Message::text(line?));
        }
        std::io::Result::Ok(())
    });
    orders.await??;
    Ok(())
}
