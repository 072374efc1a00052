//! Which steps a claim must bring: so many of each owner, the most urgent of each, and nothing that is not free.

use std::collections::{BTreeMap, HashSet};

use agent_orchestrator::store::steps::Settled;

use super::{
    must,
    operation::Ask,
    reference::{Place, Reference},
    world::owner,
};

pub(super) struct Expected<'a> {
    queue: &'a [Place],
    freed: &'a [Place],
    /// Steps of the queue, by user.
    shares: BTreeMap<usize, usize>,
    /// How many of those freed in the same call go on at once.
    handed_on: usize,
    exhausted: bool,
    /// The user the last round came to last.
    served: Option<usize>,
}

/// Goes around the users until nothing is left or `limit` are taken; says which user it came to last.
fn go_around(
    ready: &mut BTreeMap<usize, usize>,
    limit: usize,
    from: usize,
    shares: &mut BTreeMap<usize, usize>,
) -> Option<usize> {
    let mut left = limit;
    let mut last = None;
    while left > 0 && ready.range(from..).any(|(_, count)| *count > 0) {
        for (user, count) in ready.range_mut(from..) {
            if *count > 0 && left > 0 {
                *count -= 1;
                left -= 1;
                *shares.entry(*user).or_default() += 1;
                last = last.max(Some(*user));
            }
        }
    }
    last
}

impl<'a> Expected<'a> {
    pub(super) fn new(reference: &Reference, ask: &Ask, queue: &'a [Place], freed: &'a [Place]) -> Self {
        let mut ready: BTreeMap<usize, usize> = BTreeMap::new();
        for place in queue {
            let user = reference.tasks[place.task].user;
            if ask.from_queue && ask.except != Some(user) {
                *ready.entry(user).or_default() += 1;
            }
        }
        let mut shares = BTreeMap::new();
        // The rest of a round that has begun, then a new one.
        let rest = go_around(
            &mut ready,
            ask.limit,
            ask.after.map_or(0, |user| user + 1),
            &mut shares,
        );
        let taken: usize = shares.values().sum();
        let anew = go_around(&mut ready, ask.limit - taken, 0, &mut shares);
        let room = ask.limit - shares.values().sum::<usize>();
        Self {
            queue,
            freed,
            shares,
            handed_on: if ask.except.is_none() {
                room.min(freed.len())
            } else {
                0
            },
            exhausted: room > 0,
            served: anew.or(rest),
        }
    }

    pub(super) fn check(
        &self,
        reference: &Reference,
        taken: &[Place],
        settled: &Settled,
    ) -> Result<(), String> {
        let once: HashSet<&Place> = taken.iter().collect();
        must!(once.len() == taken.len(), "claimed twice: {taken:?}");
        let of_queue: Vec<Place> = taken
            .iter()
            .filter(|place| self.queue.contains(place))
            .copied()
            .collect();
        let handed_on = taken.iter().filter(|place| self.freed.contains(place)).count();
        must!(
            of_queue.len() + handed_on == taken.len(),
            "not free: {taken:?} of {:?}",
            self.queue
        );
        must!(
            handed_on == self.handed_on,
            "{handed_on} handed on, not {}",
            self.handed_on
        );
        let mut shares = BTreeMap::new();
        for place in &of_queue {
            *shares.entry(reference.tasks[place.task].user).or_default() += 1;
        }
        must!(shares == self.shares, "by user {shares:?}, not {:?}", self.shares);
        for left in self.queue.iter().filter(|place| !of_queue.contains(place)) {
            let urgent = |place: &Place| {
                (
                    reference.tasks[place.task].user,
                    reference.tasks[place.task].priority,
                )
            };
            let (user, priority) = urgent(left);
            let later = of_queue
                .iter()
                .map(urgent)
                .find(|(other, of)| *other == user && *of < priority);
            must!(
                later.is_none(),
                "{left:?} is more urgent than what was taken: {of_queue:?}"
            );
        }
        must!(
            settled.exhausted == self.exhausted,
            "exhausted: {}",
            settled.exhausted
        );
        let last = self.served.map(owner);
        must!(settled.served == last, "served last: {:?}", settled.served);
        Ok(())
    }
}
