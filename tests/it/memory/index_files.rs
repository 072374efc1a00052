//! What becomes of the index when its files are damaged, foreign, gone or cannot be written.

use std::fs;
use std::path::{Path, PathBuf};

use agent_orchestrator::memory::index::{IndexError, IndexSettings, MemoryIndex};
use tempfile::TempDir;

use super::index::{DIMENSION, axis, id, key, open, put, settings};

/// Three memories of `user` at position 3, saved.
async fn saved(directory: &TempDir, user: &str) -> MemoryIndex {
    let index = open(settings(Some(directory)));
    let changes = vec![put(1, axis(0)), put(2, axis(1)), put(3, axis(2))];
    index.apply(&key(user), 0, changes, 3).await.unwrap();
    index.save_all().await.unwrap();
    index
}

/// The folder of the only collection there is.
fn folder(directory: &TempDir) -> PathBuf {
    let mut entries = fs::read_dir(directory.path()).unwrap();
    let path = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none(), "more than one collection");
    path
}

fn folders(directory: &TempDir) -> usize {
    fs::read_dir(directory.path()).unwrap().count()
}

async fn position(settings: IndexSettings) -> i64 {
    open(settings).applied_position(&key("ann")).await
}

/// Nothing is known, nothing is found, and the database can fill it again.
async fn assert_rebuilds(directory: &TempDir, what: &str) {
    let index = open(settings(Some(directory)));
    assert_eq!(index.applied_position(&key("ann")).await, 0, "{what}");
    let found = index.search(&key("ann"), axis(1), 3, None).await.unwrap();
    assert_eq!((found.hits.len(), found.position), (0, 0), "{what}");
    index
        .apply(&key("ann"), 0, vec![put(9, axis(1))], 9)
        .await
        .unwrap();
    index.save_all().await.unwrap();
    let again = open(settings(Some(directory)));
    let found = again.search(&key("ann"), axis(1), 3, None).await.unwrap();
    assert_eq!(
        (found.hits.len(), found.hits[0].id, found.position),
        (1, id(9), 9),
        "{what}"
    );
}

async fn with_damage(file: &str, what: &str, damage: impl FnOnce(&Path)) {
    let directory = TempDir::new().unwrap();
    saved(&directory, "ann").await;
    damage(&folder(&directory).join(file));
    assert_rebuilds(&directory, &format!("{file}: {what}")).await;
}

#[tokio::test]
async fn saved_files_are_used() {
    let directory = TempDir::new().unwrap();
    saved(&directory, "ann").await;
    let index = open(settings(Some(&directory)));
    assert_eq!(index.applied_position(&key("ann")).await, 3);
    let found = index.search(&key("ann"), axis(1), 1, None).await.unwrap();
    assert_eq!(
        (found.hits[0].id, found.hits[0].score, found.scanned),
        (id(2), 1.0, 3)
    );
    let name = folder(&directory)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert!(
        name.len() == 64 && name.chars().all(|char| char.is_ascii_hexdigit()),
        "{name}"
    );
}

#[tokio::test]
async fn any_flipped_bit_is_noticed() {
    let directory = TempDir::new().unwrap();
    saved(&directory, "ann").await;
    let folder = folder(&directory);
    let sound: Vec<(PathBuf, Vec<u8>)> = ["index.faiss", "ids.bin"]
        .map(|file| (folder.join(file), fs::read(folder.join(file)).unwrap()))
        .into();
    for (damaged, bytes) in &sound {
        for at in 0..bytes.len() {
            for (path, bytes) in &sound {
                fs::write(path, bytes).unwrap();
            }
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(damaged, bytes).unwrap();
            assert_eq!(
                position(settings(Some(&directory))).await,
                0,
                "{} at {at}",
                damaged.display()
            );
            assert!(!damaged.exists(), "damaged files are deleted");
        }
    }
}

#[tokio::test]
async fn damaged_files_are_rebuilt() {
    for file in ["index.faiss", "ids.bin"] {
        for length in [0, 1, 31, 32, 33, 60, 200] {
            with_damage(file, &format!("cut to {length}"), |path| {
                assert!(fs::metadata(path).unwrap().len() > length);
                fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .unwrap()
                    .set_len(length)
                    .unwrap();
            })
            .await;
        }
        with_damage(file, "one byte more", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes.push(b'\n');
            fs::write(path, bytes).unwrap();
        })
        .await;
        with_damage(file, "another file", |path| {
            fs::write(path, "not an index\n".repeat(40)).unwrap();
        })
        .await;
        with_damage(file, "gone", |path| fs::remove_file(path).unwrap()).await;
    }
}

/// What a crash between the two renames leaves behind.
#[tokio::test]
async fn a_new_index_with_old_ids_is_rebuilt() {
    let directory = TempDir::new().unwrap();
    let index = saved(&directory, "ann").await;
    let ids = folder(&directory).join("ids.bin");
    let old = fs::read(&ids).unwrap();
    index
        .apply(&key("ann"), 3, vec![put(1, axis(7))], 4)
        .await
        .unwrap();
    index.save_all().await.unwrap();
    assert_eq!(position(settings(Some(&directory))).await, 4);
    fs::write(&ids, old).unwrap();
    assert_rebuilds(&directory, "old ids").await;
}

