//! Reads blocks, sentences and clauses into the graph.

use super::cjk;
use super::clauses::{self, Clause};
use super::connectives::{Link, orders};
use super::graph::Graph;
use super::lexicon::Grammar;
use super::lists::Block;
use super::marks::inline_items;
use super::mood::{Mood, mood};
use super::objects;
use super::order::Condition;
use super::sentences;
use super::text::{has_substance, one_line, words};
use crate::llm::prompt::FROM_EARLIER;

/// What was read: the graph, and what holds for all of its steps.
pub(super) struct Reader<'g> {
    pub(super) grammar: &'g Grammar,
    /// Written without blanks between words.
    pub(super) unspaced: bool,
    /// Names of the agents.
    pub(super) names: Vec<String>,
    pub(super) graph: Graph,
    /// Facts and rules for every step.
    pub(super) context: Vec<String>,
    /// The heading above.
    pub(super) section: Option<String>,
    /// The heading says that what follows is no work ("Background").
    pub(super) only_facts: bool,
    /// The step whose text to work on is being read.
    pub(super) reading_for: Option<usize>,
    /// An ordering word would end that text: there is some of it already, and this is its paragraph's end or another.
    may_resume: bool,
    /// A later sentence of the paragraph asks for work.
    explained: bool,
    /// The last step of this paragraph.
    pub(super) last: Option<usize>,
    /// Steps of the last list, by their numbers.
    pub(super) numbers: Vec<(usize, usize)>,
    /// Conditions of list items, which may name items below.
    pub(super) deferred: Vec<(usize, Condition)>,
    /// Comparisons that need a step for all results: its parts and its words.
    pub(super) comparisons: Vec<(Vec<usize>, String)>,
}

impl<'g> Reader<'g> {
    pub(super) fn new(grammar: &'g Grammar, unspaced: bool, names: Vec<String>) -> Self {
        Self {
            grammar,
            unspaced,
            names,
            graph: Graph::default(),
            context: Vec::new(),
            section: None,
            only_facts: false,
            reading_for: None,
            may_resume: false,
            explained: false,
            last: None,
            numbers: Vec::new(),
            deferred: Vec::new(),
            comparisons: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, blocks: Vec<Block<'_>>) {
        let mut intro: Option<String> = None;
        let mut blocks = blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            let before_list = matches!(blocks.peek(), Some(Block::List { .. }));
            match block {
                Block::Text(text) => intro = self.paragraph(text, before_list),
                Block::Heading(title) => self.heading(title),
                Block::Material(material) => self.material(material),
                Block::List { numbered, items } => {
                    self.list(numbered, items, intro.take().as_deref());
                    self.last = None;
                }
            }
        }
    }

    /// Conditions that may name later steps, and comparisons nobody joined.
    pub(super) fn finish(mut self) -> (Graph, Vec<String>) {
        for (step, condition) in std::mem::take(&mut self.deferred) {
            let Some(other) = self.named(&condition.text, Some(step)) else {
                continue;
            };
            if condition.after {
                self.graph.wait_for(step, other);
            } else {
                self.graph.wait_for(other, step);
            }
        }
        let sinks = self.graph.sinks();
        for (parts, text) in std::mem::take(&mut self.comparisons) {
            if parts.iter().all(|part| sinks.contains(part)) {
                let step = self.step(&text, format!("{text}{FROM_EARLIER}"));
                self.graph.follow(&parts, step);
            }
        }
        (self.graph, self.context)
    }

    fn heading(&mut self, title: &str) {
        if let Some(step) = self.reading_for {
            self.graph.steps[step].details.push(title.to_owned());
            return;
        }
        self.last = None;
        self.section = has_substance(title).then(|| one_line(title));
        self.only_facts = self.is_label(title);
    }

    fn material(&mut self, material: String) {
        match self.reading_for.or(self.graph.steps.len().checked_sub(1)) {
            Some(step) => self.graph.steps[step].details.push(material),
            None => self.context.push(material),
        }
    }

    /// Reads a paragraph. The last sentence before a list is returned: it introduces the list.
    fn paragraph(&mut self, text: &str, before_list: bool) -> Option<String> {
        self.last = None;
        if self.reading_for.is_none()
            && let Some((head, items)) = inline_items(text)
        {
            let items = items
                .into_iter()
                .zip(1..)
                .map(|(text, number)| super::lists::Item::inline(text, number));
            self.list(true, items.collect(), Some(head).filter(|head| !head.is_empty()));
            return None;
        }
        let quoting = self.reading_for.is_some();
        let ranges = sentences::split(text, self.grammar);
        let count = ranges.len();
        let last_verb = ranges
            .iter()
            .rposition(|range| self.begins_with_verb(&text[range.0..range.1]));
        for (at, &(start, end)) in ranges.iter().enumerate() {
            let sentence = &text[start..end];
            self.explained = last_verb.is_some_and(|last| at < last);
            let introduces =
                before_list && at + 1 == count && !sentence.ends_with(['.', '!', '?', '。', '！', '？']);
            if introduces && self.reading_for.is_none() {
                return Some(one_line(sentence));
            }
            self.sentence(sentence);
            // In a paragraph of the text itself, only its beginning may go back to the task.
            self.may_resume &= !quoting;
        }
        self.may_resume |= quoting;
        None
    }

    fn begins_with_verb(&self, sentence: &str) -> bool {
        let first = sentence.split_whitespace().next().unwrap_or_default();
        words(first)
            .first()
            .is_some_and(|word| self.grammar.is_verb(word))
    }

