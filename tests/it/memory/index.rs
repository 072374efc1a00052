//! What the index answers and what it refuses, and many users at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agent_orchestrator::memory::index::{
    Change, CollectionKey, Hit, IndexError, IndexSettings, MemoryIndex, cpu_is_able, simd,
};
use tempfile::TempDir;
use uuid::Uuid;

/// Not a multiple of any SIMD width, so kernels and their tails both run.
pub(super) const DIMENSION: usize = 19;

pub(super) fn settings(directory: Option<&TempDir>) -> IndexSettings {
    IndexSettings {
        directory: directory.map(|directory| directory.path().to_owned()),
        dimension: DIMENSION,
        embedder_id: "test/embedder-v1".to_owned(),
        max_open_collections: 8,
        save_after_changes: 1_000_000,
    }
}

pub(super) fn open(settings: IndexSettings) -> MemoryIndex {
    MemoryIndex::new(settings).unwrap()
}

pub(super) fn key(user: &str) -> CollectionKey {
    CollectionKey {
        tenant: "acme".to_owned(),
        user: user.to_owned(),
        namespace: "default".to_owned(),
    }
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn put(number: u128, vector: Vec<f32>) -> Change {
    Change::Put {
        id: id(number),
        vector,
    }
}

/// A vector along one axis.
pub(super) fn axis(at: usize) -> Vec<f32> {
    (0..DIMENSION)
        .map(|part| if part == at { 1.0 } else { 0.0 })
        .collect()
}

fn numbers(hits: &[Hit]) -> Vec<u128> {
    hits.iter().map(|hit| hit.id.as_u128()).collect()
}

#[test]
fn simd_is_compiled_in() {
    assert!(cpu_is_able(), "these tests need AVX2, FMA, F16C and POPCNT");
    let allowed: &[&str] = if cfg!(target_arch = "x86_64") {
        &["AVX2", "AVX512"]
    } else {
        &["NEON", "SVE"]
    };
    assert!(
        allowed.contains(&simd()),
        "FAISS was built for {}; see .cargo/config.toml",
        simd()
    );
}

#[tokio::test]
async fn filters_apply_before_ranking() {
    let index = open(settings(None));
    // 1 to 50 are all nearer to the query than 51 and 52.
    let mut changes: Vec<Change> = (1..=50).map(|number| put(number, axis(0))).collect();
    changes.push(put(51, axis(1).iter().map(|part| part * 0.5).collect()));
    changes.push(put(52, axis(1).iter().map(|part| part * 0.9).collect()));
    index.apply(&key("ann"), 0, changes, 52).await.unwrap();
    let query: Vec<f32> = axis(0)
        .iter()
        .zip(axis(1))
        .map(|(one, other)| one + other)
        .collect();

    let allowed = vec![id(51), id(999), id(52), id(51)];
    let found = index
        .search(&key("ann"), query.clone(), 10, Some(allowed))
        .await
        .unwrap();
    assert_eq!(numbers(&found.hits), [52, 51]);
    assert_eq!((found.scanned, found.exhaustive), (2, true));

    let none = index
        .search(&key("ann"), query.clone(), 10, Some(Vec::new()))
        .await
        .unwrap();
    assert_eq!((none.hits.len(), none.scanned, none.exhaustive), (0, 0, true));
    let other = index.search(&key("bob"), query, 10, None).await.unwrap();
    assert_eq!((other.hits.len(), other.position), (0, 0));
}

#[tokio::test]
async fn collections_with_the_same_letters_are_apart() {
    let index = open(settings(None));
    let of = |tenant: &str, user: &str| CollectionKey {
        tenant: tenant.to_owned(),
        user: user.to_owned(),
        namespace: String::new(),
    };
    index
        .apply(&of("ab", "c"), 0, vec![put(1, axis(0))], 1)
        .await
        .unwrap();
    assert_eq!(index.applied_position(&of("a", "bc")).await, 0);
    assert_eq!(index.applied_position(&of("ab", "c")).await, 1);
}

#[tokio::test]
async fn k_is_capped_and_may_be_zero() {
    let index = open(settings(None));
    let empty = index.search(&key("ann"), axis(0), 5, None).await.unwrap();
    assert_eq!((empty.hits.len(), empty.scanned, empty.exhaustive), (0, 0, true));
    index
        .apply(&key("ann"), 0, vec![put(1, axis(0)), put(2, axis(1))], 2)
        .await
        .unwrap();
    for (k, expected) in [
        (0, vec![]),
        (1, vec![2]),
        (2, vec![2, 1]),
        (3, vec![2, 1]),
        (usize::MAX, vec![2, 1]),
    ] {
        let found = index.search(&key("ann"), axis(1), k, None).await.unwrap();
        assert_eq!(numbers(&found.hits), expected, "k = {k}");
    }
}

/// FAISS alone keeps whichever of the equal scores it meets first.
#[tokio::test]
async fn equal_scores_come_by_id_even_at_the_cut() {
    let index = open(settings(None));
    for (at, number) in (1..=300).rev().enumerate() {
        let at = at as i64;
        index
            .apply(&key("ann"), at, vec![put(number, axis(0))], at + 1)
            .await
            .unwrap();
    }
    index
        .apply(
            &key("ann"),
            300,
            vec![put(301, axis(0).iter().map(|part| part * 2.0).collect())],
            301,
        )
        .await
        .unwrap();
    let found = index.search(&key("ann"), axis(0), 4, None).await.unwrap();
    assert_eq!(numbers(&found.hits), [301, 1, 2, 3]);
    let odd = (1..=300).filter(|number| number % 2 == 1).map(id).collect();
    let found = index.search(&key("ann"), axis(0), 3, Some(odd)).await.unwrap();
    assert_eq!(numbers(&found.hits), [1, 3, 5]);
}

#[tokio::test]
async fn refuses_vectors_faiss_must_not_see() {
    let index = open(settings(None));
    let with = |value: f32| {
        let mut vector = axis(0);
        vector[DIMENSION - 1] = value;
        vector
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e20] {
        let changes = vec![put(1, axis(0)), put(2, with(value))];
        let refused = index.apply(&key("ann"), 0, changes, 2).await;
        assert!(
            matches!(refused, Err(IndexError::NotFinite)),
            "{value}: {refused:?}"
        );
        let refused = index.search(&key("ann"), with(value), 1, None).await;
        assert!(
            matches!(refused, Err(IndexError::NotFinite)),
            "{value}: {refused:?}"
        );
    }
    for vector in [Vec::new(), vec![1.0; DIMENSION - 1], vec![1.0; DIMENSION * 2]] {
        let refused = index
            .apply(&key("ann"), 0, vec![put(1, axis(0)), put(2, vector.clone())], 2)
            .await;
        assert!(
            matches!(
                refused,
                Err(IndexError::WrongDimension {
                    expected: DIMENSION,
                    ..
                })
            ),
            "{refused:?}"
        );
        let refused = index.search(&key("ann"), vector, 1, None).await;
        assert!(
            matches!(
                refused,
                Err(IndexError::WrongDimension {
                    expected: DIMENSION,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    let found = index.search(&key("ann"), axis(0), 1, None).await.unwrap();
    assert_eq!(
        (found.hits.len(), found.position),
        (0, 0),
        "a refused batch stores nothing"
    );
    for dimension in [0, 65_537] {
        let refused = MemoryIndex::new(IndexSettings {
            dimension,
            ..settings(None)
        });
        assert!(matches!(refused, Err(IndexError::DimensionOutOfRange(_))));
    }
}

#[tokio::test]
async fn positions_never_go_back_and_never_jump() {
    let (index, key) = (open(settings(None)), key("ann"));
    index.apply(&key, 0, vec![put(1, axis(0))], 10).await.unwrap();
    let gap = index.apply(&key, 11, vec![put(2, axis(1))], 12).await;
    assert!(
        matches!(
            gap,
            Err(IndexError::Gap {
                after: 11,
                applied: 10
            })
        ),
        "{gap:?}"
    );

    // An old batch that comes late changes nothing, not even with other content.
    index
        .apply(&key, 0, vec![put(1, axis(5)), put(3, axis(5))], 10)
        .await
        .unwrap();
    let found = index.search(&key, axis(0), 5, None).await.unwrap();
    assert_eq!(
        (found.hits.as_slice(), found.position),
        (
            &[Hit {
                id: id(1),
                score: 1.0
            }][..],
            10
        )
    );

    // One that overlaps ends where its last change is; within a batch the last word on an id counts.
    let changes = vec![
        put(1, axis(0)),
        put(2, axis(1)),
        put(2, axis(2)),
        put(4, axis(3)),
        Change::Remove { id: id(4) },
        Change::Remove { id: id(77) },
    ];
    index.apply(&key, 5, changes, 20).await.unwrap();
    let found = index.search(&key, axis(2), 5, None).await.unwrap();
    assert_eq!((numbers(&found.hits), found.position), (vec![2, 1], 20));
}

/// Collection n holds memories 1 to n at position n, so a search can tell whether it saw a torn state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_run_beside_a_writer() {
    let directory = TempDir::new().unwrap();
    let index = open(IndexSettings {
        save_after_changes: 25,
        ..settings(Some(&directory))
    });
    let done = Arc::new(AtomicBool::new(false));
    let searchers: Vec<_> = (0..6)
        .map(|_| {
            let (index, done) = (index.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let (mut last, mut searches) = (0, 0_u32);
                while !done.load(Ordering::Relaxed) || searches == 0 {
                    let found = index.search(&key("ann"), axis(3), 1_000, None).await.unwrap();
                    let mut seen = numbers(&found.hits);
                    seen.sort_unstable();
                    assert_eq!(seen, (1..=found.position as u128).collect::<Vec<_>>());
                    assert!(
                        found.position >= last,
                        "went back from {last} to {}",
                        found.position
                    );
                    (last, searches) = (found.position, searches + 1);
                }
            })
        })
        .collect();
    for position in 1..=300 {
        let change = put(position as u128, axis(position as usize % DIMENSION));
        index
            .apply(&key("ann"), position - 1, vec![change], position)
            .await
            .unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for searcher in searchers {
        searcher.await.unwrap();
    }
    assert_eq!(
        open(settings(Some(&directory)))
            .applied_position(&key("ann"))
            .await,
        300
    );
}
