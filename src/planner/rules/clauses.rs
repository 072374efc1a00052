//! Cuts a sentence into clauses that each ask for one piece of work.

use super::connectives::{Lead, Link, lead, orders, trail};
use super::graph::MOST;
use super::lexicon::Grammar;
use super::objects;
use super::order::{self, Condition};
use super::text::{Word, one_line, shields, words};

/// One clause of a sentence.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// What is asked for, without ordering words.
    pub text: String,
    /// `None` where no word says.
    pub link: Option<Link>,
    /// An ordering word, an arrow or courtesy says that work is asked for.
    pub asks: bool,
    /// "After X", "before X", read off the clause.
    pub condition: Option<Condition>,
    /// It ends in "in parallel".
    pub trails_parallel: bool,
}

/// Pairs that are one action.
const IDIOMS: &[(&str, &str)] = &[
    ("compare", "contrast"),
    ("copy", "paste"),
    ("search", "replace"),
    ("find", "replace"),
    ("cut", "paste"),
    ("wait", "see"),
    ("try", "find"),
    ("try", "fix"),
    ("track", "trace"),
    ("rank", "file"),
    ("read", "write"),
];

/// The clauses of a sentence, in order.
pub(super) fn clauses(sentence: &str, grammar: &Grammar) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut beside = false;
    for (arrow, segment) in segments(sentence) {
        let all = words(segment);
        let opening = lead(segment, &all, 0, grammar);
        let Some(first) = all.get(opening.at) else {
            continue;
        };
        let rest = &segment[first.start..];
        let (condition, main) = match order::leading(rest, grammar) {
            Some((condition, main)) => (Some(condition), main),
            None => (None, opened(segment, &all, &opening)),
        };
        let at_first = clauses.len();
        for piece in pieces(main, grammar) {
            clauses.push(clause(piece, grammar));
        }
        set_links(&mut clauses[at_first..], &opening, condition);
        // "In parallel: read it; rate it": the words hold for all that follows.
        if at_first == 0 && !arrow {
            beside = opening.link == Some(Link::Parallel);
        } else if beside && let Some(first) = clauses.get_mut(at_first) {
            first.link = first.link.or(Some(Link::Parallel));
        }
        if arrow && let Some(first) = clauses.get_mut(at_first) {
            first.asks = true;
            first.link = first.link.or(Some(Link::Chain));
        }
    }
    match clauses.as_slice() {
        [only] if only.trails_parallel => within(only, grammar),
        _ => clauses,
    }
}

/// "Design the database and the API in parallel": the words are about the objects, not about the step before.
fn within(only: &Clause, grammar: &Grammar) -> Vec<Clause> {
    if let Some(parts) = objects::parts(&only.text, grammar) {
        let link = |at: usize| if at == 0 { None } else { Some(Link::Parallel) };
        let part = |(at, text): (usize, String)| Clause {
            text,
            link: link(at),
            ..only.clone()
        };
        return parts.into_iter().enumerate().map(part).collect();
    }
    let many = words(&only.text)
        .iter()
        .any(|word| matches!(&*word.lower, "both" | "all" | "them" | "these" | "beide" | "alle"));
    vec![Clause {
        link: only.link.filter(|_| !many),
        ..only.clone()
    }]
}

/// One clause of the whole text, for an item of a list.
pub(super) fn whole(text: &str, grammar: &Grammar) -> Clause {
    let all = words(text);
    let opening = lead(text, &all, 0, grammar);
    let rest = all.get(opening.at).map_or(text, |first| &text[first.start..]);
    let (condition, main) = match order::leading(rest, grammar) {
        Some((condition, main)) => (Some(condition), main),
        None => (None, opened(text, &all, &opening)),
    };
    let mut clauses = [clause(main, grammar)];
    set_links(&mut clauses, &opening, condition);
    let [clause] = clauses;
    clause
}

/// The text after its lead; all of it, with any quote or emoji in front, if there was none.
fn opened<'a>(segment: &'a str, words: &[Word<'_>], opening: &Lead) -> &'a str {
    let (Some(first), Some(last)) = (
        words.get(opening.at),
        opening.at.checked_sub(1).and_then(|at| words.get(at)),
    ) else {
        return segment;
    };
    // A quote or bracket that opens right before the first word belongs to it.
    let skipped = first.start;
    let before = &segment[last.end..skipped];
    let kept = before.rfind(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '，'));
    let kept = kept.map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    &segment[skipped - (before.len() - kept)..]
}

