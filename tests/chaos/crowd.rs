//! The tasks of a run as they come, each with those who watch it and, for some, somebody who cancels it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    fleet::Fleet,
    load::{Accepted, Api, PlannedTask, submit},
    subscribers::{Follower, FollowerLog},
    tally::Tally,
};

/// How long watchers may take to hear that their tasks have ended.
const HEARING: Duration = Duration::from_secs(30);

/// Tasks and their watchers, as they come.
pub struct Crowd {
    pub api: Api,
    tally: Tally,
    stop_watching: CancellationToken,
    followers: Mutex<JoinSet<FollowerLog>>,
}

impl Crowd {
    pub fn of(fleet: &Fleet) -> Arc<Self> {
        let urls = fleet.apis().iter().map(|api| api.url()).collect();
        Arc::new(Self {
            api: Api::new(urls, fleet.tally.clone()),
            tally: fleet.tally.clone(),
            stop_watching: CancellationToken::new(),
            followers: Mutex::default(),
        })
    }

    /// Sends every task at its time, each with its watchers and whoever cancels it.
    pub fn submit_all(self: &Arc<Self>, tasks: Vec<PlannedTask>) -> JoinSet<Accepted> {
        let mut submitted = JoinSet::new();
        for planned in tasks {
            let crowd = Arc::clone(self);
            submitted.spawn(async move {
                tokio::time::sleep(planned.at).await;
                let accepted = submit(&crowd.api, &planned).await;
                crowd.watch(&accepted.id, planned.number);
                accepted.cancel(&crowd.api, &crowd.tally).await;
                accepted
            });
        }
        submitted
    }

    /// Two watchers: one that keeps its own place, and one whose place the database keeps.
    fn watch(&self, task: &str, number: usize) {
        let mut followers = self.followers.lock().unwrap();
        for (name, is_consumer) in [("plain", false), ("named", true)] {
            let name = format!("{name}-{number}");
            let follower = Follower::new(&self.api, task, &name, is_consumer, &self.tally);
            followers.spawn(follower.follow(self.stop_watching.clone()));
        }
    }

    /// What the watchers saw, once all of them were told of the end, or have waited long enough.
    pub async fn leave(&self) -> Vec<FollowerLog> {
        let followers = std::mem::take(&mut *self.followers.lock().unwrap());
        let stop = self.stop_watching.clone();
        let patience = tokio::spawn(async move {
            tokio::time::sleep(HEARING).await;
            stop.cancel();
        });
        let logs = followers.join_all().await;
        patience.abort();
        logs
    }
}
