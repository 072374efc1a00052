//! Errors with their causes, in words.

use agent_orchestrator::domain::causes::in_one_line;

#[derive(Debug, thiserror::Error)]
#[error("{said}")]
struct Fault {
    said: &'static str,
    source: Option<Box<Fault>>,
}

fn line(chain: &[&'static str]) -> String {
    let fault = chain
        .iter()
        .rev()
        .fold(None, |source, said| Some(Box::new(Fault { said, source })));
    in_one_line(fault.unwrap().as_ref())
}

#[test]
fn every_cause_is_said_once() {
    assert_eq!(line(&["a door is shut"]), "a door is shut");
    assert_eq!(
        line(&["no bread", "the shop is shut", "it is Sunday"]),
        "no bread: the shop is shut: it is Sunday"
    );
    assert_eq!(
        line(&[
            "no bread",
            "the shop: shut: it is Sunday",
            "shut: it is Sunday",
            "it is Sunday",
            "sun"
        ]),
        "no bread: the shop: shut: it is Sunday: sun"
    );
    assert_eq!(line(&["refused", "refused"]), "refused");
}
