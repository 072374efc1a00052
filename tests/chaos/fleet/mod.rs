//! The fleet: processes of the real binary on one Postgres and one Redis, each behind proxies of its own, all started,
//! killed and started again by the test.

mod config;
mod member;
mod ports;
mod postgres;
mod redis;

pub use config::{LEASE_SECONDS, MAX_ATTEMPTS};
pub use member::{Member, Roles};
pub use postgres::OwnPostgres;
pub use redis::OwnRedis;

use std::{
    os::unix::fs::PermissionsExt,
    sync::{Arc, Weak},
    time::Duration,
};

use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{outside::Outside, tally::Tally};

/// How often dead processes are looked for.
const ROUND: Duration = Duration::from_millis(100);

/// How long processes may take to be ready at the beginning.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that runs. Dropping it ends all of it.
pub struct Fleet {
    pub members: Vec<Arc<Member>>,
    pub postgres: OwnPostgres,
    pub redis: OwnRedis,
    pub outside: Outside,
    pub tally: Tally,
    supervisor: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Fleet {
    /// Starts everything and waits until all of it answers. Processes that end are started again.
    pub async fn start(apis: usize, workers: usize, tally: &Tally) -> Self {
        let roles = [vec![Roles::Api; apis], vec![Roles::Worker; workers]].concat();
        Self::start_with(&roles, tally).await
    }

    /// The same, with one process for each of `roles`.
    pub async fn start_with(roles: &[Roles], tally: &Tally) -> Self {
        // Not under TMPDIR: the path of a Unix socket is short, and Postgres has a user of its own.
        let folder = tempfile::Builder::new()
            .prefix("orchestrator-chaos-")
            .tempdir_in("/tmp")
            .unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let outside = Outside::start(tally.clone()).await;
        let postgres = OwnPostgres::start(&folder.path().join("postgres")).await;
        let redis = OwnRedis::start(&folder.path().join("redis")).await;
        let mut fleet = Self {
            members: Vec::new(),
            postgres,
            redis,
            outside,
            tally: tally.clone(),
            supervisor: None,
            folder,
        };
        for roles in roles {
            let member = fleet.prepare(*roles).await;
            fleet.members.push(member);
        }
        // All at once: they race for the migrations too.
        for member in &fleet.members {
            member.start();
        }
        fleet.supervisor = Some(tokio::spawn(supervise(fleet.members.clone(), tally.clone())));
        fleet.all_ready(PATIENCE).await;
        fleet
    }

    /// Everything of a further process but the process itself.
    async fn prepare(&self, roles: Roles) -> Arc<Member> {
        let name = format!("{}{}", roles.name().replace(',', "-"), self.members.len() + 1);
        let member = Member::prepare(
            self.folder.path(),
            &name,
            roles,
            &self.postgres,
            &self.redis,
            &self.outside,
        )
        .await;
        let weak: Weak<Member> = Arc::downgrade(&member);
        let kill = move || weak.upgrade().into_iter().for_each(|member| member.kill());
        self.outside.introduce(&name, Arc::new(kill));
        member
    }

    pub fn apis(&self) -> Vec<Arc<Member>> {
        self.all_but(Roles::Worker)
    }

    pub fn workers(&self) -> Vec<Arc<Member>> {
        self.all_but(Roles::Api)
    }

    fn all_but(&self, roles: Roles) -> Vec<Arc<Member>> {
        self.members
            .iter()
            .filter(|member| member.roles != roles)
            .cloned()
            .collect()
    }

    /// Waits until every process answers that it is ready.
    pub async fn all_ready(&self, patience: Duration) {
        let deadline = tokio::time::Instant::now() + patience;
        for member in &self.members {
            while !member.is_ready().await {
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "{} does not get ready; its log ends:\n{}",
                    member.name,
                    member.log_tail(30)
                );
                tokio::time::sleep(ROUND).await;
            }
        }
    }

    /// Ends every disturbance: proxies pass, traps are gone, the frozen go on, servers are up.
    pub async fn heal(&self) {
        self.outside.disarm();
        self.postgres.ensure_up().await;
        self.redis.ensure_up().await;
        for member in &self.members {
            member.heal();
        }
    }

    /// Keeps the logs of a run that went wrong, and says where.
    fn keep_logs(&self) {
        let kept = std::env::temp_dir().join(format!("chaos-logs-{}", uuid::Uuid::now_v7().simple()));
        let _ = std::fs::create_dir_all(&kept);
        for member in &self.members {
            let _ = std::fs::copy(member.log_path(), kept.join(format!("{}.log", member.name)));
        }
        println!("the logs of the processes are in {}", kept.display());
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_logs();
        }
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.abort();
        }
        for member in &self.members {
            member.retire();
        }
    }
}

/// Starts again whatever has ended, a moment later.
async fn supervise(members: Vec<Arc<Member>>, tally: Tally) {
    loop {
        tokio::time::sleep(ROUND).await;
        for member in &members {
            if let Some(ended) = member.ended() {
                tally.count(format!("process end: {ended}"));
                let (member, pause) = (Arc::clone(member), rand::random_range(50..600));
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    member.start();
                });
            }
        }
    }
}
