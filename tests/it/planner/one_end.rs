//! Plans of tasks whose result has a form: one step writes it.

use agent_orchestrator::{
    domain::plan::{MAX_PLAN_STEPS, PlanDraft, StepDraft},
    planner::with_one_end,
};

fn plan(steps: &[(&str, &[&str])]) -> PlanDraft {
    let step = |(key, depends_on): &(&str, &[&str])| StepDraft {
        key: (*key).to_owned(),
        title: format!("do {key}"),
        instructions: "do it".to_owned(),
        agent: "writer".to_owned(),
        depends_on: depends_on.iter().map(|key| (*key).to_owned()).collect(),
    };
    PlanDraft {
        summary: "by hand".to_owned(),
        steps: steps.iter().map(step).collect(),
    }
}

fn ends(plan: &PlanDraft) -> Vec<&str> {
    let is_needed = |key: &String| plan.steps.iter().any(|step| step.depends_on.contains(key));
    let keys = plan.steps.iter().map(|step| &step.key);
    keys.filter(|key| !is_needed(key)).map(String::as_str).collect()
}

#[test]
fn one_last_step_stays_as_it_is() {
    for steps in [
        &[("a", &[][..])][..],
        &[("a", &[]), ("b", &["a"])],
        &[("b", &["a"]), ("a", &[])],
    ] {
        assert_eq!(with_one_end(plan(steps)), plan(steps));
    }
}

#[test]
fn several_are_put_together_by_one_more() {
    let whole = with_one_end(plan(&[("result", &[]), ("b", &[]), ("c", &["b"])]));
    assert_eq!(ends(&whole), ["resultx"]);
    assert_eq!(whole.steps[3].depends_on, ["result", "c"]);
    assert_eq!(whole.validate(|agent| agent == "writer"), Ok(()));
}

#[test]
fn a_full_plan_stays_within_its_size() {
    let keys: Vec<String> = (0..MAX_PLAN_STEPS).map(|at| format!("s{at}")).collect();
    let steps: Vec<(&str, &[&str])> = keys.iter().map(|key| (key.as_str(), &[][..])).collect();
    let whole = with_one_end(plan(&steps));
    assert_eq!((whole.steps.len(), ends(&whole)), (MAX_PLAN_STEPS, vec!["s63"]));
    assert_eq!(whole.validate(|agent| agent == "writer"), Ok(()));
}
