//! Fragments that grow, go in circles, or lead far down.

use std::time::{Duration, Instant};

use serde_json::json;

use super::asking::{answers, coded, still};
use crate::support::{Stack, TestApp};

const QUICK: Duration = Duration::from_secs(20);

/// `levels` fragments, each of which spreads the next one `width` times.
fn bomb(levels: usize, width: usize, spread: bool) -> String {
    let start = if spread {
        "{ tasks { nodes { ...f0 } } }"
    } else {
        "{ viewer { tenantId } }"
    };
    let mut document = start.to_owned();
    for at in 0..levels {
        let next = format!("...f{} ", at + 1).repeat(width);
        document.push_str(&format!(" fragment f{at} on Task {{ {next} }}"));
    }
    document + &format!(" fragment f{levels} on Task {{ id }}")
}

/// The code of the refusal, or nothing for an answer, on POST and on a WebSocket; both must be quick.
async fn outcome(app: &TestApp, document: &str) -> Option<String> {
    let start = Instant::now();
    let answer = app.graphql(document, json!({})).await;
    let code = answer.body.get("errors").map(|_| coded(&answer).to_owned());
    let mut socket = app.socket().await;
    socket.subscribe("1", document, json!({})).await;
    let frame = socket.frame().await.expect("the server closed");
    let errors = if frame["type"] == "error" {
        &frame["payload"]
    } else {
        &frame["payload"]["errors"]
    };
    assert_eq!(
        errors[0]["extensions"]["code"].as_str(),
        code.as_deref(),
        "{frame:#}"
    );
    assert!(
        start.elapsed() < QUICK,
        "{} took {:?}",
        &document[..document.len().min(200)],
        start.elapsed()
    );
    code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_that_grow_exponentially_are_refused_quickly() {
    let app = still(Stack::Sqlite).await;
    for levels in [5, 8, 12, 16, 20, 25, 30] {
        for width in 2..=4_usize {
            let fields = width.saturating_pow(u32::try_from(levels).unwrap());
            let code = outcome(&app, &bomb(levels, width, true)).await;
            if fields > 2_000 {
                assert_eq!(code.as_deref(), Some("QUERY_TOO_COMPLEX"), "{levels} {width}");
            } else {
                assert!(
                    code.is_none() || code.as_deref() == Some("QUERY_TOO_COMPLEX"),
                    "{levels} {width}: {code:?}"
                );
            }
            // Nobody spreads them: that alone is against the rules.
            let code = outcome(&app, &bomb(levels, width, false)).await;
            assert!(code.is_some(), "{levels} {width}");
        }
    }
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_in_a_circle_are_refused() {
    let app = still(Stack::Sqlite).await;
    for (start, circle) in [
        ("...a", "fragment a on Task { ...a }"),
        ("...a ...a ...a", "fragment a on Task { id ...a ...a ...a }"),
        ("...a", "fragment a on Task { ...b } fragment b on Task { ...a }"),
        (
            "...a",
            "fragment a on Task { ...b ...b } fragment b on Task { ...c ...c } fragment c on Task { ...a ...a id }",
        ),
        ("...a", "fragment a on Task { steps { task { ...a } } }"),
        (
            "...a",
            "fragment a on Task { steps { task { ...b ...b } } } fragment b on Task { steps { task { ...a ...a } } }",
        ),
        ("...a", "fragment a on Task { ... on Task { ... { ...a } } }"),
        ("id", "fragment a on Task { ...a }"),
        (
            "id",
            "fragment a on Task { steps { task { ...b } } } fragment b on Task { ...a ...a ...a }",
        ),
    ] {
        let code = outcome(&app, &format!("{{ tasks {{ nodes {{ {start} }} }} }} {circle}")).await;
        assert!(
            matches!(
                code.as_deref(),
                Some("GRAPHQL_VALIDATION_FAILED" | "QUERY_TOO_COMPLEX")
            ),
            "{circle}: {code:?}"
        );
    }
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_of_fragments_are_as_deep_as_nesting() {
    let app = still(Stack::Sqlite).await;
    let link = |at: usize, inner: &str| {
        format!(
            " fragment f{at} on Task {{ {} }}",
            inner.replace('@', &format!("...f{}", at + 1))
        )
    };
    let inline = format!("{}@{}", "...{".repeat(55), "}".repeat(55));
    let nested = format!("{}@{}", "steps{task{".repeat(25), "}}".repeat(25));
    for (links, inner) in [(560, "@"), (30, inline.as_str()), (30, nested.as_str())] {
        for spread in ["...f0", "id"] {
            let mut document = format!("{{ tasks {{ nodes {{ {spread} }} }} }}");
            document.extend((0..links).map(|at| link(at, inner)));
            document.push_str(&format!(" fragment f{links} on Task {{ id }}"));
            let code = outcome(&app, &document).await;
            assert_eq!(
                code.as_deref(),
                Some("QUERY_TOO_COMPLEX"),
                "{links} times {inner} from {spread}"
            );
        }
    }
    let usual = "{ tasks { nodes { ...a } } } fragment a on Task { steps { ...b } } fragment b on Step { agent { ...c } } \
        fragment c on Agent { name }";
    assert_eq!(outcome(&app, usual).await, None);
    answers(&app).await;
}

/// A plan of 40 steps, asked for around and around: the document is small, the answer would not be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_answer_may_hold_is_bounded() {
    let app = TestApp::start(Stack::Sqlite).await;
    let items: Vec<String> = (0..40).map(|at| format!("- Write page {at}")).collect();
    let id = app.submit("ada", &items.join("\n")).await;
    app.finished(&id).await;
    let around = |rounds: usize| {
        let (open, close) = ("steps { task { ".repeat(rounds), " } }".repeat(rounds));
        format!("{{ task(id: \"{id}\") {{ {open} id {close} }} }}")
    };
    assert_eq!(outcome(&app, &around(1)).await, None);
    for rounds in [3, 4, 5] {
        assert_eq!(
            outcome(&app, &around(rounds)).await.as_deref(),
            Some("QUERY_TOO_COMPLEX"),
            "{rounds} rounds"
        );
    }
    answers(&app).await;
}
