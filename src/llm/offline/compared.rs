//! Options side by side: what is stated on each, and what the stated numbers speak for.

use super::{
    answer::aside,
    assignment::Given,
    criteria::{Candidate, verdicts},
    earlier::Earlier,
    findings, options,
    said::Said,
    situation::Situation,
};
use crate::llm::{
    gist::Gist,
    prose::{closed, condensed, sentences},
};

/// Statements on one option that are shown.
const MAX_KNOWN: usize = 4;

/// Sentences of one source that are looked through.
const MAX_READ: usize = 500;

/// In front of what a memory says, so that it is told from what was found out.
const FROM_MEMORY: &str = "From memory: ";

/// Beginnings of verbs that ask for other work than comparing.
const WORK: [&str; 17] = [
    "search", "research", "look", "find", "gather", "collect", "recall", "read", "fetch", "summar",
    "describ", "explain", "write", "draft", "review", "analy", "check",
];

const LIMIT: &str = "Without a language model no preference can be derived beyond the stated facts";

/// Writes the comparison; false if the step names nothing to compare.
pub(super) fn written(
    situation: &Situation,
    earlier: &[Earlier],
    said: &mut Said,
    blocks: &mut Vec<String>,
) -> bool {
    let names = options::of(situation);
    if names.is_empty() {
        return false;
    }
    let candidates = candidates(names, situation, earlier, said);
    if let [alone] = candidates.as_slice() {
        blocks.push(on_one(alone));
        return true;
    }
    let step = &situation.step;
    let verdicts = verdicts(&candidates, &format!("{} {}", step.task, step.instructions));
    if !verdicts.is_empty() {
        blocks.push(verdicts.join(" "));
    }
    blocks.push(table(&candidates));
    let nothing_known = candidates.iter().all(|candidate| candidate.known.is_empty());
    let given = Given::of(step);
    let others = given.statements.iter().map(|text| said.fresh(text));
    let others: Vec<String> = others.filter(|text| !text.is_empty()).collect();
    if !others.is_empty() {
        blocks.push(format!("The task also states: {}", others.join(" ")));
    }
    blocks.push(aside(&if nothing_known {
        format!("{LIMIT}, and none are stated.")
    } else {
        format!("{LIMIT}.")
    }));
    true
}

/// What is known of the one option a step is about.
fn on_one(option: &Candidate) -> String {
    match option.known.as_slice() {
        [] => aside(&format!(
            "Nothing is stated about {}, neither in the task nor in what was recalled.",
            option.name
        )),
        [one] => one.clone(),
        several => format!("- {}", several.join("\n- ")),
    }
}

fn table(candidates: &[Candidate]) -> String {
    let mut lines = vec![
        "| Option | What is stated |".to_owned(),
        "| --- | --- |".to_owned(),
    ];
    lines.extend(candidates.iter().map(|candidate| {
        let cells: Vec<String> = candidate
            .known
            .iter()
            .map(|text| cell(text, &candidate.name))
            .collect();
        let told = if cells.is_empty() {
            "–".to_owned()
        } else {
            cells.join(" ")
        };
        format!("| {} | {told} |", candidate.name.replace('|', "/"))
    }));
    lines.join("\n")
}

/// What stands in brackets behind the name, or the whole.
fn cell(text: &str, name: &str) -> String {
    let behind = text.strip_prefix(name).map(str::trim_start);
    let bracketed = behind.and_then(|rest| rest.trim_end_matches('.').strip_prefix('(')?.strip_suffix(')'));
    bracketed.unwrap_or(text).replace('|', "/")
}

/// The options with what the task, the notes, the steps before, the tools and the memories say on them.
fn candidates(
    mut names: Vec<String>,
    situation: &Situation,
    earlier: &[Earlier],
    said: &mut Said,
) -> Vec<Candidate> {
    let step = &situation.step;
    let wanted = names.len();
    // Those of other steps tell where the words on one option end.
    for name in options::beside_each_other(&step.task) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut known: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    let mut told: Vec<Said> = names.iter().map(|_| Said::default()).collect();
    let mut add = |option: usize, text: &str, source: &str| {
        let (_, rest) = findings::memory_label(text).unwrap_or(("", text));
        let rest = rest.trim_start_matches(FROM_MEMORY);
        if known[option].len() < MAX_KNOWN && !told[option].fresh(rest).is_empty() {
            let source = if rest.len() < text.len() {
                FROM_MEMORY
            } else {
                source
            };
            known[option].push(format!("{source}{}", closed(&condensed(rest, 200))));
        }
    };
    for result in earlier {
        let mut of_title = (0..names.len()).filter(|&at| options::mentions(&result.title, &names[at]));
        match (of_title.next(), of_title.next()) {
            (Some(option), None) => {
                let lines = result.lines.iter().take(MAX_KNOWN);
                lines.for_each(|line| add(option, line, ""));
            }
            _ => read(&result.lines, &names, |option, text| add(option, text, "")),
        }
        said.note(&result.line(usize::MAX));
    }
    let own_words = step.own_words();
    let texts = [step.task.as_str(), &own_words]
        .into_iter()
        .chain(step.kept_in_mind());
    let of_task: Vec<String> = texts
        .flat_map(sentences)
        .filter(|sentence| !asks_for_work(sentence))
        .map(str::to_owned)
        .collect();
    read(&of_task, &names, |option, text| add(option, text, ""));
    for sentence in of_task.iter().flat_map(|text| sentences(text)).take(MAX_READ) {
        if names.iter().any(|name| options::mentions(sentence, name)) {
            said.note(sentence);
        }
    }
    let notes: Vec<String> = step.notes.iter().map(|(_, content)| content.clone()).collect();
    read(&notes, &names, |option, text| add(option, text, ""));
    let fetched = findings::texts(situation, &["read_notes", "web_fetch"]);
    read(&fetched, &names, |option, text| add(option, text, ""));
    let lines = |memory: &String| {
        let gist = Gist::of(memory);
        gist.conclusion.into_iter().chain(gist.rest)
    };
    let searched = findings::texts(situation, &["search_memory"]);
    let memories: Vec<String> = step.memories.iter().chain(&searched).flat_map(lines).collect();
    read(&memories, &names, |option, text| {
        add(option, text, FROM_MEMORY);
    });
    for text in known.iter().flatten() {
        said.note(text.trim_start_matches(FROM_MEMORY));
    }
    let pairs = names.into_iter().zip(known).take(wanted);
    pairs.map(|(name, known)| Candidate { name, known }).collect()
}

/// Whether a sentence begins with a verb of work, and so states nothing on what it names.
fn asks_for_work(sentence: &str) -> bool {
    let first = sentence.split(' ').next().unwrap_or_default().to_lowercase();
    WORK.iter().any(|start| first.starts_with(start))
}

fn read(texts: &[String], names: &[String], mut add: impl FnMut(usize, &str)) {
    for sentence in texts.iter().flat_map(|text| sentences(text)).take(MAX_READ) {
        for (option, words) in options::said_on(sentence, names) {
            add(option, &words);
        }
    }
}
