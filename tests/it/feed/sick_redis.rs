//! Feeds while Redis is killed, started again, flushed, stopped in its tracks, or loses what it is told: they go on from
//! the database, nobody waits for Redis, and what operators look at says how it is.

use std::time::{Duration, Instant};

use agent_orchestrator::feed::{
    RedisDoorbell, RedisLaneSettings,
    doorbell::{Doorbell, Ring},
};
use entity::{ids::TaskId, values::TenantId};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{all, fleet::SOON, numbers, output::followed, watch};
use crate::support::{OwnRedis, Process, Socket, Stack, TestApp};

/// Nobody may wait for Redis longer than 250 ms; the rest is for a machine that does other things too.
const PROMPT: Duration = Duration::from_millis(2_000);

/// An API whose workers are elsewhere, on a Redis of the test's own.
async fn app_on(redis: &OwnRedis) -> TestApp {
    TestApp::start_with(Stack::Postgres, |config| {
        super::fleet::api_only(config);
        config.redis.url = Some(redis.url().parse().unwrap());
        config.limits.submit_task.burst = 1_000;
        config.limits.submit_task.per_minute = 1_000;
    })
    .await
}

/// Another process on the same data and the same Redis.
async fn neighbour(app: &TestApp, redis: &OwnRedis) -> Process {
    Process::beside_on(app, "api", &redis.url()).await
}

async fn status(app: &TestApp) -> Value {
    let ready = app.client.get("/readyz").await;
    assert_eq!(ready.status, 200, "without Redis the process is not down");
    assert_eq!(ready.body["database"], "up");
    ready.body["status"].clone()
}

