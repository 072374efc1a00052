//! Keeps a plan within the size that is allowed, without dropping a word.

use std::collections::BTreeSet;

use super::graph::RawStep;

/// Merges the surplus of a long plan into its last steps. The first three quarters stay as they are; the rest is
/// shared out over the last quarter in runs of neighbours, which cannot close a circle, because the steps are in an
/// order in which every step comes after those it waits for.
pub(super) fn cap(steps: Vec<RawStep>, most: usize) -> Vec<RawStep> {
    if steps.len() <= most {
        return steps;
    }
    let kept = most * 3 / 4;
    let runs = most - kept;
    let surplus = steps.len() - kept;
    let place = |at: usize| {
        if at < kept {
            at
        } else {
            kept + (at - kept) * runs / surplus
        }
    };
    let mut capped: Vec<RawStep> = Vec::with_capacity(most);
    for (at, step) in steps.into_iter().enumerate() {
        let here = place(at);
        let deps: BTreeSet<usize> = step
            .deps
            .iter()
            .map(|&dep| place(dep))
            .filter(|&dep| dep != here)
            .collect();
        match capped.get_mut(here) {
            None => capped.push(RawStep { deps, ..step }),
            Some(host) => {
                host.details.push(format!("Then: {}", step.body));
                host.details.extend(step.details);
                host.deps.extend(deps);
                host.merged += step.merged + 1;
            }
        }
    }
    capped
}
