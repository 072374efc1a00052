//! What a finished step leaves to long-term memory: the gist of the task and what the step found, in plain sentences.
//!
//! Text that was recalled in the step is not stored again, also where the output quotes or shortens it: otherwise one
//! wrong memory breeds copies of itself.

mod echo;

use crate::llm::{
    gist::Gist,
    prose::{closed, condensed, sentences},
};
use echo::Known;

/// Longest lesson, in characters.
const MAX_CHARS: usize = 700;

/// Most characters of the task in it.
const MAX_TASK_CHARS: usize = 240;

/// Shortest lesson that is worth keeping, in characters.
const MIN_CHARS: usize = 12;

/// How lines begin that tell what a memory tool returned.
const FROM_MEMORY: [&str; 4] = ["memory on ", "from memory", "recalled", "a recalled memory"];

/// Words of what is true only while it is said.
const PASSING: [&str; 5] = [
    "today is",
    "it is now",
    "the time is",
    "the current time",
    "the current date",
];

/// The lesson of a step, for instance `What is 12*7? 12 * 7 = 84.`; None if its output says nothing that was not
/// recalled. Of an output that says nothing at all the task's words are left: that it was asked can be found later.
pub fn lesson(task: &str, title: &str, output: &str, recalled: &[String]) -> Option<String> {
    let recalled = Known::of(recalled);
    let asked = Known::of(&[task.to_owned(), title.to_owned()]);
    let gist = Gist::of(output);
    let mut findings: Vec<&str> = Vec::new();
    let lines: Vec<String> = gist.conclusion.into_iter().chain(gist.rest).collect();
    let mut says_something = false;
    let mut echoes = lines.iter().any(|line| is_from_memory(line));
    for line in lines.iter().filter(|line| !is_from_memory(line)) {
        for sentence in sentences(line) {
            if is_empty(sentence) || is_passing(sentence) {
                continue;
            }
            if recalled.quoted_in(sentence) {
                echoes = true;
                continue;
            }
            says_something = true;
            if !asked.said_by(sentence) && !findings.contains(&sentence) {
                findings.push(sentence);
            }
        }
    }
    if echoes && !says_something {
        return None;
    }
    let head = head(task, title);
    if findings.is_empty() && recalled.said_by(&head) {
        return None;
    }
    let text = [head.as_str(), &findings.join(" ")].join(" ");
    let text = cut(text.trim());
    (text.chars().count() >= MIN_CHARS).then_some(text)
}

/// The task's words, with the step's title where they do not hold it.
fn head(task: &str, title: &str) -> String {
    let task = closed(&condensed(task, MAX_TASK_CHARS));
    let title = title.trim();
    if title.is_empty() || task.to_lowercase().contains(&title.to_lowercase()) {
        task
    } else {
        closed(&format!("{task} {}", condensed(title, 120)))
    }
}

/// One word is no finding, unless it is a number: `Done.`, but `84.`
fn is_empty(sentence: &str) -> bool {
    let has_number = sentence.contains(char::is_numeric);
    !has_number && echo::tokens(sentence).len() < 2
}

fn is_from_memory(line: &str) -> bool {
    let line = line.to_lowercase();
    FROM_MEMORY
        .iter()
        .any(|start| line.starts_with(start) || line.contains(&format!(": {start}")))
}

fn is_passing(sentence: &str) -> bool {
    let sentence = sentence.to_lowercase();
    PASSING.iter().any(|words| sentence.contains(words))
}

/// At most [`MAX_CHARS`] with the mark of the cut.
fn cut(text: &str) -> String {
    condensed(text, MAX_CHARS - 2)
}
