//! What no plan may be, whoever made it.

use std::collections::HashSet;

use agent_orchestrator::domain::plan::{MAX_PLAN_STEPS, MAX_TITLE_CHARS, PlanDraft, PlanError, StepDraft};
use proptest::prelude::*;

fn step(key: &str, depends_on: &[&str]) -> StepDraft {
    StepDraft {
        key: key.to_owned(),
        title: format!("do {key}"),
        instructions: "do it".to_owned(),
        agent: "writer".to_owned(),
        depends_on: depends_on.iter().map(|key| (*key).to_owned()).collect(),
    }
}

fn validate(steps: Vec<StepDraft>) -> Result<(), PlanError> {
    PlanDraft {
        summary: "by hand".to_owned(),
        steps,
    }
    .validate(|agent| agent == "writer")
}

fn changed(change: impl FnOnce(&mut StepDraft)) -> Vec<StepDraft> {
    let mut only = step("a", &[]);
    change(&mut only);
    vec![only]
}

fn chain(length: usize) -> Vec<StepDraft> {
    (0..length)
        .map(|at| match at {
            0 => step("s0", &[]),
            _ => step(&format!("s{at}"), &[&format!("s{}", at - 1)]),
        })
        .collect()
}

#[test]
fn sound_plans_pass() {
    for steps in [
        vec![step("a", &[])],
        vec![
            step("a", &[]),
            step("b", &["a"]),
            step("c", &["a"]),
            step("d", &["b", "c"]),
        ],
        // The order of reading need not be that of working.
        vec![step("b", &["a"]), step("a", &[])],
        chain(MAX_PLAN_STEPS),
        changed(|step| step.title = "é".repeat(MAX_TITLE_CHARS)),
    ] {
        assert_eq!(validate(steps.clone()), Ok(()), "{steps:?}");
    }
}

#[test]
fn unsound_plans_are_refused_by_name() {
    let a = || "a".to_owned();
    let cases = [
        (vec![], PlanError::Empty),
        (chain(MAX_PLAN_STEPS + 1), PlanError::TooManySteps(65)),
        (vec![step("a", &[]), step("a", &[])], PlanError::DuplicateKey(a())),
        (vec![step("", &[])], PlanError::Blank(String::new())),
        (
            changed(|step| step.title = " \u{a0}".to_owned()),
            PlanError::Blank(a()),
        ),
        (
            changed(|step| step.instructions = "\n".to_owned()),
            PlanError::Blank(a()),
        ),
        (
            changed(|step| step.title = "x".repeat(MAX_TITLE_CHARS + 1)),
            PlanError::LongTitle(a()),
        ),
        (
            changed(|step| step.agent = "nobody".to_owned()),
            PlanError::UnknownAgent {
                step: a(),
                agent: "nobody".to_owned(),
            },
        ),
        (
            vec![step("a", &["b"])],
            PlanError::UnknownDependency {
                step: a(),
                depends_on: "b".to_owned(),
            },
        ),
        (vec![step("a", &["a"])], PlanError::Cycle(a())),
        (vec![step("a", &["b"]), step("b", &["a"])], PlanError::Cycle(a())),
        (
            vec![
                step("x", &[]),
                step("a", &["x", "c"]),
                step("b", &["a"]),
                step("c", &["b"]),
            ],
            PlanError::Cycle(a()),
        ),
        (
            vec![step("a", &[]), step("b", &["a", "a"])],
            PlanError::DuplicateDependency {
                step: "b".to_owned(),
                depends_on: a(),
            },
        ),
    ];
    for (steps, error) in cases {
        assert_eq!(validate(steps.clone()), Err(error), "{steps:?}");
    }
}

proptest! {
    /// Any graph either has an order in which nothing comes before what it needs, or is refused as a cycle.
    #[test]
    fn an_order_is_found_or_the_cycle_is_named(edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..30)) {
        let edges: HashSet<_> = edges.into_iter().collect();
        let keys: Vec<String> = (0..12).map(|at| format!("s{at}")).collect();
        let steps = (0..12).map(|at| {
            let needs: Vec<&str> =
                edges.iter().filter(|(to, _)| *to == at).map(|(_, from)| keys[*from].as_str()).collect();
            step(&keys[at], &needs)
        });
        let draft = PlanDraft { summary: String::new(), steps: steps.collect() };
        match draft.topological_order() {
            Ok(order) => {
                prop_assert_eq!(order.iter().collect::<HashSet<_>>().len(), 12);
                let place = |step: usize| order.iter().position(|at| *at == step).unwrap();
                prop_assert!(edges.iter().all(|(to, from)| place(*from) < place(*to)));
                prop_assert_eq!(draft.validate(|_| true), Ok(()));
            }
            Err(error) => {
                prop_assert!(matches!(error, PlanError::Cycle(_)));
                prop_assert!(draft.validate(|_| true).is_err());
                prop_assert!(has_cycle(&edges));
            }
        }
    }
}

/// Whether some step reaches itself, found by brute force.
fn has_cycle(edges: &HashSet<(usize, usize)>) -> bool {
    let mut reach = edges.clone();
    for _ in 0..12 {
        let further: Vec<_> = reach
            .iter()
            .flat_map(|(to, via)| {
                edges
                    .iter()
                    .filter(move |(step, _)| step == via)
                    .map(move |(_, from)| (*to, *from))
            })
            .collect();
        reach.extend(further);
    }
    reach.iter().any(|(to, from)| to == from)
}
