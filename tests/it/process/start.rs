//! A process that cannot start says why in one line, shows no password, and exits with 1.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::Process;

type Env<'a> = BTreeMap<&'a str, String>;

/// Runs `serve` with an environment it must refuse; returns what it said.
async fn refused(folder: &Path, env: &[(&'static str, &str)]) -> String {
    let mut all: Env<'_> = BTreeMap::from([("ORCHESTRATOR_LISTEN", "127.0.0.1:0".to_owned())]);
    all.extend(env.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let ended = Process::run(folder, &all, &["serve"]).await;
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{env:?}: {said}");
    // Warnings may come first; the reason is the last line, and the only one that is ours.
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("agent-orchestrator: "))
        .collect();
    assert_eq!(
        (ours.len(), said.lines().last()),
        (1, ours.first().copied()),
        "{env:?}: {said}"
    );
    assert!(!said.contains("s3cr3t"), "{said}");
    assert!(ended.stdout.is_empty());
    ours[0].to_owned()
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let unreachable = refused(
        folder.path(),
        &[("DATABASE_URL", "postgres://ada:s3cr3t@127.0.0.1:9/none")],
    )
    .await;
    says(
        &unreachable,
        &[
            "cannot open the database",
            "postgres://ada:***@127.0.0.1:9/none",
            "Connection refused",
        ],
    );
    // No pool tries until its time is up, and the reason is said once.
    assert!(started.elapsed().as_secs() < 4, "{:?}", started.elapsed());
    assert_eq!(unreachable.matches("refused").count(), 1, "{unreachable}");
    let absent = std::env::var("TEST_POSTGRES_URL")
        .unwrap()
        .replace("/postgres", "/no_such_database");
    let absent = absent.replace("postgres@", "postgres:s3cr3t@");
    let absent = refused(folder.path(), &[("DATABASE_URL", &absent)]).await;
    says(&absent, &["no_such_database", "does not exist"]);
    assert_eq!(absent.matches("does not exist").count(), 1, "{absent}");
    for (url, words) in [
        ("mysql://ada:s3cr3t@db/x", ["DATABASE_URL", "sqlite://PATH"]),
        ("nonsense s3cr3t", ["DATABASE_URL", "postgres://"]),
        ("sqlite::memory:", ["DATABASE_URL", "sqlite://PATH"]),
        (
            "postgres://ada:s3cr3t#@db/x",
            ["DATABASE_URL", "postgres://USER:PASSWORD@HOST/DATABASE"],
        ),
    ] {
        says(&refused(folder.path(), &[("DATABASE_URL", url)]).await, &words);
    }
}

/// A Postgres that lets nobody in; returns where it is, and what counts those who tried.
async fn strict_postgres() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let tried = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tried);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            // Each message says its length first; the short one asks for TLS.
            while let Ok(length) = connection.read_u32().await {
                let mut message = vec![0; length as usize - 4];
                connection.read_exact(&mut message).await.unwrap();
                if length == 8 {
                    connection.write_all(b"N").await.unwrap();
                    continue;
                }
                let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"ada\"\0\0";
                connection.write_u8(b'E').await.unwrap();
                connection.write_u32(fields.len() as u32 + 4).await.unwrap();
                connection.write_all(fields).await.unwrap();
                break;
            }
        }
    });
    (address, tried)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_tried_once() {
    let folder = tempfile::tempdir().unwrap();
    let (address, tried) = strict_postgres().await;
    let url = format!("postgres://ada:s3cr3t@{address}/tasks");
    let said = refused(folder.path(), &[("DATABASE_URL", &url)]).await;
    says(&said, &["postgres://ada:***@"]);
    assert_eq!(
        said.matches("password authentication failed").count(),
        1,
        "{said}"
    );
    assert_eq!(tried.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_sqlite_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("notes.db"),
        "these are my notes and no database at all".repeat(100),
    )
    .unwrap();
    let url = format!("sqlite://{}", folder.path().join("notes.db").display());
    says(
        &refused(folder.path(), &[("DATABASE_URL", &url)]).await,
        &["notes.db", "not a database"],
    );
    let kept = std::fs::read_to_string(folder.path().join("notes.db")).unwrap();
    assert!(kept.starts_with("these are my notes"));
}

#[tokio::test]
async fn a_redis_url_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "http://localhost:6379",
        "localhost:6379",
        "redis://:s3cr3t@host:port/",
    ] {
        says(
            &refused(folder.path(), &[("REDIS_URL", url)]).await,
            &["REDIS_URL"],
        );
    }
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let below = folder.path().join("file/data").display().to_string();
    says(
        &refused(folder.path(), &[("ORCHESTRATOR_DATA_DIR", &below)]).await,
        &["data folder", &below],
    );
}

#[tokio::test]
async fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    says(
        &refused(folder.path(), &[("ORCHESTRATOR_LISTEN", &address)]).await,
        &["cannot listen on", &address, "in use"],
    );
}

#[tokio::test]
async fn a_configuration_with_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orchestrator.toml");
    for (text, words) in [
        ("[server\nlisten = 1", ["orchestrator.toml:1:8", "not valid TOML"]),
        ("[engine]\nconcurency = 4", ["concurency", "concurrency"]),
        (
            "[engine]\nconcurrency = 'many'",
            ["engine.concurrency", "orchestrator.toml"],
        ),
        (
            "[engine]\nlease_seconds = 5\nheartbeat_seconds = 5",
            ["engine.heartbeat_seconds", "half"],
        ),
        (
            "[models]\ndefault = 'openai/gpt-4o'",
            ["models.default", "OPENAI_API_KEY"],
        ),
        ("[agents]\nfile = 'absent.toml'", ["absent.toml", "No such file"]),
    ] {
        std::fs::write(&file, text).unwrap();
        says(&refused(folder.path(), &[]).await, &words);
    }
    std::fs::remove_file(&file).unwrap();
    says(
        &refused(folder.path(), &[("ORCHESTRATOR_CONFIG", "absent.toml")]).await,
        &["absent.toml"],
    );
    says(
        &refused(folder.path(), &[("ORCHESTRATOR_LISTN", "x")]).await,
        &["ORCHESTRATOR_LISTN", "ORCHESTRATOR_LISTEN"],
    );
    says(
        &refused(folder.path(), &[("ORCHESTRATOR_ROLES", "manager")]).await,
        &["ORCHESTRATOR_ROLES", "worker"],
    );
}

#[tokio::test]
async fn open_doors_on_a_network_only_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let open = [("ORCHESTRATOR_LISTEN", "0.0.0.0:0")];
    says(
        &refused(folder.path(), &open).await,
        &["0.0.0.0:0", "ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK"],
    );
    let env = BTreeMap::from([
        ("ORCHESTRATOR_LISTEN", "0.0.0.0:0".to_owned()),
        ("ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK", "true".to_owned()),
    ]);
    let process = Process::serve(folder.path(), env).await;
    let port = process.url.rsplit_once(':').unwrap().1;
    let client = crate::support::Client::new(&format!("http://127.0.0.1:{port}"));
    assert_eq!(client.get("/healthz").await.status, 200);
    process.kill().await;
    // A worker answers no one: it may listen where it likes.
    let env = BTreeMap::from([
        ("ORCHESTRATOR_LISTEN", "0.0.0.0:0".to_owned()),
        ("ORCHESTRATOR_ROLES", "worker".to_owned()),
    ]);
    Process::serve(folder.path(), env).await;
}