fn set_links(clauses: &mut [Clause], opening: &Lead, condition: Option<Condition>) {
    let many = clauses.len() > 1;
    let beside = opening.parallel || opening.link == Some(Link::Parallel);
    let trailing = many
        && clauses
            .last()
            .is_some_and(|last| last.link == Some(Link::Parallel));
    for (at, clause) in clauses.iter_mut().enumerate() {
        if at == 0 {
            clause.link = opening.link.or(clause.link);
            clause.asks |= opening.asks;
        } else if (beside || trailing) && clause.link.is_none() {
            clause.link = Some(Link::Parallel);
        }
    }
    if let (Some(condition), Some(first)) = (condition, clauses.first_mut()) {
        first.asks = true;
        first.condition = Some(condition);
    }
}

fn clause(piece: &str, grammar: &Grammar) -> Clause {
    let all = words(piece);
    let opening = lead(piece, &all, 0, grammar);
    let mut text = opened(piece, &all, &opening);
    let mut link = opening.link;
    let mut trails_parallel = false;
    let rest = words(text);
    if let Some((at, closing)) = trail(&rest, grammar) {
        text = cut_before(text, rest[at].start);
        trails_parallel = link.is_none() && closing == Link::Parallel;
        link = link.or(Some(closing));
    }
    let found = order::leading(text, grammar).or_else(|| order::trailing(text, grammar));
    let (condition, text) = found.map_or((None, text), |(condition, main)| (Some(condition), main));
    let text = one_line(text);
    let beside = text.strip_prefix("while ").filter(|_| grammar.lexicon.english);
    let link = if beside.is_some() {
        Some(Link::Parallel)
    } else {
        link
    };
    let text = base_led(beside.unwrap_or(&text), grammar);
    Clause {
        text,
        link,
        asks: opening.asks || condition.is_some() || link.is_some(),
        condition,
        trails_parallel,
    }
}

/// "Start by analyzing the data" asks to analyze the data.
fn base_led(text: &str, grammar: &Grammar) -> String {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    match grammar
        .base_form(&first.to_lowercase())
        .filter(|_| first.to_lowercase().ends_with("ing"))
    {
        Some(base) if !rest.is_empty() && !rest.contains(',') => format!("{base} {rest}"),
        _ => text.to_owned(),
    }
}

/// Parts between semicolons and arrows, with whether an arrow stands around them.
fn segments(sentence: &str) -> Vec<(bool, &str)> {
    let shields = shields(sentence);
    let mut shield = shields.iter().peekable();
    let mut parts = Vec::new();
    let mut start = 0;
    let mut arrows = false;
    for (at, c) in sentence.char_indices() {
        while shield.peek().is_some_and(|span| span.1 <= at) {
            shield.next();
        }
        if at < start || shield.peek().is_some_and(|span| span.0 <= at) {
            continue;
        }
        let after = &sentence[at..];
        let arrow = match c {
            '→' | '⇒' | '➔' | '➜' | '⟶' => c.len_utf8(),
            '-' | '=' if after.starts_with("->") || after.starts_with("=>") => 2,
            ';' | '；' => c.len_utf8(),
            _ => continue,
        };
        if parts.len() >= MOST {
            break;
        }
        arrows |= !matches!(c, ';' | '；');
        parts.push(&sentence[start..at]);
        start = at + arrow;
    }
    parts.push(&sentence[start..]);
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| (arrows, part))
        .collect()
}

