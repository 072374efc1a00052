//! The store against a model of it: random operations are done to both, and after each one every row must be what the
//! model says.
//!
//! `MODEL_CASES` runs more cases, `MODEL_SEED` the same ones again; both are printed. A failing case is made smaller
//! and printed with its operations. To try something new: a variant of [`operation::Operation`], what it does to the
//! store in [`world`] and its neighbours, and what it means in [`rules`].

mod batch;
mod claims;
mod compare;
mod leases;
mod operation;
mod people;
mod reference;
mod rules;
mod work;
mod world;

use std::{collections::BTreeMap, env, sync::Mutex};

use agent_orchestrator::store::Store;
use entity::{
    attempt, event, ledger_entry, llm_call, message, plan, step, step_dependency, step_output, task,
};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sea_orm::{DatabaseConnection, EntityTrait};

use self::{
    operation::{Operation, operations},
    world::World,
};
use super::without_worker;
use crate::support::both_stacks;

/// Cases of one run, unless told otherwise.
const CASES: u32 = 48;

/// Fails the case, with a reason, unless it is so.
macro_rules! must {
    ($so:expr, $($why:tt)+) => {
        if !$so {
            return Err(format!($($why)+));
        }
    };
}
use must;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a whole number, not {text:?}")),
    )
}

/// Leaves nothing of the last case.
async fn clear(db: &DatabaseConnection) {
    macro_rules! clear {
        ($($entity:ident),*) => { $($entity::Entity::delete_many().exec(db).await.unwrap();)* };
    }
    clear!(
        event,
        ledger_entry,
        llm_call,
        message,
        step_output,
        step_dependency,
        attempt,
        step,
        plan,
        task
    );
}

async fn case(store: Store, db: DatabaseConnection, operations: &[Operation]) -> Result<World, String> {
    clear(&db).await;
    let mut world = World::new(store, db);
    for (at, operation) in operations.iter().enumerate() {
        let told = |why: String| format!("operation {at}, {operation:?}: {why}");
        world.apply(operation).await.map_err(told)?;
        world.compare().await.map_err(told)?;
    }
    Ok(world)
}

both_stacks! {
    async fn whatever_is_done_the_store_does_what_the_model_does(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        let db = app.connection().await;
        let seed = number("MODEL_SEED").unwrap_or_else(rand::random);
        let cases = number("MODEL_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
        eprintln!("MODEL_SEED={seed} MODEL_CASES={cases}");
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: 3_000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let tally: Mutex<BTreeMap<&'static str, usize>> = Mutex::default();
        let runtime = tokio::runtime::Handle::current();
        let result = tokio::task::block_in_place(|| {
            runner.run(&operations(), |operations| {
                let world = runtime.block_on(case(store.clone(), db.clone(), &operations));
                let world = world.map_err(TestCaseError::fail)?;
                for (what, count) in world.tally {
                    *tally.lock().unwrap().entry(what).or_default() += count;
                }
                Ok(())
            })
        });
        let tally = tally.into_inner().unwrap();
        eprintln!("{tally:?}");
        if let Err(TestError::Fail(why, operations)) = &result {
            let lines: Vec<String> = operations.iter().map(|operation| format!("{operation:?}")).collect();
            panic!("MODEL_SEED={seed}: {why}\n{}", lines.join("\n"));
        }
        result.unwrap();
        for what in ["claimed", "completed", "failed", "fenced", "parked", "rescued", "retried", "stopped"] {
            assert!(tally.get(what).is_some_and(|count| *count > 0), "nothing was {what}: {tally:?}");
        }
    }
}
