//! Which option the stated numbers speak for, criterion by criterion.

use std::collections::BTreeMap;

use super::{
    quantities::{FREE, Measure, Quantity, quantities},
    wording::enumerated,
};

const MAX_CRITERIA: usize = 3;

/// Words that ask for the least or the most of something.
const LEAST: [&str; 8] = [
    "lowest", "least", "smallest", "shortest", "fewest", "lightest", "nearest", "minim",
];
const MOST: [&str; 8] = [
    "highest", "most", "largest", "biggest", "longest", "heaviest", "farthest", "maxim",
];

/// An option and what is known of it.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) known: Vec<String>,
}

/// A sentence for each thing that is measured of all options in the same unit, once each. `task` may say which end
/// is wanted where that is not plain.
pub(super) fn verdicts(candidates: &[Candidate], task: &str) -> Vec<String> {
    if candidates.len() < 2 {
        return Vec::new();
    }
    let measured: Vec<BTreeMap<usize, Quantity>> = candidates.iter().map(measured_once).collect();
    let mut units: Vec<usize> = measured
        .iter()
        .flat_map(|quantities| quantities.keys().copied())
        .collect();
    units.sort_unstable();
    units.dedup();
    // What is free has a price in every currency.
    let is_only_free = units.iter().all(|unit| *unit == FREE);
    let mut chosen: Vec<&str> = Vec::new();
    let mut verdicts = Vec::new();
    for unit in units.into_iter().filter(|unit| *unit != FREE || is_only_free) {
        let values: Option<Vec<(&str, &Quantity)>> = candidates
            .iter()
            .zip(&measured)
            .map(|(candidate, quantities)| {
                let quantity = quantities.get(&unit).or_else(|| quantities.get(&FREE))?;
                Some((candidate.name.as_str(), quantity))
            })
            .collect();
        let Some(values) = values else { continue };
        // A free option has no other measure than its price.
        let of_unit = values.iter().find(|(_, quantity)| quantity.unit == unit);
        let Some(measure) = of_unit.map(|(_, quantity)| quantity.measure()) else {
            continue;
        };
        let is_mixed = values.iter().any(|(_, quantity)| quantity.measure() != measure);
        if is_mixed || verdicts.len() == MAX_CRITERIA {
            continue;
        }
        let (verdict, first) = ranked(values, measure, task);
        verdicts.push(verdict);
        chosen.extend(first);
    }
    if chosen.windows(2).any(|pair| pair[0] != pair[1]) {
        verdicts
            .push("The criteria disagree, so the choice depends on which of them matters more.".to_owned());
    }
    verdicts
}

/// The quantities of an option by unit, without units it has several values of.
fn measured_once(candidate: &Candidate) -> BTreeMap<usize, Quantity> {
    let mut all: BTreeMap<usize, Vec<Quantity>> = BTreeMap::new();
    for quantity in candidate.known.iter().flat_map(|text| quantities(text)) {
        let known = all.entry(quantity.unit).or_default();
        if !known.iter().any(|known| known.value == quantity.value) {
            known.push(quantity);
        }
    }
    let once = all.into_iter().filter(|(_, quantities)| quantities.len() == 1);
    once.filter_map(|(unit, mut quantities)| Some((unit, quantities.pop()?)))
        .collect()
}

/// The sentence on one criterion, and the option it speaks for.
fn ranked<'a>(
    mut values: Vec<(&'a str, &Quantity)>,
    measure: Measure,
    task: &str,
) -> (String, Option<&'a str>) {
    let name = measure.name();
    let less_is_better = measure.less_is_better().or_else(|| wanted(task));
    values.sort_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
    if less_is_better == Some(false) {
        values.reverse();
    }
    let told: Vec<String> = values
        .iter()
        .map(|(option, quantity)| format!("{option} ({})", quantity.shown))
        .collect();
    let best: Vec<String> = values
        .iter()
        .take_while(|(_, quantity)| quantity.value == values[0].1.value)
        .map(|(option, _)| (*option).to_owned())
        .collect();
    let rest = enumerated(&told[best.len()..]);
    match less_is_better {
        _ if rest.is_empty() => (
            format!(
                "By {name} {} are level ({}).",
                enumerated(&best),
                values[0].1.shown
            ),
            None,
        ),
        None => {
            let (least, most) = (&told[0], &told[told.len() - 1]);
            (format!("By {name} the options go from {least} to {most}."), None)
        }
        Some(_) if best.len() > 1 => (
            format!(
                "By {name} {} are level ({}), before {rest}.",
                enumerated(&best),
                values[0].1.shown
            ),
            None,
        ),
        Some(_) => (
            format!("By {name} the choice is {}, before {rest}.", told[0]),
            Some(values[0].0),
        ),
    }
}

/// Whether the task asks for the least (true) or the most of what is measured.
fn wanted(task: &str) -> Option<bool> {
    let lower = task.to_lowercase();
    let asks = |words: &[&str]| {
        let mut all = lower.split(|c: char| !c.is_alphanumeric());
        all.any(|word| words.iter().any(|start| word.starts_with(start)))
    };
    match (asks(&LEAST), asks(&MOST)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}
