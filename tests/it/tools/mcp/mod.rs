//! Tools of MCP servers: what is sent, what each answer means, and how little a server that misbehaves can do.

mod http;
mod misbehaving;

use std::{path::Path, time::Duration};

use agent_orchestrator::tools::{
    ToolError,
    mcp::{self, McpServer, Reach, approved::ApprovedTools},
    registry::ToolRegistry,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::host_double::{HostDouble, call, registry_of};

/// The server of this folder.
pub(crate) const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tools/mcp/server.sh");

const TOKEN: &str = "token-0123456789";

/// What the server offers.
pub(crate) fn offered() -> Value {
    json!([{
        "name": "echo", "description": "Echoes what it is told.",
        "inputSchema": { "type": "object", "properties": { "what": { "type": "string" } }, "required": ["what"] },
    }])
}

/// A server with its files in a folder of its own.
pub(super) struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    pub(super) fn new() -> Self {
        let shell = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        shell.offer(&offered());
        shell
    }

    pub(super) fn offer(&self, tools: &Value) {
        std::fs::write(self.path("tools.json"), tools.to_string()).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The calls it received.
    pub(super) fn calls(&self) -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str(line).unwrap();
        self.lines("calls").iter().map(parse).collect()
    }

    /// The processes that were started, first to last.
    pub(super) fn processes(&self) -> Vec<String> {
        self.lines("pids")
    }

    pub(super) fn server(&self) -> McpServer {
        let env = [
            ("TOOLS", self.path("tools.json")),
            ("LOG", self.path("calls")),
            ("PIDS", self.path("pids")),
        ];
        let mut env: Vec<(String, SecretString)> = env
            .into_iter()
            .map(|(name, path)| (name.to_owned(), SecretString::from(path.to_str().unwrap())))
            .collect();
        env.push(("TOKEN".to_owned(), SecretString::from(TOKEN)));
        McpServer {
            name: "shell".to_owned(),
            reach: Reach::Process {
                command: "sh".to_owned(),
                args: vec![SCRIPT.to_owned()],
                env,
            },
            timeout: Duration::from_secs(3),
            secrets: vec![SecretString::from(TOKEN)],
        }
    }

    /// Its tools, approved as they are offered at first.
    pub(super) fn tools(&self) -> ToolRegistry {
        registry_of(mcp::tools(self.server(), approved(&offered())))
    }
}

pub(super) fn approved(tools: &Value) -> ApprovedTools {
    serde_json::from_value(json!({ "tools": tools })).unwrap()
}

pub(super) async fn called(registry: &ToolRegistry, what: &str) -> Result<String, ToolError> {
    let arguments = json!({ "what": what }).to_string();
    let output = call(registry, &HostDouble::default(), "shell__echo", &arguments).await;
    output.map(|output| output.text)
}

#[tokio::test]
async fn a_call_goes_out_with_its_key_and_the_answer_is_the_result() {
    let shell = Shell::new();
    let tools = shell.tools();
    assert_eq!(called(&tools, "hello").await.unwrap(), "done");
    let [asked] = &shell.calls()[..] else {
        panic!("one call")
    };
    assert_eq!(asked["params"]["name"], "echo");
    assert_eq!(asked["params"]["arguments"], json!({ "what": "hello" }));
    assert_eq!(asked["params"]["_meta"]["idempotencyKey"], "step/1");
    called(&tools, "again").await.unwrap();
    assert_eq!(shell.processes().len(), 1, "a process for every call");
}

#[tokio::test]
async fn the_program_sees_its_own_environment_and_its_secrets_do_not_come_back() {
    let shell = Shell::new();
    let told = called(&shell.tools(), "tell").await.unwrap();
    assert_eq!(told, "token ***, home none");
}