async fn becomes(app: &TestApp, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let connected = format!("doorbell_connected {}", i32::from(wanted == "ready"));
    // Other tests in this process share the metrics, so a value may be theirs for a moment.
    while status(app).await != wanted
        || !app
            .client
            .get("/metrics")
            .await
            .body
            .as_str()
            .unwrap()
            .contains(&connected)
    {
        assert!(Instant::now() < deadline, "/readyz does not become {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A change made through another process, and how long until a reader of this one has it.
async fn change(from: &Process, id: &str, amount: usize, reader: &mut Socket) -> Duration {
    let raise =
        "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { userErrors { message } } }";
    let input = json!({ "id": id, "budget": { "amount": amount.to_string(), "currency": "USD" } });
    let asked_at = Instant::now();
    let data = from.client.graphql(raise, json!({ "input": input })).await.data();
    assert_eq!(data["raiseBudget"]["userErrors"], json!([]));
    assert!(
        asked_at.elapsed() < PROMPT,
        "a mutation took {:?}",
        asked_at.elapsed()
    );
    let changed_at = Instant::now();
    let item = reader.next().await["taskEvents"].clone();
    assert_eq!(item["kind"], "BUDGET_RAISED", "{item:#}");
    changed_at.elapsed()
}

struct Watched {
    id: String,
    reader: Socket,
    amount: usize,
}

impl Watched {
    async fn start(app: &TestApp) -> Self {
        let budget = json!({ "amount": "1", "currency": "USD" });
        let input = json!({ "userId": "ada", "description": "Say hello", "budget": budget });
        let id = app.submit_input(input).await;
        let mut reader = watch(app, &id, None, None).await;
        while reader.next().await["taskEvents"]["__typename"] != "CaughtUp" {}
        Self {
            id,
            reader,
            amount: 1,
        }
    }

    /// Some changes, each of which must arrive in time.
    async fn goes_on(&mut self, from: &Process, what: &str) {
        for _ in 0..4 {
            self.amount += 1;
            let took = change(from, &self.id, self.amount, &mut self.reader).await;
            assert!(
                took.as_millis() < u128::try_from(SOON).unwrap(),
                "{what}: an event took {took:?}"
            );
        }
    }

    /// The reader's log is the task's.
    async fn ends(self, app: &TestApp) {
        let cancel = "mutation($id: ID!) { cancelTask(input: { id: $id }) { task { status } } }";
        app.graphql(cancel, json!({ "id": self.id })).await.data();
        let rest = numbers(&all(self.reader).await);
        let whole = numbers(&all(watch(app, &self.id, None, None).await).await);
        assert_eq!(
            whole,
            (1..=i64::try_from(whole.len()).unwrap()).collect::<Vec<_>>()
        );
        assert!(whole.ends_with(&rest) && !rest.is_empty());
    }
}

/// Submitting, with its rate limit and its ring, waits for nobody.
async fn submits_promptly(app: &TestApp) {
    for _ in 0..5 {
        let asked_at = Instant::now();
        app.submit("bob", "Say hello").await;
        assert!(
            asked_at.elapsed() < PROMPT,
            "a submission took {:?}",
            asked_at.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_go_on_while_redis_is_killed_and_after_it_is_back() {
    let mut redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    let neighbour = neighbour(&app, &redis).await;
    becomes(&app, "ready").await;
    let mut watched = Watched::start(&app).await;
    watched.goes_on(&neighbour, "well").await;
    redis.kill().await;
    watched.goes_on(&neighbour, "just killed").await;
    becomes(&app, "degraded").await;
    submits_promptly(&app).await;
    watched.goes_on(&neighbour, "killed").await;
    redis.start_again().await;
    watched.goes_on(&neighbour, "just back").await;
    becomes(&app, "ready").await;
    watched.goes_on(&neighbour, "back").await;
    watched.ends(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_go_on_while_redis_answers_nothing() {
    let redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    let neighbour = neighbour(&app, &redis).await;
    becomes(&app, "ready").await;
    let mut watched = Watched::start(&app).await;
    redis.pause().await;
    submits_promptly(&app).await;
    watched.goes_on(&neighbour, "just paused").await;
    becomes(&app, "degraded").await;
    submits_promptly(&app).await;
    watched.goes_on(&neighbour, "paused").await;
    redis.go_on().await;
    becomes(&app, "ready").await;
    watched.goes_on(&neighbour, "going on").await;
    watched.ends(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_do_not_notice_that_redis_is_flushed_or_drops_their_subscriptions() {
    let redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    let neighbour = neighbour(&app, &redis).await;
    becomes(&app, "ready").await;
    let mut watched = Watched::start(&app).await;
    for round in 0..3 {
        redis.flush().await;
        watched.goes_on(&neighbour, &format!("flushed {round}")).await;
        // What is published from here to the next subscription is lost.
        redis.drop_subscribers().await;
        watched.goes_on(&neighbour, &format!("dropped {round}")).await;
    }
    becomes(&app, "ready").await;
    watched.ends(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_is_watched_while_redis_comes_and_goes() {
    let mut redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    becomes(&app, "ready").await;
    followed(&app, &redis.url(), async || {
        redis.kill().await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        redis.start_again().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doorbell_rings_again_after_every_sickness() {
    let mut redis = OwnRedis::start().await;
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let bell = |origin: &str| {
        let settings = RedisLaneSettings {
            url: redis.url(),
            prefix: "p".to_owned(),
            timeout: Duration::from_millis(250),
            origin: origin.to_owned(),
        };
        RedisDoorbell::start(settings, &stop).unwrap()
    };
    let (here, there) = (bell("here"), bell("there"));
    for sickness in ["none", "killed", "paused", "flushed", "dropped"] {
        match sickness {
            "killed" => {
                redis.kill().await;
                redis.start_again().await;
            }
            "paused" => {
                redis.pause().await;
                // Longer than a silent subscription is believed.
                tokio::time::sleep(Duration::from_millis(5_000)).await;
                redis.go_on().await;
            }
            "flushed" => redis.flush().await,
            "dropped" => redis.drop_subscribers().await,
            _ => {}
        }
        let mut heard = there.listen();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let rung_at = Instant::now();
            here.ring(Ring {
                tenant: TenantId("t".to_owned()),
                task: TaskId::generate(),
                seq: 1,
                ready: false,
                cancelled: false,
            })
            .await;
            assert!(rung_at.elapsed() < PROMPT, "ringing took {:?}", rung_at.elapsed());
            if tokio::time::timeout(Duration::from_millis(200), heard.recv())
                .await
                .is_ok()
            {
                break;
            }
            assert!(Instant::now() < deadline, "nothing is heard after: {sickness}");
        }
    }
}
