//! The answer to a step as a page: a heading, the answer, what it builds on, and a line on who wrote it.

use super::{answer, earlier, said::Said, shape::Shape, situation::Situation};
use crate::llm::{
    gist::Gist,
    prose::{closed, condensed},
};

/// Earlier results, memories and notes that are quoted.
const MAX_RESULTS: usize = 8;
const MAX_MEMORIES: usize = 3;
const MAX_NOTES: usize = 4;

/// The page for a step, as Markdown. Words of others stand in block quotes and what the model says of itself in
/// italics, so that whoever reads on ([`Gist`]) can tell them from the answer.
pub(super) fn write(situation: &Situation) -> String {
    let shape = Shape::of(situation);
    let step = &situation.step;
    let earlier = earlier::told(step);
    let mut said = Said::default();
    let title = match step.title.trim() {
        "" => String::new(),
        title => format!(": {}", condensed(title, 120)),
    };
    let mut parts = vec![format!("## {}{title}", shape.heading())];
    let since = situation.said_since.iter();
    parts.extend(since.map(|text| format!("> **Said since:** {}", closed(&condensed(text, 300)))));
    parts.extend(answer::written(shape, situation, &earlier, &mut said));

    let results: Vec<String> = earlier
        .iter()
        .filter_map(|result| {
            let told = said.fresh(&result.line(320));
            let agent = if result.agent.is_empty() {
                String::new()
            } else {
                format!(" ({})", result.agent)
            };
            (!told.is_empty()).then(|| format!("**{}**{agent}: {told}", condensed(&result.title, 120)))
        })
        .collect();
    parts.extend(quoted("### Builds on", &results, MAX_RESULTS));

    // A memory of the same task repeats its words, which the reader has before him.
    said.note(&step.task);
    let memories: Vec<String> = step
        .memories
        .iter()
        .map(|memory| said.fresh(&condensed(&plain(memory), 240)))
        .filter(|told| !told.is_empty())
        .collect();
    parts.extend(quoted("### Recalled memories", &memories, MAX_MEMORIES));

    let notes: Vec<String> = step
        .notes
        .iter()
        .map(|(name, content)| (name, said.fresh(&condensed(content, 240))))
        .filter(|(_, told)| !told.is_empty())
        .map(|(name, told)| format!("**{name}**: {}", closed(&told)))
        .collect();
    parts.extend(quoted("### Notes of the task", &notes, MAX_NOTES));

    parts.push(format!(
        "_Written by the offline model from what is at hand; a language model would add {}._",
        shape.beyond()
    ));
    parts.join("\n\n")
}

/// A list in a block quote under a heading; None for an empty one.
fn quoted(heading: &str, items: &[String], most: usize) -> Option<String> {
    if items.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = items
        .iter()
        .take(most)
        .map(|item| format!("> - {item}"))
        .collect();
    if let Some(more) = items.len().checked_sub(most).filter(|more| *more > 0) {
        lines.push(format!("> - and {more} more"));
    }
    Some(format!("{heading}\n\n{}", lines.join("\n")))
}

/// A memory in plain lines; as it is if it has none.
fn plain(memory: &str) -> String {
    let gist = Gist::of(memory);
    let lines: Vec<String> = gist.conclusion.into_iter().chain(gist.rest).collect();
    if lines.is_empty() {
        memory.to_owned()
    } else {
        lines.join(" ")
    }
}
