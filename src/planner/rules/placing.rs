//! Puts the work a clause asks for into the graph, in the place its words give it.

use super::clauses::Clause;
use super::connectives::Link;
use super::graph::RawStep;
use super::objects;
use super::order::{Condition, What};
use super::reader::Reader;
use super::text::is_mark;
use crate::llm::prompt::ONE_PART;

impl Reader<'_> {
    pub(super) fn work(&mut self, clause: &Clause, branch: &mut Option<usize>) {
        let link = clause.link.unwrap_or(Link::Chain);
        if let Some(condition) = &clause.condition {
            self.last = Some(self.conditional(clause, condition, link));
            *branch = None;
            return;
        }
        if let Some(fan) = objects::fan(&clause.text, self.grammar) {
            self.spread(fan, &clause.text, link);
            *branch = None;
            return;
        }
        let step = self.step(&clause.text, clause.text.clone());
        let at = match (link, *branch) {
            // "Meanwhile, write the guide and then print it": printing waits for the guide only.
            (Link::Chain, Some(open)) => self.graph.follow(&[open], step),
            _ => self.graph.add(step, link),
        };
        *branch = (link == Link::Parallel || link == Link::Chain && branch.is_some()).then_some(at);
        self.last = Some(at);
    }

    fn conditional(&mut self, clause: &Clause, condition: &Condition, link: Link) -> usize {
        let mut step = self.step(&clause.text, clause.text.clone());
        let earlier = match &condition.what {
            What::Numbers(numbers) => self.numbered(numbers),
            What::That | What::All => Vec::new(),
            What::Work(_) | What::Thing => self.named(&condition.text, None).into_iter().collect(),
        };
        match (condition.after, &condition.what, earlier.as_slice()) {
            (true, _, [_, ..]) => self.graph.follow(&earlier, step),
            (false, _, [later, ..]) => self.graph.before(*later, step),
            (true, What::All, []) => self.graph.add(step, Link::Join),
            (true, What::That, []) => self.graph.add(step, link),
            (false, What::That | What::All, []) => self.graph.add(step, Link::BeforeLast),
            (true, What::Work(work), []) => {
                let first = self.step(work, work.clone());
                self.graph.add(first, link);
                self.graph.add(step, Link::Chain)
            }
            (false, What::Work(work), []) => {
                self.graph.add(step, link);
                let second = self.step(work, work.clone());
                self.graph.add(second, Link::Chain)
            }
            (after, What::Thing | What::Numbers(_), []) => {
                // No step is named: the condition stays in the words.
                step = match &condition.whole {
                    Some(whole) => self.step(whole, whole.clone()),
                    None => {
                        let side = if after { "after" } else { "before" };
                        let text = clause.text.trim_end_matches(is_mark);
                        self.step(text, format!("{text} ({side}: {})", condition.text))
                    }
                };
                self.graph.add(step, link)
            }
        }
    }

    /// One step for each part, beside each other.
    pub(super) fn spread(&mut self, fan: objects::Fan, text: &str, link: Link) {
        let mut parts = Vec::new();
        for part in fan.parts {
            let step = self.step(&part, format!("{part}. {ONE_PART}"));
            let link = if parts.is_empty() { link } else { Link::Parallel };
            parts.push(self.graph.add(step, link));
        }
        self.last = parts.last().copied();
        if fan.compares && !self.graph.is_full() {
            self.comparisons.push((parts, text.to_owned()));
        }
    }

    pub(super) fn step(&self, title: &str, body: String) -> RawStep {
        RawStep {
            title: title.to_owned(),
            body,
            section: self.section.clone(),
            ..RawStep::default()
        }
    }

    /// The step that the words name.
    pub(super) fn named(&mut self, text: &str, except: Option<usize>) -> Option<usize> {
        if self.graph.is_full() {
            return None;
        }
        let lexicon = self.grammar.lexicon;
        let is_telling = |word: &str| {
            word.chars().count() > 2
                && ![lexicon.articles, lexicon.prepositions, lexicon.finite]
                    .iter()
                    .any(|list| list.contains(&word))
                && ![
                    "done",
                    "finished",
                    "complete",
                    "completed",
                    "ready",
                    "been",
                    "you",
                    "step",
                ]
                .contains(&word)
        };
        self.graph.find(text, &is_telling, except)
    }

    /// The steps with these numbers in the last list, or in the plan.
    pub(super) fn numbered(&self, numbers: &[usize]) -> Vec<usize> {
        let in_list = |number: usize| {
            self.numbers
                .iter()
                .find(|(given, _)| *given == number)
                .map(|(_, step)| *step)
        };
        let in_plan = |number: usize| {
            number
                .checked_sub(1)
                .filter(|at| self.numbers.is_empty() && *at < self.graph.steps.len())
        };
        numbers
            .iter()
            .filter_map(|&number| in_list(number).or_else(|| in_plan(number)))
            .collect()
    }
}
