//! `web_fetch` is off until an operator allows it, and then reaches what was allowed and nothing else.

use axum::{Router, response::Html, routing::get};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{
    app_with, completed,
    model::{Asked, calls, chats, model, says},
    speak_with,
};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{Stack, TestApp, both_stacks},
};

/// A site on a free port of this machine. Ends when dropped.
struct Site {
    port: u16,
    server: JoinHandle<()>,
}

impl Site {
    async fn start() -> Self {
        let page = "<html><head><title>Prices</title></head><body><h1>Tea</h1><p>A cup is 3 euros.</p></body></html>";
        let router = Router::new().route("/prices", get(move || async move { Html(page) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, server }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/prices", self.port)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A researcher that fetches one page and tells what it says.
async fn researcher(url: String) -> ScriptedServer {
    model(move |asked| match asked.tool_results().as_slice() {
        [] => calls("web_fetch", &json!({ "url": url })),
        [page, ..] => says(&format!("The page says: {page}")),
    })
    .await
}

/// An app whose agents may read this machine over plain HTTP, and the address of cloud metadata by its host.
async fn allowing(stack: Stack, server: &ScriptedServer, port: u16) -> TestApp {
    TestApp::start_with(stack, |config| {
        speak_with(config, server);
        let web = &mut config.tools.web_fetch;
        (web.enabled, web.allow_http, web.allow_private_addresses) = (true, true, true);
        web.allowed_hosts = vec!["127.0.0.1".to_owned(), "169.254.169.254".to_owned()];
        web.extra_ports = vec![port];
    })
    .await
}

/// The only tool call of the only step.
fn call(task: &Value) -> &Value {
    assert_eq!(task["steps"][1]["agent"]["name"], "researcher", "{task:#}");
    &task["steps"][1]["toolCalls"][0]
}

const TASK: &str = "Research the price of tea.";

both_stacks! {
    async fn by_default_there_is_no_such_tool(stack: Stack) {
        let site = Site::start().await;
        let server = researcher(site.url()).await;
        let app = app_with(stack, &server).await;
        let tools = app.graphql("{ tools { name } }", json!({})).await.data();
        assert!(!tools.to_string().contains("web_fetch"));
        let task = completed(&app, TASK).await;
        let call = call(&task);
        assert_eq!((&call["tool"], &call["status"]), (&json!("web_fetch"), &json!("FAILED")));
        assert_eq!((&call["error"]["code"], &call["result"]), (&json!("UNKNOWN_TOOL"), &Value::Null));
        let chats = chats(&server);
        assert!(!Asked(&chats[0].body).tools().contains(&"web_fetch"));
        assert!(Asked(&chats[1].body).tool_results()[0].starts_with("Error: "));
    }

    async fn an_allowed_page_is_read(stack: Stack) {
        let site = Site::start().await;
        let server = researcher(site.url()).await;
        let app = allowing(stack, &server, site.port).await;
        let task = completed(&app, TASK).await;
        assert_eq!(call(&task)["status"], "SUCCEEDED", "{task:#}");
        assert!(call(&task)["result"].as_str().unwrap().contains("A cup is 3 euros."));
        assert!(task["result"].as_str().unwrap().contains("A cup is 3 euros."));
        assert!(Asked(&chats(&server)[0].body).tools().contains(&"web_fetch"));
    }

    async fn each_wall_refuses_what_it_is_there_for(stack: Stack) {
        let site = Site::start().await;
        let walls = [
            (format!("http://localhost:{}/prices", site.port), "not among those"),
            ("http://127.0.0.1:1/prices".to_owned(), "port 1 "),
            (format!("http://ada:secret@127.0.0.1:{}/prices", site.port), "user name or password"),
            ("file:///etc/passwd".to_owned(), "only https and http"),
            ("http://169.254.169.254/latest".to_owned(), "169.254.169.254, which is"),
        ];
        let urls = walls.clone().map(|(url, _)| url);
        let server = model(move |asked| match urls.get(asked.tool_results().len()) {
            Some(url) => calls("web_fetch", &json!({ "url": url })),
            None => says("None of them can be read."),
        })
        .await;
        let app = allowing(stack, &server, site.port).await;
        let task = completed(&app, TASK).await;
        let refused = task["steps"][1]["toolCalls"].as_array().unwrap();
        assert_eq!(refused.len(), walls.len());
        for (call, (url, reason)) in refused.iter().zip(&walls) {
            let message = call["error"]["message"].as_str().unwrap_or_else(|| panic!("{url} was read: {call:#}"));
            assert!(message.contains(reason), "{url}: {message}");
        }
    }

    async fn private_addresses_and_plain_http_need_the_operators_word(stack: Stack) {
        let site = Site::start().await;
        let server = researcher(site.url()).await;
        for (allow_http, reason) in [(true, "may not be fetched from"), (false, "only https URLs")] {
            let app = TestApp::start_with(stack, |config| {
                speak_with(config, &server);
                let web = &mut config.tools.web_fetch;
                (web.enabled, web.allow_http) = (true, allow_http);
                web.allowed_hosts = vec!["127.0.0.1".to_owned()];
                web.extra_ports = vec![site.port];
            })
            .await;
            let task = completed(&app, TASK).await;
            let message = call(&task)["error"]["message"].as_str().unwrap();
            assert!(message.contains(reason), "{message}");
        }
    }
}
