//! The rule-based planner: reads a description in words into a graph of steps, with no model and no network.
//!
//! The stages, a file or two each: `text` cleans; `lists` and `marks` cut into blocks; `sentences` and `clauses`
//! cut blocks into clauses; `mood` keeps what asks for work; `connectives` and `order` read how clauses follow each
//! other; `objects` spreads a verb over its objects; `reader`, `items` and `placing` put all of it into the `graph`; `cap`
//! bounds it; `assign`, `title` and `instructions` dress the steps.
//!
//! To add a language: see `lexicon`. To add a rule: the stage whose question it answers, and a case in
//! `tests/it/planner.rs`.

mod assign;
mod cap;
mod cjk;
mod clauses;
mod connectives;
mod graph;
mod instructions;
mod items;
mod lexicon;
mod lists;
mod marks;
mod mood;
mod objects;
mod order;
mod placing;
mod reader;
mod sentences;
mod text;
mod title;

use crate::agents::role::AgentRole;
use crate::domain::plan::{MAX_PLAN_STEPS, MAX_TITLE_CHARS, PlanDraft, StepDraft};

use graph::RawStep;
use instructions::Whole;
use lexicon::Grammar;
use reader::Reader;

/// Turns a description into a plan: the same one for the same words. It passes [`PlanDraft::validate`] with the
/// given agents, provided there is one. The time is linear in the length of the description.
pub fn plan(description: &str, agents: &[AgentRole]) -> PlanDraft {
    let cleaned = text::clean(description);
    let words = cleaned.trim();
    let grammar = Grammar::of(words);
    let names = agents.iter().map(|agent| agent.name.clone()).collect();
    let mut reader = Reader::new(&grammar, cjk::prevails(words), names);
    reader.read(lists::blocks(words));
    let (graph, context) = reader.finish();
    let read = graph.in_order();
    let found: usize = read.iter().map(|step| step.merged + 1).sum();
    let steps = cap::cap(read, MAX_PLAN_STEPS);
    let steps = match steps.as_slice() {
        [] => vec![single(words, first_line(words), agents, &grammar)],
        [step] if step.merged == 0 => vec![single(words, &step.title, agents, &grammar)],
        _ => several(words, &steps, &context, agents, &grammar),
    };
    PlanDraft {
        summary: summary(steps.len(), found),
        steps,
    }
}

fn summary(steps: usize, found: usize) -> String {
    let noun = if steps == 1 { "step" } else { "steps" };
    let mut summary = format!("{steps} {noun} read from the description by rules");
    if found > steps {
        summary.push_str(&format!("; {found} were found, the last ones are merged"));
    }
    summary
}

/// The whole description as one step, in its own words.
fn single(words: &str, named: &str, agents: &[AgentRole], grammar: &Grammar) -> StepDraft {
    let title = title::title(named, MAX_TITLE_CHARS);
    let instructions = if words.is_empty() {
        format!("{}.", title::FALLBACK)
    } else {
        words.to_owned()
    };
    let agent = assign::assign(named, agents, grammar).to_owned();
    StepDraft {
        key: key(0),
        title,
        instructions,
        agent,
        depends_on: Vec::new(),
    }
}

fn several(
    words: &str,
    steps: &[RawStep],
    context: &[String],
    agents: &[AgentRole],
    grammar: &Grammar,
) -> Vec<StepDraft> {
    let whole = Whole::new(words, context, steps.len());
    let titles: Vec<String> = steps
        .iter()
        .map(|step| title::merged(&step.title, step.merged, MAX_TITLE_CHARS))
        .collect();
    let draft = |(at, step): (usize, &RawStep)| {
        let earlier: Vec<&str> = step.deps.iter().map(|&dep| titles[dep].as_str()).collect();
        StepDraft {
            key: key(at),
            title: titles[at].clone(),
            instructions: whole.instructions(step, &titles[at], &earlier),
            agent: assign::assign(&step.title, agents, grammar).to_owned(),
            depends_on: step.deps.iter().map(|&dep| key(dep)).collect(),
        }
    };
    steps.iter().enumerate().map(draft).collect()
}

fn key(at: usize) -> String {
    format!("s{}", at + 1)
}

fn first_line(words: &str) -> &str {
    words
        .lines()
        .find(|line| text::has_substance(line))
        .unwrap_or_default()
}
