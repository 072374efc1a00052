//! The index against brute force, over random histories.

use std::collections::BTreeMap;

use agent_orchestrator::memory::index::{Change, Hit};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::index::{DIMENSION, id, key, open, settings};

/// Small whole numbers: every inner product is exact in any order of summation, and equal scores are common.
fn whole_vector() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec((-2_i8..=2).prop_map(f32::from), DIMENSION)
}

#[derive(Clone, Debug)]
enum Step {
    Change(Change),
    Search {
        query: Vec<f32>,
        k: usize,
        allowed: Option<Vec<Uuid>>,
    },
    Save,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let some_id = || (1_u128..16).prop_map(id);
    prop_oneof![
        6 => (some_id(), whole_vector()).prop_map(|(id, vector)| Step::Change(Change::Put { id, vector })),
        2 => some_id().prop_map(|id| Step::Change(Change::Remove { id })),
        4 => (whole_vector(), 0_usize..18, proptest::option::of(proptest::collection::vec(some_id(), 0..10)))
            .prop_map(|(query, k, allowed)| Step::Search { query, k, allowed }),
        1 => Just(Step::Save),
        1 => Just(Step::Reopen),
    ]
}

fn brute_force(
    rows: &BTreeMap<Uuid, Vec<f32>>,
    query: &[f32],
    k: usize,
    allowed: Option<&[Uuid]>,
) -> (Vec<Hit>, usize) {
    let mut hits: Vec<Hit> = rows
        .iter()
        .filter(|(id, _)| allowed.is_none_or(|allowed| allowed.contains(id)))
        .map(|(&id, row)| Hit {
            id,
            score: row.iter().zip(query).map(|(one, other)| one * other).sum(),
        })
        .collect();
    let candidates = hits.len();
    hits.sort_by(|one, other| {
        other
            .score
            .partial_cmp(&one.score)
            .unwrap()
            .then(one.id.cmp(&other.id))
    });
    hits.truncate(k);
    (hits, if k == 0 { 0 } else { candidates })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The log stands for the database: position n is its n-th change.
    #[test]
    fn agrees_with_brute_force(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let directory = TempDir::new().unwrap();
            let mut index = open(settings(Some(&directory)));
            let (key, mut log, mut rows, mut saved) = (key("ann"), Vec::new(), BTreeMap::new(), 0);
            for step in steps {
                match step {
                    Step::Change(change) => {
                        match &change {
                            Change::Put { id, vector } => rows.insert(*id, vector.clone()),
                            Change::Remove { id } => rows.remove(id),
                        };
                        log.push(change.clone());
                        let position = log.len() as i64;
                        index.apply(&key, position - 1, vec![change], position).await.unwrap();
                    }
                    Step::Search { query, k, allowed } => {
                        let (hits, scanned) = brute_force(&rows, &query, k, allowed.as_deref());
                        let found = index.search(&key, query, k, allowed).await.unwrap();
                        prop_assert_eq!(found.hits, hits);
                        prop_assert_eq!(found.scanned, scanned);
                        prop_assert!(found.exhaustive);
                        prop_assert_eq!(found.position, log.len() as i64);
                    }
                    Step::Save => {
                        index.save_all().await.unwrap();
                        saved = log.len();
                    }
                    Step::Reopen => {
                        index = open(settings(Some(&directory)));
                        let applied = index.applied_position(&key).await;
                        prop_assert_eq!(applied, saved as i64);
                        let missed = log[saved..].to_vec();
                        index.apply(&key, applied, missed, log.len() as i64).await.unwrap();
                    }
                }
            }
            Ok(())
        })?;
    }
}
