//! What goes wrong. To add a fault: a variant, its weight in [`Fault::WEIGHTS`], its name, and its arm in
//! [`Fault::inflict`], which returns when it is over.

mod connections;
pub mod processes;
mod servers;

use std::{sync::Arc, time::Duration};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use crate::fleet::{Fleet, Member};

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of a worker, whatever it does.
    KillWorker,
    /// The same of an API.
    KillApi,
    /// `kill -9` of any process at a commit: before it, after it, after its answer.
    KillAtCommit,
    /// `kill -9` of a worker at a call of a model or a tool: before its effect, before its answer, after it.
    KillAtCall,
    /// A connection cut after the database committed and before it could say so.
    CutAtCommit,
    /// SIGSTOP past the lease, then SIGCONT: a worker that believes to own what it lost.
    FreezeWorker,
    /// SIGSTOP of an API for a moment.
    FreezeApi,
    /// SIGTERM of one process after the other, as an upgrade does it.
    RollingRestart,
    /// Postgres ends at once, without a checkpoint, and comes back.
    CrashPostgres,
    KillRedis,
    FlushRedis,
    /// Redis takes what it is sent and answers nothing.
    BlackholeRedis,
    /// The same of the database, for one process.
    BlackholePostgres,
    /// All connections of a process to the database cut.
    CutPostgres,
    CutRedis,
    /// Every message of a process to and from the database late.
    DelayPostgres,
}

impl Fault {
    /// How often each is drawn.
    const WEIGHTS: [(Self, u32); 16] = [
        (Self::KillWorker, 4),
        (Self::KillApi, 2),
        (Self::KillAtCommit, 6),
        (Self::KillAtCall, 6),
        (Self::CutAtCommit, 4),
        (Self::FreezeWorker, 3),
        (Self::FreezeApi, 1),
        (Self::RollingRestart, 1),
        (Self::CrashPostgres, 2),
        (Self::KillRedis, 2),
        (Self::FlushRedis, 1),
        (Self::BlackholeRedis, 2),
        (Self::BlackholePostgres, 1),
        (Self::CutPostgres, 2),
        (Self::CutRedis, 1),
        (Self::DelayPostgres, 2),
    ];

    pub fn draw(random: &mut StdRng) -> Self {
        Self::WEIGHTS
            .choose_weighted(random, |(_, weight)| *weight)
            .unwrap()
            .0
    }

    fn name(self) -> &'static str {
        match self {
            Self::KillWorker => "worker killed",
            Self::KillApi => "API killed",
            Self::KillAtCommit => "kill at a commit armed",
            Self::KillAtCall => "kill at a call armed",
            Self::CutAtCommit => "cut at a commit armed",
            Self::FreezeWorker => "worker frozen past its lease",
            Self::FreezeApi => "API frozen",
            Self::RollingRestart => "rolling restart",
            Self::CrashPostgres => "Postgres crashed",
            Self::KillRedis => "Redis killed",
            Self::FlushRedis => "Redis flushed",
            Self::BlackholeRedis => "Redis blackholed",
            Self::BlackholePostgres => "Postgres blackholed",
            Self::CutPostgres => "connections to Postgres cut",
            Self::CutRedis => "connections to Redis cut",
            Self::DelayPostgres => "Postgres delayed",
        }
    }

    pub async fn inflict(self, fleet: Arc<Fleet>, mut random: StdRng) {
        fleet.tally.count(format!("fault: {}", self.name()));
        let random = &mut random;
        match self {
            Self::KillWorker => processes::kill(&one_of(&fleet.workers(), random)),
            Self::KillApi => processes::kill(&one_of(&fleet.apis(), random)),
            Self::KillAtCommit => connections::kill_at_commit(&fleet, random),
            Self::KillAtCall => processes::kill_at_call(&fleet, random),
            Self::CutAtCommit => connections::cut_at_commit(&fleet, random),
            Self::FreezeWorker => {
                let past = processes::past_the_lease(random);
                processes::freeze(&one_of(&fleet.workers(), random), past).await;
            }
            Self::FreezeApi => {
                processes::freeze(&one_of(&fleet.apis(), random), seconds(0.5..2.5, random)).await;
            }
            Self::RollingRestart => processes::restart_in_turn(&fleet).await,
            Self::CrashPostgres => fleet.postgres.crash().await,
            Self::KillRedis => servers::kill_redis(&fleet, seconds(0.2..3.0, random)).await,
            Self::FlushRedis => fleet.redis.flush().await,
            Self::BlackholeRedis => servers::blackhole_redis(&fleet, seconds(0.5..3.0, random)).await,
            Self::BlackholePostgres => {
                let span = seconds(0.5..4.5, random);
                connections::blackhole_postgres(&one_of(&fleet.members, random), span).await;
            }
            Self::CutPostgres => one_of(&fleet.members, random).postgres.cut(),
            Self::CutRedis => one_of(&fleet.members, random).redis.cut(),
            Self::DelayPostgres => {
                let (delay, span) = (seconds(0.01..0.15, random), seconds(0.5..2.5, random));
                connections::delay_postgres(&one_of(&fleet.members, random), delay, span).await;
            }
        }
    }
}

fn one_of(members: &[Arc<Member>], random: &mut StdRng) -> Arc<Member> {
    Arc::clone(members.choose(random).expect("a fleet has members"))
}

fn seconds(range: std::ops::Range<f64>, random: &mut StdRng) -> Duration {
    Duration::from_secs_f64(random.random_range(range))
}
