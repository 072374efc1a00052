//! What pages of other sites can make a browser on this machine send is not answered.

use std::net::SocketAddr;

use serde_json::json;

use super::asking::{coded, still};
use crate::support::{Answer, Client, Stack, TestApp};

/// Every route of the API.
const PATHS: [&str; 5] = [
    "/",
    "/graphql?query=%7B__typename%7D",
    "/schema.graphql",
    "/playground",
    "/assets/page.422df71b.css",
];

async fn get(app: &TestApp, path: &str, header: (&'static str, &str)) -> Answer {
    let request = app
        .client
        .http
        .get(app.client.url(path))
        .header(header.0, header.1);
    Answer::of(request.send().await.unwrap()).await
}

async fn post(app: &TestApp, header: (&'static str, &str)) -> Answer {
    let request = app
        .client
        .http
        .post(app.client.url("/graphql"))
        .header("content-type", "application/json")
        .header(header.0, header.1)
        .body(json!({ "query": "{ __typename }" }).to_string());
    Answer::of(request.send().await.unwrap()).await
}

fn port(app: &TestApp) -> u16 {
    app.url().parse::<reqwest::Url>().unwrap().port().unwrap()
}

fn is_refused(answer: &Answer, what: &str) {
    assert_eq!((answer.status, coded(answer)), (403, "BAD_REQUEST"), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_was_made_to_lead_here_is_not_answered() {
    let app = still(Stack::Sqlite).await;
    let port = port(&app);
    let foreign = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("notlocalhost:{port}"),
        "128.0.0.1".to_owned(),
        "0.0.0.0".to_owned(),
        "[::2]".to_owned(),
        "::1".to_owned(),
        String::new(),
    ];
    for host in &foreign {
        for path in PATHS {
            is_refused(&get(&app, path, ("host", host)).await, &format!("{host} {path}"));
        }
        is_refused(&post(&app, ("host", host)).await, host);
        // Operators' probes name whatever they were told.
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(get(&app, path, ("host", host)).await.status, 200, "{host} {path}");
        }
    }
    let own = [
        "localhost".to_owned(),
        format!("LOCALHOST:{port}"),
        format!("127.0.0.1:{port}"),
        "127.8.9.10:1".to_owned(),
        format!("[::1]:{port}"),
        "[::1]".to_owned(),
    ];
    for host in &own {
        for path in PATHS {
            assert_eq!(get(&app, path, ("host", host)).await.status, 200, "{host} {path}");
        }
        assert_eq!(post(&app, ("host", host)).await.status, 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_cannot_be_opened_under_a_foreign_name() {
    let app = still(Stack::Sqlite).await;
    // To a page under that name the two are the same origin.
    let request = app
        .client
        .http
        .get(app.client.url("/graphql"))
        .header("host", "evil.example")
        .header("origin", "http://evil.example")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", "graphql-transport-ws");
    let opened = |answer: reqwest::Response| answer.status().as_u16();
    let own = request
        .try_clone()
        .unwrap()
        .header("host", format!("127.0.0.1:{}", port(&app)));
    assert_eq!(opened(request.send().await.unwrap()), 403);
    // Two names are one too many.
    assert_eq!(opened(own.send().await.unwrap()), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_network_on_purpose_every_name_is_answered() {
    let app = TestApp::start_with(Stack::Sqlite, |config| {
        config.server.listen = SocketAddr::from(([0, 0, 0, 0], 0));
        config.server.allow_open_on_network = true;
        config.server.roles.worker = false;
    })
    .await;
    let client = Client::new(&format!("http://127.0.0.1:{}", port(&app)));
    for host in ["agents.example", "10.0.0.7:8000"] {
        let request = client
            .http
            .get(client.url("/schema.graphql"))
            .header("host", host);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_or_a_form_of_another_site_asks_nothing() {
    let app = still(Stack::Sqlite).await;
    let search =
        "/graphql?query=%7BsearchMemory(input:%7BuserId:%22ada%22,query:%22tea%22%7D)%7Bscanned%7D%7D";
    for site in ["cross-site", "same-site", "anything-else"] {
        let header = ("sec-fetch-site", site);
        is_refused(&get(&app, search, header).await, site);
        is_refused(&post(&app, header).await, site);
        // A link that leads to the page itself is no harm.
        assert_eq!(get(&app, "/", header).await.status, 200, "{site}");
    }
    for site in ["same-origin", "none"] {
        let header = ("sec-fetch-site", site);
        assert_eq!(
            get(&app, search, header).await.data()["searchMemory"]["scanned"],
            0,
            "{site}"
        );
        assert_eq!(post(&app, header).await.data()["__typename"], "Query", "{site}");
    }
}
