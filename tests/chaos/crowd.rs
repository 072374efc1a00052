//! The tasks of a run as they come, each with those who watch it and, for some, somebody who cancels it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    fleet::Fleet,
    load::{Accepted, Api, PlannedTask, Retries, submit},
    subscribers::{Follower, FollowerLog, ReaderLog, read_steps},
    tally::Tally,
};

/// How long watchers may take to hear that their tasks have ended.
const HEARING: Duration = Duration::from_secs(30);

/// Tasks and their watchers, as they come.
pub struct Crowd {
    pub api: Api,
    pub retries: Retries,
    tally: Tally,
    stop_watching: CancellationToken,
    followers: Mutex<JoinSet<FollowerLog>>,
    readers: Mutex<JoinSet<Vec<ReaderLog>>>,
}

/// What the watchers saw.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    pub followers: Vec<FollowerLog>,
    pub readers: Vec<ReaderLog>,
}

impl Crowd {
    pub fn of(fleet: &Fleet) -> Arc<Self> {
        let urls = fleet.apis().iter().map(|api| api.url()).collect();
        Arc::new(Self {
            api: Api::new(urls, fleet.tally.clone()),
            tally: fleet.tally.clone(),
            stop_watching: CancellationToken::new(),
            followers: Mutex::default(),
            readers: Mutex::default(),
            retries: Retries::default(),
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

    /// Two watchers: one that keeps its own place, and one whose place the database keeps; and a reader of each step.
    fn watch(&self, task: &str, number: usize) {
        let mut followers = self.followers.lock().unwrap();
        for (name, is_consumer) in [("plain", false), ("named", true)] {
            let name = format!("{name}-{number}");
            let ends = self.retries.of(task);
            let follower = Follower::new(&self.api, task, &name, is_consumer, ends, &self.tally);
            followers.spawn(follower.follow(self.stop_watching.clone()));
        }
        let (api, tally, ends) = (self.api.clone(), self.tally.clone(), self.retries.of(task));
        let reading = read_steps(api, tally, task.to_owned(), ends, self.stop_watching.clone());
        self.readers.lock().unwrap().spawn(reading);
    }

    /// What the watchers saw, once all of them were told of the end, or have waited long enough. No task is tried again
    /// from here on.
    pub async fn leave(&self) -> Watched {
        self.retries.are_over();
        let followers = std::mem::take(&mut *self.followers.lock().unwrap());
        let readers = std::mem::take(&mut *self.readers.lock().unwrap());
        let stop = self.stop_watching.clone();
        let patience = tokio::spawn(async move {
            tokio::time::sleep(HEARING).await;
            stop.cancel();
        });
        let (followers, readers) = tokio::join!(followers.join_all(), readers.join_all());
        patience.abort();
        Watched {
            followers,
            readers: readers.into_iter().flatten().collect(),
        }
    }
}