    fn sentence(&mut self, sentence: &str) {
        if let Some(step) = self.reading_for {
            let opening = words(
                sentence
                    .char_indices()
                    .nth(60)
                    .map_or(sentence, |(end, _)| &sentence[..end]),
            );
            let resumes = self.may_resume
                && opening.first().is_some_and(|word| !word.shielded)
                && orders(&opening, 0, self.grammar);
            if !resumes {
                self.graph.steps[step].details.push(sentence.to_owned());
                return;
            }
            self.reading_for = None;
        }
        if self.only_facts {
            self.context.push(one_line(sentence));
            return;
        }
        if self.graph.is_full() {
            let rest = self.step("", sentence.to_owned());
            self.graph.add(rest, Link::Chain);
            return;
        }
        let Some(sentence) = self.after_colon(self.after_greeting(sentence)) else {
            return;
        };
        let mut clauses = if self.unspaced {
            cjk::clauses(sentence)
        } else {
            clauses::clauses(sentence, self.grammar)
        };
        let mut texts: Vec<String> = clauses.iter().map(|clause| clause.text.clone()).collect();
        objects::share_object(&mut texts, self.grammar);
        for (clause, text) in clauses.iter_mut().zip(texts) {
            clause.text = text;
        }
        let mut branch = None;
        for clause in clauses {
            match self.mood(&clause) {
                Mood::Courtesy => {}
                Mood::Work => self.work(&clause, &mut branch),
                Mood::Rule { about_last } | Mood::Fact { about_last } => self.note(clause.text, about_last),
            }
        }
    }

    fn mood(&self, clause: &Clause) -> Mood {
        if clause.asks {
            return Mood::Work;
        }
        if self.unspaced {
            return if cjk::is_rule(&clause.text) {
                Mood::Rule { about_last: false }
            } else {
                Mood::Work
            };
        }
        mood(
            &clause.text,
            &words(&clause.text),
            self.grammar,
            &self.names,
            self.explained,
        )
    }

    fn note(&mut self, text: String, about_last: bool) {
        match self.last.filter(|_| about_last) {
            Some(step) => self.graph.steps[step].details.push(text),
            None if has_substance(&text) => self.context.push(text),
            None => {}
        }
    }

    /// "Hi Bob, please …" from "please" on.
    fn after_greeting<'a>(&self, sentence: &'a str) -> &'a str {
        let opening = sentence
            .char_indices()
            .nth(60)
            .map_or(sentence, |(end, _)| &sentence[..end]);
        let Some((greeting, _)) = opening.split_once(',') else {
            return sentence;
        };
        let said = words(greeting);
        let greets = said
            .first()
            .is_some_and(|word| self.grammar.lexicon.greetings.contains(&&*word.lower));
        if greets && said.len() <= 3 {
            sentence[greeting.len() + 1..].trim_start()
        } else {
            sentence
        }
    }

    /// What a colon means: `Translate: …` takes what follows as its material (`None`: all done here), in
    /// "Build a shop: design it, code it" the head is the goal, in "Task: compare them" it is a label.
    fn after_colon<'a>(&mut self, sentence: &'a str) -> Option<&'a str> {
        let Some(colon) = colon(sentence) else {
            return Some(sentence);
        };
        let (head, tail) = (sentence[..colon].trim(), sentence[colon + 1..].trim());
        let opening = clauses::whole(head, self.grammar).text;
        let said = words(&opening);
        let verb = said.first().filter(|word| self.grammar.is_verb(word));
        let Some(verb) = verb.filter(|_| said.len() <= 25) else {
            let label = said.len() <= 3
                && !orders(&words(head), 0, self.grammar)
                && !self.is_label(head)
                && !tail.is_empty();
            let first = words(tail).into_iter().next();
            let works = first.is_some_and(|word| self.grammar.is_verb(&word)) || tail.ends_with('?');
            return Some(if label && works { tail } else { sentence });
        };
        if self
            .grammar
            .lexicon
            .transform
            .iter()
            .any(|stem| verb.lower.starts_with(stem))
        {
            let step = self.step(&opening, one_line(head) + ":");
            let at = self.graph.add(step, Link::Chain);
            if !tail.is_empty() {
                self.graph.steps[at].details.push(tail.to_owned());
            }
            self.may_resume = !tail.is_empty();
            self.reading_for = Some(at);
            return None;
        }
        let parts = clauses::clauses(tail, self.grammar);
        let is_work = |part: &Clause| {
            words(&part.text)
                .first()
                .is_some_and(|word| self.grammar.is_verb(word))
        };
        if parts.len() > 1 && parts.iter().all(is_work) {
            self.context.push(one_line(head));
            return Some(tail);
        }
        Some(sentence)
    }

    /// A heading or a line such as "Requirements" that stands above facts.
    pub(super) fn is_label(&self, title: &str) -> bool {
        let said = words(title);
        let label = |at: usize| {
            said.get(at)
                .is_some_and(|word| self.grammar.lexicon.labels.contains(&&*word.lower))
        };
        said.len() <= 3 && (label(0) || label(said.len().saturating_sub(1)))
    }
}

/// Where the first colon outside of quotes stands that ends a word.
fn colon(sentence: &str) -> Option<usize> {
    let shields = super::text::shields(sentence);
    sentence.match_indices(':').map(|(at, _)| at).find(|&at| {
        let open = sentence[at + 1..].chars().next().is_none_or(char::is_whitespace);
        open && !shields.iter().any(|span| span.0 < at && at < span.1)
    })
}