#[tokio::test]
async fn another_embedder_or_dimension_starts_over() {
    let directory = TempDir::new().unwrap();
    saved(&directory, "ann").await;
    let other = IndexSettings {
        embedder_id: "test/embedder-v2".to_owned(),
        ..settings(Some(&directory))
    };
    assert_eq!(position(other).await, 0);
    saved(&directory, "ann").await;
    assert_eq!(
        position(IndexSettings {
            dimension: DIMENSION + 1,
            ..settings(Some(&directory))
        })
        .await,
        0
    );
}

#[tokio::test]
async fn files_do_not_serve_another_collection() {
    let (ann, bob) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    saved(&ann, "ann").await;
    saved(&bob, "bob").await;
    for file in ["index.faiss", "ids.bin"] {
        fs::copy(folder(&bob).join(file), folder(&ann).join(file)).unwrap();
    }
    assert_rebuilds(&ann, "files of bob").await;
}

#[tokio::test]
async fn reset_forgets_the_files_too() {
    let directory = TempDir::new().unwrap();
    let index = saved(&directory, "ann").await;
    index.reset(&key("ann")).await.unwrap();
    assert_eq!(index.applied_position(&key("ann")).await, 0);
    assert_eq!(
        index.search(&key("ann"), axis(0), 3, None).await.unwrap().hits,
        []
    );
    assert_eq!(fs::read_dir(folder(&directory)).unwrap().count(), 0);
    assert_rebuilds(&directory, "reset").await;
}

#[tokio::test]
async fn saves_after_so_many_changes() {
    let directory = TempDir::new().unwrap();
    let index = open(IndexSettings {
        save_after_changes: 3,
        ..settings(Some(&directory))
    });
    index
        .apply(&key("ann"), 0, vec![put(1, axis(0)), put(2, axis(1))], 2)
        .await
        .unwrap();
    assert_eq!(folders(&directory), 0);
    index
        .apply(&key("ann"), 2, vec![put(3, axis(0))], 3)
        .await
        .unwrap();
    index
        .apply(&key("ann"), 3, vec![put(4, axis(0))], 4)
        .await
        .unwrap();
    assert_eq!(position(settings(Some(&directory))).await, 3);
}

#[tokio::test]
async fn the_least_recently_used_collection_is_saved_and_closed() {
    let directory = TempDir::new().unwrap();
    let index = open(IndexSettings {
        max_open_collections: 2,
        ..settings(Some(&directory))
    });
    for (at, user) in ["ann", "bob", "ann", "cid"].into_iter().enumerate() {
        let after = index.applied_position(&key(user)).await;
        index
            .apply(&key(user), after, vec![put(at as u128, axis(at))], after + 1)
            .await
            .unwrap();
    }
    assert_eq!(folders(&directory), 1, "bob was closed, and only bob");
    assert_eq!(
        open(settings(Some(&directory)))
            .applied_position(&key("bob"))
            .await,
        1
    );
    for (user, position) in [("ann", 2), ("bob", 1), ("cid", 1), ("ann", 2)] {
        assert_eq!(index.applied_position(&key(user)).await, position, "{user}");
    }
    assert_eq!(
        index.search(&key("bob"), axis(1), 1, None).await.unwrap().hits[0].id,
        id(1)
    );
}

/// Without files a closed collection is lost, which must show: as a position, and as a refusal to leave a hole.
#[tokio::test]
async fn a_collection_lost_in_between_says_so() {
    let index = open(IndexSettings {
        max_open_collections: 1,
        ..settings(None)
    });
    index
        .apply(&key("ann"), 0, vec![put(1, axis(0))], 5)
        .await
        .unwrap();
    index
        .apply(&key("bob"), 0, vec![put(2, axis(0))], 1)
        .await
        .unwrap();
    let gap = index.apply(&key("ann"), 5, vec![put(3, axis(0))], 6).await;
    assert!(
        matches!(gap, Err(IndexError::Gap { after: 5, applied: 0 })),
        "{gap:?}"
    );
    assert_eq!(
        index
            .search(&key("ann"), axis(0), 1, None)
            .await
            .unwrap()
            .position,
        0
    );
}

#[tokio::test]
async fn searching_goes_on_when_nothing_can_be_written() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a file, not a folder");
    fs::write(&file, "").unwrap();
    let unwritable = IndexSettings {
        directory: Some(file.clone()),
        save_after_changes: 1,
        ..settings(None)
    };
    let index = open(unwritable);
    for position in 1..=3 {
        index
            .apply(
                &key("ann"),
                position - 1,
                vec![put(position as u128, axis(0))],
                position,
            )
            .await
            .unwrap();
    }
    let found = index.search(&key("ann"), axis(0), 9, None).await.unwrap();
    assert_eq!((found.hits.len(), found.position), (3, 3));
    assert!(matches!(index.save_all().await, Err(IndexError::Files { .. })));
    index.reset(&key("ann")).await.unwrap();

    // Once the trouble is over the next save works.
    index
        .apply(&key("ann"), 0, vec![put(1, axis(0))], 1)
        .await
        .unwrap();
    fs::remove_file(&file).unwrap();
    index.save_all().await.unwrap();
    let index = open(IndexSettings {
        directory: Some(file),
        ..settings(None)
    });
    assert_eq!(index.applied_position(&key("ann")).await, 1);
}
