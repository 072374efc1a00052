//! The two stacks, and a fresh place on either for each test.

use std::{env, path::Path};

use agent_orchestrator::config::Config;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use uuid::Uuid;

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// SQLite and everything in process.
    Sqlite,
    /// Postgres and Redis.
    Postgres,
}

/// A database of one test's own.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    pub database_url: String,
    pub redis_url: Option<String>,
    /// Keeps this test's Redis keys apart.
    pub redis_prefix: String,
}

fn service(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `make test`"))
}

impl TestDatabase {
    pub async fn create(stack: Stack, folder: &Path) -> Self {
        let name = format!("t_{}", Uuid::now_v7().simple());
        match stack {
            Stack::Sqlite => Self {
                database_url: format!("sqlite://{}", folder.join("orchestrator.db").display()),
                redis_url: None,
                redis_prefix: name,
            },
            Stack::Postgres => {
                let server = service("TEST_POSTGRES_URL");
                let admin = Database::connect(&server).await.unwrap();
                admin
                    .execute_unprepared(&format!("CREATE DATABASE {name}"))
                    .await
                    .unwrap();
                admin.close().await.unwrap();
                let (base, _) = server.rsplit_once('/').unwrap();
                Self {
                    database_url: format!("{base}/{name}"),
                    redis_url: Some(service("TEST_REDIS_URL")),
                    redis_prefix: name,
                }
            }
        }
    }

    /// Points a configuration here.
    pub fn apply(&self, config: &mut Config) {
        config.storage.database_url = Some(self.database_url.parse().unwrap());
        config.redis.url = self.redis_url.as_ref().map(|url| url.parse().unwrap());
        config.redis.prefix.clone_from(&self.redis_prefix);
        config.storage.max_connections = 5;
    }

    /// A connection beside the program's, to look at what is really stored.
    pub async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.database_url).await.unwrap()
    }
}
