//! GraphiQL: everything it needs comes from here, and its examples work.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::asking::still;
use crate::support::{Client, Stack, TestApp};

/// A file of the page, as a browser would get it.
async fn fetched(client: &Client, path: &str) -> reqwest::Response {
    let response = client.http.get(client.url(path)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

async fn page(client: &Client) -> String {
    fetched(client, "/").await.text().await.unwrap()
}

/// The paths that the page's `src` and `href` name.
fn named(page: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        paths.extend(
            page.split(attribute)
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned()),
        );
    }
    paths.retain(|path| !path.starts_with("data:"));
    paths
}

/// The JavaScript file with the examples.
async fn examples(client: &Client) -> String {
    let path = named(&page(client).await)
        .into_iter()
        .find(|path| path.contains("/examples."))
        .unwrap();
    fetched(client, &path).await.text().await.unwrap()
}

/// Each example's operation name with its document and variables.
fn operations(script: &str) -> BTreeMap<String, (String, Value)> {
    let mut found = BTreeMap::new();
    for entry in script.split("query: `").skip(1) {
        let (document, rest) = entry.split_once('`').unwrap();
        let variables = rest
            .split_once("asJson(")
            .map_or(json!({}), |(_, literal)| literal_of(literal));
        let words = document
            .lines()
            .find(|line| !line.starts_with('#') && !line.is_empty())
            .unwrap();
        let name = words.split([' ', '(']).nth(1).unwrap();
        found.insert(name.to_owned(), (document.to_owned(), variables));
    }
    found
}

/// The JavaScript object at the beginning of a text, as JSON. Its texts hold neither quotes nor braces nor colons.
fn literal_of(text: &str) -> Value {
    let mut depth = 0_i32;
    let end = text.find(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        depth == 0
    });
    let literal = &text[..=end.unwrap()];
    let mut json = String::new();
    for piece in literal.replace('\'', "\"").split_inclusive(['{', ',']) {
        match piece.split_once(':') {
            Some((key, value)) => json.push_str(&format!("\"{}\":{value}", key.trim())),
            None => json.push_str(piece),
        }
    }
    let tidy: String = json.split_whitespace().collect::<Vec<_>>().join(" ");
    serde_json::from_str(&tidy.replace(", }", " }")).unwrap_or_else(|error| panic!("{error} in {tidy}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_asks_nobody_else_for_anything() {
    let app = still(Stack::Sqlite).await;
    let response = fetched(&app.client, "/").await;
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    let policy = header(&response, "content-security-policy").to_owned();
    for rule in [
        "default-src 'none'",
        "script-src 'self';",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(rule), "{rule} is not in {policy}");
    }
    assert!(
        !policy.contains("http") && !policy.contains('*'),
        "no other origin: {policy}"
    );
    let page = response.text().await.unwrap();
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !elsewhere.contains("//"),
        "nothing comes from elsewhere: {elsewhere}"
    );
    assert!(
        !page.contains("<script>") && !page.contains(" onload="),
        "scripts are files"
    );
    assert!(
        named(&page).iter().all(|path| path.starts_with("/assets/")),
        "{:?}",
        named(&page)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_of_the_page_is_served_and_readable() {
    let app = still(Stack::Sqlite).await;
    let paths = named(&page(&app.client).await);
    assert!(paths.len() >= 8, "{paths:?}");
    for path in paths {
        let response = fetched(&app.client, &path).await;
        let wanted = if path.ends_with(".css") {
            "text/css; charset=utf-8"
        } else {
            "text/javascript; charset=utf-8"
        };
        assert_eq!(header(&response, "content-type"), wanted, "{path}");
        assert!(header(&response, "cache-control").contains("immutable"), "{path}");
        let zipped = header(&response, "content-encoding") == "gzip";
        let body = response.bytes().await.unwrap();
        let plain = if zipped {
            gunzipped(&body).await
        } else {
            body.to_vec()
        };
        let text = String::from_utf8(plain).unwrap_or_else(|_| panic!("{path} is no text"));
        assert!(!text.is_empty(), "{path}");
        // The name is a promise about the content.
        let hash = path.split('.').nth(1).unwrap().to_owned();
        let digest = sha256(text.as_bytes());
        assert!(digest.starts_with(&hash), "{path} has the content of {digest}");
        assert!(
            !text.contains("sourceMappingURL=") || path.ends_with(".css"),
            "{path} names a file that is not there"
        );
    }
}

async fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    use tokio::io::AsyncWriteExt;
    let mut gunzip = tokio::process::Command::new("gzip")
        .arg("-dc")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, bytes) = (gunzip.stdin.take().unwrap(), bytes.to_vec());
    tokio::spawn(async move { input.write_all(&bytes).await.unwrap() });
    let output = gunzip.wait_with_output().await.unwrap();
    assert!(output.status.success(), "not gzip");
    output.stdout
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Runs an example as the page would, with the last task's id where it stands for it.
async fn run(app: &TestApp, (document, variables): &(String, Value), task: &str) -> Value {
    let filled = variables.to_string().replace("$lastTask", task);
    app.graphql(document, serde_json::from_str(&filled).unwrap())
        .await
        .data()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_fit_the_schema_and_show_something() {
    let app = TestApp::start(Stack::Sqlite).await;
    let operations = operations(&examples(&app.client).await);
    let names: Vec<_> = operations.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "CostsByAgent",
            "ReadTask",
            "SearchMemory",
            "SubmitTask",
            "WatchTask"
        ]
    );
    let submitted = run(&app, &operations["SubmitTask"], "").await;
    let id = submitted["submitTask"]["task"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("refused: {submitted}"));
    let (watch, variables) = &operations["WatchTask"];
    let mut socket = app.socket().await;
    let variables = serde_json::from_str(&variables.to_string().replace("$lastTask", id)).unwrap();
    socket.subscribe("1", watch, variables).await;
    let items = socket.rest().await;
    assert_eq!(items.last().unwrap()["taskEvents"]["__typename"], "Ended");
    let read = run(&app, &operations["ReadTask"], id).await;
    assert_eq!(read["task"]["status"], "COMPLETED", "{read:#}");
    assert!(
        read["task"]["result"]
            .as_str()
            .is_some_and(|result| result.contains("372")),
        "15% of 2480: {read:#}"
    );
    let found = run(&app, &operations["SearchMemory"], id).await;
    assert!(found["searchMemory"]["hits"].is_array());
    let costs = run(&app, &operations["CostsByAgent"], id).await;
    assert!(
        costs["costs"].as_array().is_some_and(|costs| !costs.is_empty()),
        "{costs:#}"
    );
}
