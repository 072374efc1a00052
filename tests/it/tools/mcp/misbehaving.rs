//! Servers that hang, flood, die or never begin: their call fails, and the next one gets a new process.

use std::time::Duration;

use agent_orchestrator::tools::{
    ToolError,
    mcp::{self, Reach},
};
use serde_json::{Value, json};

use super::{Shell, approved, called, offered, registry_of};

/// Waits until a process is gone. Its group's leader is the shell, so the pipe it may have left is gone with it.
async fn gone(process: &str) {
    for _ in 0..200 {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // One that has ended and is not reaped yet holds nothing.
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{process} is still there");
}

#[tokio::test]
async fn whatever_it_does_instead_of_answering_its_call_fails_and_the_next_one_works() {
    for what in ["hang", "die", "flood", "garbage", "endless"] {
        let shell = Shell::new();
        let tools = shell.tools();
        assert_eq!(called(&tools, "hello").await.unwrap(), "done");
        let failed = called(&tools, what).await;
        assert!(
            matches!(&failed, Err(error) if error.is_open()),
            "{what}: {failed:?}"
        );
        assert_eq!(called(&tools, "hello").await.unwrap(), "done", "after {what}");
        let processes = shell.processes();
        assert_eq!(processes.len(), 2, "{what}: {processes:?}");
        gone(&processes[0]).await;
        assert_eq!(shell.calls().len(), 3, "{what}: a call was repeated");
    }
}

#[tokio::test]
async fn others_are_not_held_up() {
    let shell = Shell::new();
    let tools = shell.tools();
    called(&tools, "hello").await.unwrap();
    let other = Shell::new();
    let others = other.tools();
    let (hung, ()) = tokio::join!(called(&tools, "hang"), async {
        for _ in 0..5 {
            assert_eq!(called(&others, "hello").await.unwrap(), "done");
        }
    });
    assert!(matches!(hung, Err(ToolError::TimedOut(_))), "{hung:?}");
}

#[tokio::test]
async fn a_program_that_is_no_server_is_said_to_be_none() {
    for (command, args, why) in [
        ("/nowhere/at-all", vec![], "cannot be started"),
        ("true", vec![], "did not"),
        ("sh", vec!["-c", "echo '{}'; echo nonsense"], "did not"),
    ] {
        let shell = Shell::new();
        let mut server = shell.server();
        server.timeout = Duration::from_secs(30);
        server.reach = Reach::Process {
            command: command.to_owned(),
            args: args.into_iter().map(str::to_owned).collect(),
            env: Vec::new(),
        };
        let tools = registry_of(mcp::tools(server, approved(&offered())));
        match called(&tools, "hello").await {
            Err(ToolError::Failed(message)) => {
                assert!(
                    message.contains("shell") && message.contains(why),
                    "{command}: {message}"
                );
            }
            other => panic!("{command}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_program_that_never_greets_takes_only_its_call_down() {
    // One is silent, and one says what it was told.
    for (command, args) in [("sleep", vec!["600".to_owned()]), ("cat", vec![])] {
        let mut server = Shell::new().server();
        server.timeout = Duration::from_secs(1);
        server.reach = Reach::Process {
            command: command.to_owned(),
            args,
            env: Vec::new(),
        };
        let tools = registry_of(mcp::tools(server, approved(&offered())));
        let hung = called(&tools, "hello").await;
        assert!(matches!(hung, Err(ToolError::TimedOut(_))), "{command}: {hung:?}");
    }
}

#[tokio::test]
async fn a_server_with_too_many_tools_is_refused() {
    let shell = Shell::new();
    let many: Vec<Value> = (0..200)
        .map(|n| json!({ "name": format!("t{n}"), "inputSchema": { "type": "object" } }))
        .collect();
    shell.offer(&json!(many));
    let refused = mcp::offered(shell.server()).await.unwrap_err().to_string();
    assert!(refused.contains("200 tools"), "{refused}");
}
