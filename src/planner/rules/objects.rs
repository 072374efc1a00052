//! Several objects of one verb, and several verbs of one object.

use super::lexicon::{Grammar, phrase_at};
use super::text::{Word, is_cjk, is_mark, words};

/// Longer lists are data, to be looked at by one agent.
const MOST_PARTS: usize = 32;

/// A verb spread over its objects.
#[derive(Debug)]
pub(super) struct Fan {
    /// One step each: "Compare Postgres".
    pub parts: Vec<String>,
    /// The results belong side by side: a last step must join them if no other does.
    pub compares: bool,
}

/// Spreads "Compare Postgres, MySQL and SQLite" over its objects. Two objects are enough for a comparison of names;
/// other verbs need three, since "costs and benefits" are one thing to look at.
pub(super) fn fan(text: &str, grammar: &Grammar) -> Option<Fan> {
    let text = text.trim_end_matches(['.', '!', '?', '。']);
    if text.starts_with(is_cjk) {
        return super::cjk::fan(text);
    }
    let all = words(text);
    let verb = all.first()?;
    let stem_of = |stems: &[&str]| stems.iter().any(|stem| verb.lower.starts_with(stem));
    if !stem_of(grammar.lexicon.spread) || !grammar.is_verb(verb) || verb.end >= text.len() {
        return None;
    }
    let compares = stem_of(grammar.lexicon.compare);
    let rest = text[verb.end..].trim_start();
    let rest = ["bitte ", "please "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    let (_, list) = rest
        .split_once(": ")
        .filter(|(head, _)| words(head).len() <= 8)
        .unwrap_or(("", rest));
    let mut items = items(list, grammar).filter(|items| items.len() <= MOST_PARTS)?;
    if items.len() < 3 && !(compares && items.len() == 2 && items.iter().all(|item| is_name(item))) {
        return None;
    }
    let tail = shared_tail(&mut items, grammar);
    let head = shared_head(&mut items, grammar);
    let is_long = |item: &&str| words(item).len() > 5;
    if items
        .iter()
        .any(|item| item.is_empty() || is_long(item) || is_example(item))
    {
        return None;
    }
    let parts = items
        .iter()
        .map(|item| join(&[verb.raw, head, item, tail]))
        .collect();
    Some(Fan { parts, compares })
}

/// "Design the database and the API" as one text for each object, whatever the verb.
pub(super) fn parts(text: &str, grammar: &Grammar) -> Option<Vec<String>> {
    let text = text.trim_end_matches(is_mark);
    let all = words(text);
    let verb = all.first().filter(|verb| grammar.is_verb(verb))?;
    let objects = items(text[verb.end..].trim_start(), grammar).filter(|items| items.len() <= MOST_PARTS)?;
    Some(
        objects
            .iter()
            .map(|object| join(&[verb.raw, object.trim()]))
            .collect(),
    )
}

/// "…, e.g. by quarter" is no object.
fn is_example(item: &str) -> bool {
    words(item).first().is_some_and(|word| {
        matches!(
            &*word.lower,
            "e.g"
                | "i.e"
                | "eg"
                | "ie"
                | "etc"
                | "including"
                | "such"
                | "especially"
                | "z.b"
                | "d.h"
                | "p.ex"
        )
    })
}

fn join(parts: &[&str]) -> String {
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// "A, B and C" as its items; `None` if there is no list in it.
fn items<'a>(list: &'a str, grammar: &Grammar) -> Option<Vec<&'a str>> {
    let all = words(list);
    let mut items = Vec::new();
    let mut start = 0;
    for at in 1..all.len() {
        if all[at].shielded {
            continue;
        }
        let joins = |word: &Word<'_>| {
            grammar.lexicon.and.contains(&&*word.lower)
                || matches!(&*word.lower, "or" | "oder" | "ou" | "o" | "vs" | "versus")
        };
        let comma = list[all[at - 1].end..all[at].start].contains(',');
        if joins(&all[at]) || comma {
            items.push(
                list.get(start..closed_end(list, all[at - 1].end))
                    .unwrap_or_default(),
            );
            start = all[at + usize::from(joins(&all[at]))..].first()?.start;
        }
    }
    items.push(&list[start..]);
    items.retain(|item| !item.trim().is_empty());
    (items.len() > 1).then_some(items)
}

/// The end of an item with the brackets and quotes that close behind its last word: "Postgres (free)".
fn closed_end(list: &str, word_end: usize) -> usize {
    let closing = |c: &char| matches!(c, ')' | ']' | '}' | '"' | '\'' | '”' | '’' | '»');
    word_end
        + list[word_end..]
            .chars()
            .take_while(closing)
            .map(char::len_utf8)
            .sum::<usize>()
}

/// "… and SQLite for a small site": the tail belongs to every object.
fn shared_tail<'a>(items: &mut [&'a str], grammar: &Grammar) -> &'a str {
    let Some(last) = items.last_mut() else { return "" };
    let all = words(last);
    let at = (1..all.len()).find(|&at| grammar.lexicon.prepositions.contains(&&*all[at].lower));
    let Some(at) = at else { return "" };
    let (item, tail) = last.split_at(all[at].start);
    *last = item.trim_end();
    tail
}

/// "the weather in Berlin, Paris and Rome": the head belongs to every object.
fn shared_head<'a>(items: &mut [&'a str], grammar: &Grammar) -> &'a str {
    let Some((first, others)) = items.split_first_mut() else {
        return "";
    };
    let all = words(first);
    let preposition = |word: &Word<'_>| grammar.lexicon.prepositions.contains(&&*word.lower);
    let Some(at) = all.iter().rposition(preposition).filter(|at| at + 1 < all.len()) else {
        return "";
    };
    if others.iter().any(|item| {
        words(item).iter().any(preposition) || phrase_at(&words(item), 0, grammar.lexicon.articles).is_some()
    }) {
        return "";
    }
    let (head, item) = first.split_at(all[at + 1].start);
    *first = item;
    head.trim_end()
}

fn is_name(item: &str) -> bool {
    let all = words(item);
    all.len() <= 3
        && all.first().is_some_and(|word| {
            word.raw
                .starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        })
}

/// Gives verbs that stand alone the object of the verb after them: "Design, build and test the site" is three
/// steps about the site.
pub(super) fn share_object(texts: &mut [String], grammar: &Grammar) {
    let mut following: Option<String> = None;
    for text in texts.iter_mut().rev() {
        let all = words(text);
        if let ([verb], Some(next)) = (all.as_slice(), &following)
            && grammar.is_verb(verb)
            && let Some((_, object)) = next.split_once(' ')
        {
            *text = match object_of(verb, next) {
                Some(purpose) => format!("{} to {purpose}", verb.raw),
                None => format!("{} {object}", verb.raw),
            };
        }
        following = Some(text.trim_end_matches(['.', '!', '?']).to_owned());
    }
}

/// "Research and write a report": the research is for the writing, not of the report.
fn object_of(verb: &Word<'_>, next: &str) -> Option<String> {
    let makes = [
        "write", "draft", "compose", "create", "produce", "make", "prepare",
    ];
    let (first, rest) = next.split_once(' ')?;
    let first = first.to_lowercase();
    let thinks = matches!(&*verb.lower, "research" | "think" | "brainstorm");
    (thinks && makes.contains(&&*first)).then(|| format!("{first} {rest}"))
}
