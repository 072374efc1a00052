//! Chooses the agent of a step by the stems its role lists.

use crate::agents::role::AgentRole;

use super::lexicon::Grammar;
use super::text::{Word, is_cjk, words};

/// Words of a step that are looked at: what it asks for is said early.
const LOOK_AT: usize = 40;

/// Name of the agent whose keywords fit best; the verb that leads counts double, and being named counts most.
/// Without a hit the words of the descriptions decide, and then the order of the agents. Empty without agents.
pub(super) fn assign<'a>(text: &str, agents: &'a [AgentRole], grammar: &Grammar) -> &'a str {
    let mut said = words(text);
    said.truncate(LOOK_AT);
    let verb = said
        .iter()
        .take(4)
        .position(|word| grammar.is_verb(word))
        .unwrap_or(0);
    let best = |score: &dyn Fn(&AgentRole) -> usize| {
        let mut best: Option<(usize, &'a AgentRole)> = None;
        for agent in agents {
            let score = score(agent);
            if score > best.map_or(0, |(highest, _)| highest) {
                best = Some((score, agent));
            }
        }
        best.map(|(_, agent)| agent.name.as_str())
    };
    best(&|agent| by_keywords(agent, text, &said, verb))
        .or_else(|| best(&|agent| by_description(agent, &said)))
        .or_else(|| agents.first().map(|agent| agent.name.as_str()))
        .unwrap_or_default()
}

fn by_keywords(agent: &AgentRole, text: &str, said: &[Word<'_>], verb: usize) -> usize {
    let name = agent.name.replace('_', " ");
    let named = said
        .iter()
        .any(|word| word.lower == agent.name || word.lower == name);
    let weight = |rank: usize| 12_usize.saturating_sub(rank).max(3);
    let of_word = |at: usize, word: &Word<'_>| {
        let hits = agent
            .keywords
            .iter()
            .enumerate()
            .filter(|(_, stem)| fits(&word.lower, stem));
        hits.map(|(rank, _)| weight(rank)).max().unwrap_or(0) * if at == verb { 2 } else { 1 }
    };
    let unspaced: usize = agent
        .keywords
        .iter()
        .enumerate()
        .filter(|(_, stem)| stem.starts_with(is_cjk) && text.contains(stem.as_str()))
        .map(|(rank, _)| weight(rank))
        .sum();
    let sums = said.iter().any(|word| is_sum(&word.lower));
    let computes = agent
        .keywords
        .iter()
        .any(|stem| stem == "calculat" || stem == "comput");
    let spaced: usize = said.iter().enumerate().map(|(at, word)| of_word(at, word)).sum();
    spaced + unspaced + 40 * usize::from(named) + 30 * usize::from(sums && computes)
}

/// Short stems are whole words: `api` is not in "apiary", but is in "APIs".
fn fits(word: &str, stem: &str) -> bool {
    let Some(rest) = word.strip_prefix(stem).filter(|_| !stem.is_empty()) else {
        return false;
    };
    stem.chars().count() > 3 || rest.is_empty() || rest == "s"
}

fn by_description(agent: &AgentRole, said: &[Word<'_>]) -> usize {
    let description = words(&agent.description);
    let alike = |word: &Word<'_>| {
        let stem: String = word.lower.chars().take(5).collect();
        stem.chars().count() == 5 && description.iter().any(|other| other.lower.starts_with(&stem))
    };
    said.iter().filter(|word| alike(word)).count()
}

/// `12*7`, `2^31-1`: digits on both sides of an operator.
fn is_sum(word: &str) -> bool {
    word.as_bytes().windows(3).any(|part| {
        part[0].is_ascii_digit() && part[2].is_ascii_digit() && matches!(part[1], b'*' | b'+' | b'/' | b'^')
    })
}
