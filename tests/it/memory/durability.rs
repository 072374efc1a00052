//! The rows are the truth: index files may be gone, torn or someone else's, and nothing is lost.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{contents, forget, remember, remember_input, search, search_input, unlimited};
use crate::support::{TestApp, both_stacks};

const CONTENTS: [&str; 3] = [
    "Overdue invoices go to Mrs Keller",
    "Tea at four",
    "The cat is called Miezi",
];

/// Three memories and a forgotten one in the default namespace, and one in another.
async fn fill(app: &TestApp) {
    for content in CONTENTS {
        remember(&app.client, "ada", content).await;
    }
    let forgotten = remember(&app.client, "ada", "Tea at five").await;
    forget(&app.client, "ada", &forgotten).await;
    remember_input(
        &app.client,
        json!({ "userId": "ada", "namespace": "work", "content": "Tea at six" }),
    )
    .await;
    // Puts every collection into the index, so that it is saved.
    search_everywhere(app).await;
}

async fn search_everywhere(app: &TestApp) -> [Value; 2] {
    let work = json!({ "userId": "ada", "namespace": "work", "query": "tea" });
    [
        search(&app.client, "ada", "tea").await,
        search_input(&app.client, work).await,
    ]
}

async fn assert_whole(app: &TestApp) {
    let [found, work] = search_everywhere(app).await;
    assert_eq!(
        (contents(&found)[0], contents(&found).len()),
        ("Tea at four", 3),
        "{found:#}"
    );
    assert_eq!(
        (&found["scanned"], &found["exhaustive"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(contents(&work), ["Tea at six"]);
    assert_eq!(
        contents(&search(&app.client, "ada", "invoice").await)[0],
        CONTENTS[0]
    );
}

/// Every file of the indexes saved in a folder.
fn index_files(indexes: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(indexes)
        .unwrap()
        .map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
    let files: Vec<PathBuf> = files.collect();
    assert!(!files.is_empty(), "the indexes were not saved");
    files
}

/// Copies saved indexes to another folder.
fn copy(from: &Path, to: &Path) {
    for file in index_files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

both_stacks! {
    async fn a_restart_loses_nothing(stack: Stack) {
        let app = unlimited(stack).await;
        fill(&app).await;
        let mut app = app.restart().await;
        assert_whole(&app).await;
        // What is written after a restart continues where the saved index stands.
        let id = remember(&app.client, "ada", "Tea at seven").await;
        app = app.restart().await;
        forget(&app.client, "ada", &id).await;
        app = app.restart().await;
        assert_whole(&app).await;
    }

    async fn without_index_files_nothing_is_lost(stack: Stack) {
        let app = unlimited(stack).await;
        fill(&app).await;
        let app = app.restart_after(|data| {
            index_files(&data.join("faiss"));
            fs::remove_dir_all(data.join("faiss")).unwrap();
        })
        .await;
        assert_whole(&app).await;
    }

    async fn index_files_deleted_under_the_running_program_are_not_missed(stack: Stack) {
        let app = unlimited(stack).await;
        fill(&app).await;
        let app = app.restart().await;
        fs::remove_dir_all(app.data_dir().join("faiss")).unwrap();
        assert_whole(&app).await;
        let app = app.restart().await;
        assert_whole(&app).await;
    }

    async fn broken_index_files_lose_nothing(stack: Stack) {
        let mut app = unlimited(stack).await;
        fill(&app).await;
        let damages: [fn(&Path); 4] = [
            |file| fs::write(file, "").unwrap(),
            |file| fs::write(file, "not an index at all").unwrap(),
            |file| {
                let whole = fs::read(file).unwrap();
                fs::write(file, &whole[..whole.len() / 2]).unwrap();
            },
            |file| {
                let mut bytes = fs::read(file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
                fs::write(file, bytes).unwrap();
            },
        ];
        for damage in damages {
            app = app.restart_after(|data| index_files(&data.join("faiss")).iter().for_each(|file| damage(file))).await;
            assert_whole(&app).await;
        }
    }

    async fn a_file_in_the_place_of_the_index_folder_is_survived(stack: Stack) {
        let app = unlimited(stack).await;
        fill(&app).await;
        let mut app = app
            .restart_after(|data| {
                fs::remove_dir_all(data.join("faiss")).unwrap();
                fs::write(data.join("faiss"), "in the way").unwrap();
            })
            .await;
        assert_whole(&app).await;
        app.shut_down().await;
    }

    async fn an_older_index_follows_to_where_the_database_stands(stack: Stack) {
        let app = unlimited(stack).await;
        remember(&app.client, "ada", CONTENTS[0]).await;
        search_everywhere(&app).await;
        let kept = tempfile::tempdir().unwrap();
        let app = app.restart_after(|data| copy(&data.join("faiss"), kept.path())).await;
        remember(&app.client, "ada", CONTENTS[1]).await;
        let gone = remember(&app.client, "ada", "Tea at five").await;
        search_everywhere(&app).await;
        forget(&app.client, "ada", &gone).await;
        remember(&app.client, "ada", CONTENTS[2]).await;
        remember_input(&app.client, json!({ "userId": "ada", "namespace": "work", "content": "Tea at six" })).await;
        let app = app.restart_after(|data| copy(kept.path(), &data.join("faiss"))).await;
        assert_whole(&app).await;
    }
}
