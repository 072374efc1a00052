//! What may be done to the store, and how often each of it is tried.

use proptest::prelude::*;

/// Users that tasks belong to, in the order in which claims go around them.
pub(super) const USERS: [&str; 3] = ["ada", "bob", "cy"];

/// Names of the workers.
pub(super) const WORKERS: [&str; 3] = ["w0", "w1", "w2"];

/// Tasks of one case at most.
pub(super) const MOST_TASKS: usize = 5;

/// Plans: which steps there are, and what each waits for.
pub(super) const PLANS: [&[(&str, &[&str])]; 5] = [
    &[("a", &[])],
    &[("a", &[]), ("b", &[])],
    &[("a", &[]), ("b", &["a"])],
    &[("a", &[]), ("b", &[]), ("c", &["a", "b"])],
    &[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])],
];

/// One of the claims that were ever given: `at` counts through those that hold, or through those that no longer do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) at: usize,
    pub(super) stale: bool,
}

/// A request for steps.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) worker: usize,
    pub(super) limit: usize,
    /// If not, only what is freed in the same call is taken.
    pub(super) from_queue: bool,
    pub(super) after: Option<usize>,
    pub(super) except: Option<usize>,
    /// Whether the lease is over as soon as it begins.
    pub(super) no_lease: bool,
}

/// When a failed step is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    AtOnce,
    /// In an hour: not within a case.
    Later,
}

/// One operation. Numbers of tasks, claims and plans are taken modulo what there is.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Submit {
        user: usize,
        priority: i32,
        budget: Option<i64>,
        max_attempts: i32,
    },
    Claim(Ask),
    /// Steps that ended well, with a claim in the same call.
    Settle {
        who: Vec<Who>,
        plan: usize,
        ask: Option<Ask>,
    },
    Complete {
        who: Who,
        plan: usize,
    },
    Fail {
        who: Who,
        again: Again,
        replayable: bool,
    },
    Release {
        who: Who,
    },
    Park {
        who: Who,
        needed: Option<i64>,
    },
    /// A worker stopped a step of a cancelled task.
    Stopped {
        who: Who,
    },
    Heartbeat {
        who: Vec<Who>,
        no_lease: bool,
    },
    /// The lease of a claim runs out; its worker sleeps on.
    Expire {
        who: Who,
    },
    /// A worker dies, and the leases of all it held run out.
    Crash {
        worker: usize,
    },
    Rescue,
    Cancel {
        task: usize,
    },
    Retry {
        task: usize,
    },
    Raise {
        task: usize,
        by: i64,
    },
    Reserve {
        who: Who,
        worst_case: Option<i64>,
    },
    Answer {
        who: Who,
        cost: Option<i64>,
    },
    Refuse {
        who: Who,
    },
    Pay {
        who: Who,
        cost: Option<i64>,
    },
}

fn who() -> impl Strategy<Value = Who> {
    (0..60_usize, prop::bool::weighted(0.2)).prop_map(|(at, stale)| Who { at, stale })
}

fn ask() -> impl Strategy<Value = Ask> {
    let one_user = || prop::option::weighted(0.3, 0..USERS.len());
    (
        0..WORKERS.len(),
        1..5_usize,
        prop::bool::weighted(0.9),
        one_user(),
        one_user(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(worker, limit, from_queue, after, except, no_lease)| Ask {
            worker,
            limit,
            from_queue,
            after,
            except,
            no_lease,
        })
}

fn again() -> impl Strategy<Value = Again> {
    prop_oneof![1 => Just(Again::Never), 4 => Just(Again::AtOnce), 1 => Just(Again::Later)]
}

/// An amount of money or, now and then, an unknown one.
fn amount() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![1 => Just(None), 1 => Just(Some(0)), 4 => (1..60_i64).prop_map(Some)]
}

fn one() -> impl Strategy<Value = Operation> {
    use Operation as Op;
    let task = || 0..60_usize;
    prop_oneof![
        4 => (0..USERS.len(), -1..2, prop::option::of(40..200_i64), 1..4)
            .prop_map(|(user, priority, budget, max_attempts)| Op::Submit { user, priority, budget, max_attempts }),
        12 => ask().prop_map(Op::Claim),
        10 => (prop::collection::vec(who(), 0..4), 0..60_usize, prop::option::weighted(0.8, ask()))
            .prop_map(|(who, plan, ask)| Op::Settle { who, plan, ask }),
        5 => (who(), 0..60_usize).prop_map(|(who, plan)| Op::Complete { who, plan }),
        4 => (who(), again(), any::<bool>())
            .prop_map(|(who, again, replayable)| Op::Fail { who, again, replayable }),
        2 => who().prop_map(|who| Op::Release { who }),
        3 => (who(), prop::option::of(1..90_i64)).prop_map(|(who, needed)| Op::Park { who, needed }),
        8 => who().prop_map(|who| Op::Stopped { who }),
        3 => (prop::collection::vec(who(), 1..4), prop::bool::weighted(0.2))
            .prop_map(|(who, no_lease)| Op::Heartbeat { who, no_lease }),
        3 => who().prop_map(|who| Op::Expire { who }),
        1 => (0..WORKERS.len()).prop_map(|worker| Op::Crash { worker }),
        4 => Just(Op::Rescue),
        4 => task().prop_map(|task| Op::Cancel { task }),
        5 => task().prop_map(|task| Op::Retry { task }),
        2 => (task(), -20..120_i64).prop_map(|(task, by)| Op::Raise { task, by }),
        6 => (who(), amount()).prop_map(|(who, worst_case)| Op::Reserve { who, worst_case }),
        4 => (who(), amount()).prop_map(|(who, cost)| Op::Answer { who, cost }),
        2 => who().prop_map(|who| Op::Refuse { who }),
        2 => (who(), amount()).prop_map(|(who, cost)| Op::Pay { who, cost }),
    ]
}

/// A whole case. It begins with something to do, in hands.
pub(super) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let submit = |(user, budget)| Operation::Submit {
        user,
        priority: 0,
        budget,
        max_attempts: 2,
    };
    let claim = Operation::Claim(Ask {
        worker: 0,
        limit: 2,
        from_queue: true,
        after: None,
        except: None,
        no_lease: false,
    });
    prop::collection::vec(one(), 1..100).prop_map(move |operations| {
        let begun = [(0, Some(100)), (1, None)].map(submit).into_iter();
        begun.chain([claim.clone()]).chain(operations).collect()
    })
}
