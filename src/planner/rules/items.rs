//! Reads lists: numbered items follow each other, others stand beside each other, unless words say otherwise.

use super::clauses;
use super::connectives::Link;
use super::graph::RawStep;
use super::lexicon::has_phrase;
use super::lists::Item;
use super::mood::{Mood, mood};
use super::objects::Fan;
use super::order::What;
use super::reader::Reader;
use super::sentences;
use super::text::{one_line, words};

/// Verbs of an introduction that ask for nothing beyond the items.
const GENERIC: &[&str] = &[
    "do", "complete", "perform", "execute", "follow", "take", "work", "handle", "mache", "mach", "machen",
    "fais", "faites", "führe",
];

impl Reader<'_> {
    pub(super) fn list(&mut self, numbered: bool, items: Vec<Item<'_>>, intro: Option<&str>) {
        let intro = intro.map(|line| line.trim_end_matches([':', '：', ' ']));
        if let Some(step) = self.reading_for {
            self.graph.steps[step]
                .details
                .extend(items.iter().map(Item::lines));
            return;
        }
        if self.only_facts || intro.is_some_and(|intro| self.is_label(intro)) {
            self.context.extend(items.iter().map(Item::lines));
            return;
        }
        if let Some(intro) = intro
            && self.one_task(intro, &items)
        {
            return;
        }
        let said = intro.map(words).unwrap_or_default();
        let lexicon = self.grammar.lexicon;
        let sequential =
            (numbered || has_phrase(&said, lexicon.in_order)) && !has_phrase(&said, lexicon.parallel);
        let outer = self.section.clone();
        if let Some(intro) = intro.filter(|_| !self.is_generic(&said)) {
            self.section = Some(intro.to_owned());
        }
        self.numbers.clear();
        let mut started = false;
        for (item, ordinal) in items.into_iter().zip(1..) {
            let usual = if sequential || !started {
                Link::Chain
            } else {
                Link::Parallel
            };
            let number = item.number.unwrap_or(ordinal);
            if let Some(step) = self.item(&item, usual) {
                self.numbers.push((number, step));
                started = true;
            }
        }
        self.section = outer;
    }

    fn item(&mut self, item: &Item<'_>, usual: Link) -> Option<usize> {
        if item.done {
            self.context.push(format!("Already done: {}", item.text));
            return None;
        }
        if self.graph.is_full() {
            let rest = self.step("", item.lines());
            return Some(self.graph.add(rest, Link::Chain));
        }
        let text = one_line(&item.text);
        let (text, declared) = declared(&text);
        let first = sentences::split(text, self.grammar)
            .first()
            .map_or(text, |range| &text[range.0..range.1]);
        let clause = if self.unspaced {
            super::cjk::clauses(first).into_iter().next()?
        } else {
            clauses::whole(first, self.grammar)
        };
        let is_rule = matches!(
            mood(
                &clause.text,
                &words(&clause.text),
                self.grammar,
                &self.names,
                false
            ),
            Mood::Rule { .. }
        );
        if is_rule && !clause.asks {
            self.context.push(item.lines());
            return None;
        }
        let title = if self.unspaced {
            first.to_owned()
        } else {
            clause.text.clone()
        };
        let mut step = self.step(&title, one_line(&item.text));
        step.details = item.details.iter().map(|detail| format!("- {detail}")).collect();
        let link = clause.link.unwrap_or(usual);
        let numbers = match clause
            .condition
            .as_ref()
            .map(|condition| (condition.after, &condition.what))
        {
            Some((true, What::Numbers(numbers))) => self.numbered(numbers),
            _ => self.numbered(&declared),
        };
        if !numbers.is_empty() {
            return Some(self.graph.follow(&numbers, step));
        }
        Some(match clause.condition {
            Some(condition) if condition.what == What::All => self.graph.add(step, Link::Join),
            Some(condition) if condition.what == What::That => self.graph.add(step, Link::Chain),
            Some(condition) => {
                let at = self.graph.add(step, link);
                if !self.graph.is_full() {
                    self.deferred.push((at, condition));
                }
                at
            }
            None => self.graph.add(step, link),
        })
    }

    /// An introduction that is the task, with things instead of actions below it: "Compare: - Postgres - MySQL",
    /// "Write a report about: - costs - risks". Returns whether it was one.
    fn one_task(&mut self, intro: &str, items: &[Item<'_>]) -> bool {
        if self.unspaced {
            return false;
        }
        let clause = clauses::whole(intro, self.grammar);
        let said = words(&clause.text);
        let Some(verb) = said.first().filter(|word| self.grammar.is_verb(word)) else {
            return false;
        };
        let acts = |item: &&Item<'_>| {
            let text = clauses::whole(&item.text, self.grammar).text;
            words(&text)
                .first()
                .is_some_and(|word| self.grammar.is_verb(word))
                || item.text.ends_with('?')
        };
        if self.is_generic(&said) || items.iter().filter(acts).count() * 2 >= items.len() {
            return false;
        }
        let link = clause.link.unwrap_or(Link::Chain);
        let is_any = |stems: &[&str]| stems.iter().any(|stem| verb.lower.starts_with(stem));
        if is_any(self.grammar.lexicon.spread) && items.len() > 1 {
            let parts = items
                .iter()
                .map(|item| format!("{} {}", verb.raw, one_line(&item.text)))
                .collect();
            let names: Vec<String> = items.iter().map(|item| one_line(&item.text)).collect();
            let compares = is_any(self.grammar.lexicon.compare);
            let from = self.graph.steps.len();
            self.spread(
                Fan { parts, compares },
                &format!("{}: {}", clause.text, names.join(", ")),
                link,
            );
            for (step, item) in (from..self.graph.steps.len()).zip(items) {
                self.graph.steps[step].details =
                    item.details.iter().map(|detail| format!("- {detail}")).collect();
            }
        } else {
            let details = items.iter().map(Item::lines).collect();
            let open = said
                .last()
                .is_some_and(|word| self.grammar.lexicon.prepositions.contains(&&*word.lower));
            let names: Vec<String> = items
                .iter()
                .take(8)
                .filter(|_| open)
                .map(|item| one_line(&item.text))
                .collect();
            let title = format!("{} {}", clause.text, names.join(", "));
            let step = RawStep {
                details,
                ..self.step(&title, format!("{intro}:"))
            };
            self.graph.add(step, link);
        }
        true
    }

    fn is_generic(&self, said: &[super::text::Word<'_>]) -> bool {
        let verb = said.iter().find(|word| self.grammar.is_verb(word));
        verb.is_some_and(|verb| GENERIC.contains(&&*verb.lower))
    }
}

/// The item without a closing "(after 1 and 2)" or "(depends on step 3)", and the numbers in it.
fn declared(text: &str) -> (&str, Vec<usize>) {
    let none = (text, Vec::new());
    let Some(open) = text.rfind('(').filter(|_| text.ends_with(')')) else {
        return none;
    };
    let inside = text[open + 1..].to_lowercase();
    let said = ["after ", "depends on ", "requires ", "needs ", "nach "]
        .iter()
        .any(|word| inside.starts_with(word));
    let numbers: Vec<usize> = words(&inside)
        .iter()
        .filter_map(|word| word.lower.parse().ok())
        .collect();
    if !said || numbers.is_empty() {
        return none;
    }
    (text[..open].trim_end(), numbers)
}