/// Parts of a segment that each begin with an ordering word or a verb of their own.
fn pieces<'a>(text: &'a str, grammar: &Grammar) -> Vec<&'a str> {
    let words = words(text);
    let conditional = words
        .first()
        .is_some_and(|word| grammar.lexicon.conditional.contains(&&*word.lower));
    let mut cutter = Cutter {
        text,
        words: &words,
        grammar,
        first: 0,
        relative: false,
        verbs_cut: false,
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in 1..words.len() {
        cutter.relative |= at > cutter.first + 1 && grammar.lexicon.relative.contains(&&*words[at - 1].lower);
        if conditional || words[at].shielded || at <= cutter.first {
            continue;
        }
        if pieces.len() >= MOST {
            break;
        }
        let Some((next, proper)) = cutter.cuts(at) else {
            continue;
        };
        pieces.push(
            cut_before(text, after_word(text, &words, at))
                .get(start..)
                .unwrap_or_default(),
        );
        start = after_word(text, &words, next);
        cutter.first = proper;
        cutter.relative = false;
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Where the blank before a word is: an opening quote or emoji between them stays with the word.
fn after_word(text: &str, words: &[Word<'_>], at: usize) -> usize {
    let gap = &text[words[at - 1].end..words[at].start];
    gap.rfind(char::is_whitespace)
        .map_or(words[at].start, |blank| words[at - 1].end + blank)
}

struct Cutter<'a, 'w> {
    text: &'a str,
    words: &'w [Word<'a>],
    grammar: &'w Grammar,
    /// First word of the piece being read.
    first: usize,
    /// A subordinate clause was opened in it.
    relative: bool,
    /// A verb has begun a piece before: a list of actions.
    verbs_cut: bool,
}

impl Cutter<'_, '_> {
    /// If the text is to be cut before this word: the first word of the new piece, and the first after its ordering
    /// words.
    fn cuts(&mut self, at: usize) -> Option<(usize, usize)> {
        let gap = &self.text[self.words[at - 1].end..self.words[at].start];
        let comma = gap.contains([',', '，', '–', '—']);
        let and = self.grammar.lexicon.and.contains(&&*self.words[at].lower);
        let verb_at = at + usize::from(and);
        if orders(self.words, verb_at, self.grammar) {
            let opening = lead(self.text, self.words, verb_at, self.grammar);
            let verb = self.words.get(opening.at).is_some_and(|word| self.is_verb(word));
            let sure = opening.link.is_some_and(|link| link != Link::Parallel) && (comma || and);
            return (opening.asks && (verb || sure) && self.words.len() > opening.at)
                .then_some((verb_at, opening.at));
        }
        if self.words[at].lower == "while" && self.grammar.lexicon.english {
            return self
                .words
                .get(at + 1)
                .is_some_and(|word| self.grammar.base_form(&word.lower).is_some())
                .then_some((at, at));
        }
        if !(comma || and) || self.words.get(verb_at).is_none_or(|word| word.shielded) {
            return None;
        }
        let acts = self.is_verb(&self.words[verb_at]) || comma && and && self.continues(verb_at);
        if !acts {
            return None;
        }
        let own_object = self
            .words
            .get(verb_at + 1)
            .is_some_and(|word| self.grammar.lexicon.articles.contains(&&*word.lower));
        let inside = self.relative && !(comma && (and || own_object));
        let row = at == self.first + 1 && (comma || self.verbs_cut) && self.is_verb(&self.words[verb_at]);
        let cuts = self.leads_verb() && !inside && (row || self.is_action(verb_at, at));
        self.verbs_cut |= cuts;
        cuts.then_some((verb_at, verb_at))
    }

    /// An unknown word that ends a row of actions and has an object: "…, post it, and tweet the link".
    fn continues(&self, at: usize) -> bool {
        let lexicon = self.grammar.lexicon;
        let plain = ![lexicon.articles, lexicon.prepositions]
            .iter()
            .any(|list| list.contains(&&*self.words[at].lower));
        let object = self
            .words
            .get(at + 1)
            .is_some_and(|word| matches!(&*word.lower, "the" | "a" | "an" | "it" | "them"));
        self.verbs_cut && plain && object
    }

    fn is_verb(&self, word: &Word<'_>) -> bool {
        let small = !self.grammar.lexicon.nouns_are_capitalised || word.raw.starts_with(char::is_lowercase);
        small && self.grammar.is_verb(word)
    }

    /// Whether the piece before begins with a verb, after its own ordering words.
    fn leads_verb(&self) -> bool {
        let opening = lead(self.text, self.words, self.first, self.grammar);
        self.words
            .get(opening.at)
            .is_some_and(|word| self.grammar.is_verb(word) || self.grammar.base_form(&word.lower).is_some())
    }

    /// Whether the verb at `verb_at`, after the word before `at`, is one and has an object of its own.
    fn is_action(&self, verb_at: usize, at: usize) -> bool {
        let verb = &self.words[verb_at].lower;
        let before = &self.words[at - 1].lower;
        if IDIOMS.contains(&(before, verb)) {
            return false;
        }
        let infinitive =
            at >= 2 && self.words[at - 2].lower == "to" && self.grammar.is_verb(&self.words[at - 1]);
        if infinitive {
            return false;
        }
        if !self.grammar.is_doubtful(verb) {
            return true;
        }
        let Some(object) = self.words.get(verb_at + 1) else {
            return false;
        };
        let gap = &self.text[self.words[verb_at].end..object.start];
        self.verbs_cut && !gap.contains(',') && !self.grammar.lexicon.and.contains(&&*object.lower)
            || self.grammar.lexicon.articles.contains(&&*object.lower)
            || (object
                .raw
                .starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
                && !gap.contains(','))
            || gap.contains(['"', '“', '`', '«'])
    }
}

/// The text before `end`, without what joined it to the rest.
pub(super) fn cut_before(text: &str, end: usize) -> &str {
    text[..end]
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '–' | '—' | '-' | ':'))
}
