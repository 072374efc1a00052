//! The program in this process, on a free port, with a database of its own.

use std::{net::SocketAddr, path::Path, sync::OnceLock, time::Duration};

use agent_orchestrator::{app::App, config::Config, services::Services};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Answer, Client, Socket, Stack, database::TestDatabase};

/// One recorder per process, whatever runs in it.
fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS
        .get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap())
        .clone()
}

pub struct TestApp {
    pub config: Config,
    pub client: Client,
    pub services: Services,
    address: SocketAddr,
    database: TestDatabase,
    /// Stops the program, at the latest when the test ends.
    _stop: DropGuard,
    token: CancellationToken,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    folder: TempDir,
}

impl TestApp {
    /// API and worker in one, as `serve` starts them.
    pub async fn start(stack: Stack) -> Self {
        Self::start_with(stack, |_| {}).await
    }

    /// The same, with some settings changed.
    pub async fn start_with(stack: Stack, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(stack, folder.path()).await;
        let mut config = Config::default();
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.server.drain_seconds = 5;
        config.storage.data_dir = folder.path().to_owned();
        config.engine.poll_ms = 200;
        // Tests of planning set another: all others know by the rules what the steps are.
        config.planner.model = Some("offline/offline-1".parse().unwrap());
        database.apply(&mut config);
        change(&mut config);
        Self::launch(config, database, folder).await
    }

    async fn launch(config: Config, database: TestDatabase, folder: TempDir) -> Self {
        let app = App::build(&config, metrics()).await.unwrap();
        let (address, services, token) = (
            app.address().unwrap(),
            app.services().clone(),
            CancellationToken::new(),
        );
        let running = Some(tokio::spawn(app.run(token.clone())));
        let _stop = token.clone().drop_guard();
        let client = Client::new(&format!("http://{address}"));
        Self {
            config,
            client,
            services,
            address,
            database,
            _stop,
            token,
            running,
            folder,
        }
    }

    /// Stops the program properly and starts it again on the same data.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// The same, with something done to the data folder in between.
    pub async fn restart_after(mut self, meddle: impl FnOnce(&Path)) -> Self {
        self.shut_down().await;
        meddle(self.folder.path());
        let Self {
            config,
            database,
            folder,
            ..
        } = self;
        Self::launch(config, database, folder).await
    }

    /// Stops the program and waits until it is down.
    pub async fn shut_down(&mut self) {
        self.token.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap().unwrap();
        }
    }

    /// Waits until the program ends without being told to, and answers how.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        self.running.take().expect("a running program").await.unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the data is, for a second process on it.
    pub fn database_url(&self) -> &str {
        &self.database.database_url
    }

    pub fn redis_url(&self) -> Option<&str> {
        self.database.redis_url.as_deref()
    }

    pub fn redis_prefix(&self) -> &str {
        &self.database.redis_prefix
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// A connection beside the program's, to look at what is really stored.
    pub async fn connection(&self) -> DatabaseConnection {
        self.database.connect().await
    }

    /// Sends one operation.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.client.graphql(query, variables).await
    }

    /// Opens a WebSocket.
    pub async fn socket(&self) -> Socket {
        Socket::connect(self.address).await
    }

    /// Submits a task and returns its id.
    pub async fn submit(&self, user: &str, description: &str) -> String {
        self.submit_input(json!({ "userId": user, "description": description }))
            .await
    }

    /// Submits a task and returns its id.
    pub async fn submit_input(&self, input: Value) -> String {
        let query = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) \
                     { task { id } userErrors { message } } }";
        let data = self.graphql(query, json!({ "input": input })).await.data();
        data["submitTask"]["task"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("refused: {data}"))
            .to_owned()
    }

    /// Waits until a task has ended and returns `{ status result error … }`.
    pub async fn finished(&self, id: &str) -> Value {
        self.wait_for(id, |task| {
            matches!(
                task["status"].as_str(),
                Some("COMPLETED" | "FAILED" | "CANCELLED")
            )
        })
        .await
    }

    /// Waits, by its events, until a task is as wanted.
    pub async fn wait_for(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut socket = self.socket().await;
        let watch = "subscription($id: ID!) { taskEvents(taskId: $id) { __typename } }";
        socket.subscribe("wait", watch, json!({ "id": id })).await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let task = self.task(id).await;
            if wanted(&task) {
                return task;
            }
            tokio::select! {
                _ = socket.frame() => {}
                () = tokio::time::sleep_until(deadline) => panic!("the task did not get there: {task:#}"),
            }
        }
    }

    /// A task with everything most tests look at.
    pub async fn task(&self, id: &str) -> Value {
        let query = "query($id: ID!) { task(id: $id) { id status result eventCursor waitingOn \
            error { code message } cost { amount } knownCost { amount } budgetLeft { amount } plan { summary author } \
            steps { id key title kind status position agent { name } dependsOn { key } output error { code message } \
                waitingOn cost { amount } attempts { epoch outcome workerId error { code message } } \
                toolCalls { tool status arguments result truncated error { code message } idempotencyKey durationMs } \
                llmCalls { provider model status inputTokens outputTokens cost { amount } error { code } } \
                memoriesRead { rank memory { content } } memoriesWritten { id content } } } }";
        self.graphql(query, json!({ "id": id })).await.data()["task"].clone()
    }
}
