//! GraphQL over any of the APIs, again and again until one answers.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::tally::Tally;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(6);

/// Pause before the second try; it doubles from there.
const PAUSE: Duration = Duration::from_millis(150);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a person goes on asking. Longer than any fault lasts.
const PATIENCE: Duration = Duration::from_secs(90);

/// Codes with which an API may say that it cannot answer now.
const FOR_NOW: [&str; 3] = ["INTERNAL_SERVER_ERROR", "TIMEOUT", "RATE_LIMITED"];

/// The APIs of a fleet. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    urls: Vec<String>,
    http: reqwest::Client,
    tally: Tally,
}

/// A client without proxies and with a limit.
pub fn http_client(timeout: Duration) -> reqwest::Client {
    // Without one, the client cannot be made, though it speaks no TLS here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(timeout)
        .build()
        .unwrap()
}

impl Api {
    pub fn new(urls: Vec<String>, tally: Tally) -> Self {
        Self {
            urls,
            http: http_client(TIMEOUT),
            tally,
        }
    }

    /// Any of them.
    pub fn any_url(&self) -> &str {
        &self.urls[rand::random_range(0..self.urls.len())]
    }

    /// The data of an answer, asked for until there is one.
    pub async fn insist(&self, query: &str, variables: Value) -> Value {
        let (deadline, mut pause) = (Instant::now() + PATIENCE, PAUSE);
        loop {
            let answer = self.ask(query, &variables).await;
            if let Some(data) = answer {
                return data;
            }
            self.tally.count("request tried again");
            assert!(Instant::now() < deadline, "no API answers {query} {variables}");
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// The data of one answer; None if nobody answered, or only that it cannot now.
    pub async fn ask(&self, query: &str, variables: &Value) -> Option<Value> {
        let request = self
            .http
            .post(format!("{}/graphql", self.any_url()))
            .json(&json!({ "query": query, "variables": variables }));
        let body: Value = request.send().await.ok()?.json().await.ok()?;
        let Some(error) = body["errors"].get(0) else {
            return Some(body["data"].clone());
        };
        let code = error["extensions"]["code"].as_str().unwrap_or("none");
        self.tally.count(format!("request refused: {code}"));
        assert!(
            FOR_NOW.contains(&code),
            "{query} {variables} is answered {body:#}"
        );
        None
    }
}