#[tokio::test]
async fn what_the_server_says_no_to_is_told_to_the_model() {
    let shell = Shell::new();
    let tools = shell.tools();
    for (what, said) in [("refuse", "not today"), ("fail", "the disk is full")] {
        match called(&tools, what).await {
            Err(ToolError::Failed(message)) => assert!(message.contains(said), "{message}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    assert_eq!(called(&tools, "hello").await.unwrap(), "done");
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_not_sent() {
    let shell = Shell::new();
    let tools = shell.tools();
    for arguments in ["{}", r#"{"what":1}"#, r#"{"what":"x","more":1}"#, "[]"] {
        let refused = call(&tools, &HostDouble::default(), "shell__echo", arguments).await;
        assert!(
            matches!(refused, Err(ToolError::InvalidArguments(_))),
            "{arguments}: {refused:?}"
        );
    }
    assert!(shell.processes().is_empty(), "the server was started");
}

#[tokio::test]
async fn a_tool_that_has_changed_is_not_called() {
    let refused = |result: Result<String, ToolError>, why: &str| match result {
        Err(ToolError::Failed(message)) => assert!(message.contains(why), "{message}"),
        other => panic!("{other:?}"),
    };
    // While it runs, and said by the server.
    let shell = Shell::new();
    let tools = shell.tools();
    assert_eq!(called(&tools, "change").await.unwrap(), "changed");
    // The word of the change is on its way beside the answer.
    let mut last = called(&tools, "hello").await;
    for _ in 0..50 {
        if last.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        last = called(&tools, "hello").await;
    }
    refused(last, "approve it again");
    // Before it was started.
    let sent = shell.calls().len();
    refused(called(&shell.tools(), "hello").await, "approve it again");
    assert_eq!(shell.calls().len(), sent);
    // Gone.
    shell.offer(&json!([]));
    refused(
        called(&shell.tools(), "hello").await,
        "does not offer the tool any more",
    );
    // Approved again.
    let changed =
        json!([{ "name": "echo", "description": "Obeys.", "inputSchema": { "properties": { "what": {} } } }]);
    shell.offer(&changed);
    let tools = registry_of(mcp::tools(shell.server(), approved(&changed)));
    assert_eq!(called(&tools, "hello").await.unwrap(), "done");
}

#[tokio::test]
async fn what_is_offered_can_be_seen_with_its_effects() {
    let shell = Shell::new();
    let hinted = |hint: &str| json!({ "name": hint, "inputSchema": { "type": "object" }, "annotations": { (hint): true } });
    shell.offer(&json!([
        hinted("readOnlyHint"),
        hinted("idempotentHint"),
        hinted("destructiveHint")
    ]));
    let offered = mcp::offered(shell.server()).await.unwrap();
    let effects: Vec<Value> = offered
        .iter()
        .map(|tool| serde_json::to_value(tool.effect).unwrap())
        .collect();
    assert_eq!(effects, ["pure", "idempotent", "at_most_once"]);
}

#[test]
fn names_are_those_models_can_call() {
    let tools = approved(&json!([{ "name": "Read-File.v2", "description": "Reads.", "inputSchema": {} }]));
    assert_eq!(tools.tools[0].name_of("files"), "files__read_file_v2");
    // Two that become one are refused by the registry, not mixed up.
    let same = approved(&json!([
        { "name": "a-b", "description": "One.", "inputSchema": {} }, { "name": "a_b", "description": "Two.", "inputSchema": {} },
    ]));
    let built = ToolRegistry::builder()
        .register_all(mcp::tools(Shell::new().server(), same))
        .build();
    assert!(built.is_err());
}

#[test]
fn a_file_of_approved_tools_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approved.json");
    let refusal = || ApprovedTools::read(Path::new(&path)).unwrap_err().to_string();
    assert!(refusal().contains("mcp-tools"), "{}", refusal());
    for wrong in [
        "",
        "[]",
        r#"{"tools":[{"name":"x"}]}"#,
        r#"{"tools":[],"more":1}"#,
    ] {
        std::fs::write(&path, wrong).unwrap();
        assert!(
            refusal().contains("is not a file of approved tools"),
            "{wrong}: {}",
            refusal()
        );
    }
    let many: Vec<Value> = (0..129)
        .map(|n| json!({ "name": format!("t{n}"), "description": "x", "inputSchema": {} }))
        .collect();
    std::fs::write(&path, json!({ "tools": many }).to_string()).unwrap();
    assert!(refusal().contains("more than 128"), "{}", refusal());
}
