//! `web_fetch`: the walls a URL passes, and what becomes of real answers from a local server.

mod address;
mod answers;
mod bounds;
mod html;
mod redirects;
mod site;
mod urls;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use agent_orchestrator::tools::{
    Tool, ToolError,
    builtin::web_fetch::{HostResolver, WebFetch, WebFetchSettings},
    registry::ToolRegistry,
};
use async_trait::async_trait;
use serde_json::json;

use super::host_double::{HostDouble, call, registry_of};

/// Answers each look-up with the next of its answers and counts them; the last answer repeats.
struct Script {
    answers: Mutex<Vec<Vec<&'static str>>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl HostResolver for Script {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        Ok(answer
            .into_iter()
            .map(|address| address.parse().unwrap())
            .collect())
    }
}

fn script(answers: &[&[&'static str]]) -> Arc<Script> {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    Arc::new(Script {
        answers: Mutex::new(answers),
        asked: Mutex::default(),
    })
}

fn settings(hosts: &[&str]) -> WebFetchSettings {
    let allowed_hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
    WebFetchSettings {
        allowed_hosts,
        allow_http: true,
        ..WebFetchSettings::default()
    }
}

fn registry(settings: WebFetchSettings, resolver: Arc<dyn HostResolver>) -> ToolRegistry {
    let tool = WebFetch::with_resolver(settings, resolver);
    registry_of([Arc::new(tool) as Arc<dyn Tool>])
}

async fn fetch(registry: &ToolRegistry, url: &str) -> Result<String, ToolError> {
    let arguments = json!({ "url": url }).to_string();
    call(registry, &HostDouble::default(), "web_fetch", &arguments)
        .await
        .map(|output| output.text)
}

async fn refusal(registry: &ToolRegistry, url: &str) -> String {
    match fetch(registry, url).await {
        Err(error) => error.to_string(),
        Ok(text) => panic!("{url} was fetched: {text:.200}"),
    }
}
