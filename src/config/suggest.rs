//! "Did you mean": the nearest known name.

/// What to add to a message about an unknown name: the one that was probably meant, or all there are.
pub(super) fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let nearest = known.clone().map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((distance, nearest)) if distance <= (nearest.len() / 3).clamp(1, 3) => {
            format!("; did you mean `{nearest}`?")
        }
        Some(_) => format!("; known are {}", list(known)),
        None => String::new(),
    }
}

/// Names in back quotes, with commas.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour to get from one name to the
/// other (optimal string alignment), upper and lower case being equal.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.to_lowercase().chars().collect();
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let same = from[i - 1] == to[j - 1];
            let mut best = (last[j] + 1)
                .min(row[j - 1] + 1)
                .min(last[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}
