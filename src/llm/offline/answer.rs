//! The answer itself, by the kind of text a step wants: a part for each kind.
//!
//! An answer comes first from the tools, else from earlier results, else from the words of the task; if none has
//! anything, a line in italics says so, which later steps and lessons leave out.
//! To add a kind: a variant of [`Shape`], its arm in `written`.

use super::{
    assignment::{Given, nothing_stated},
    compared,
    earlier::Earlier,
    findings,
    said::Said,
    shape::Shape,
    situation::Situation,
    wording::{enumerated, key_points},
};
use crate::llm::prose::condensed;

const MAX_POINTS: usize = 5;

/// Earlier results that are told one line each.
const MAX_RESULTS: usize = 8;

/// Sources that are named in the line over their points.
const MAX_NAMED: usize = 3;

/// The blocks of the answer; never none.
pub(super) fn written(
    shape: Shape,
    situation: &Situation,
    earlier: &[Earlier],
    said: &mut Said,
) -> Vec<String> {
    let findings = findings::of(situation);
    let mut blocks = Vec::new();
    match shape {
        Shape::Comparison if compared::written(situation, earlier, said, &mut blocks) => {
            push(&mut blocks, &listed(&fresh(&findings.found, said)));
        }
        Shape::Draft => draft(&mut blocks, situation, earlier, &findings.found, said),
        _ if !findings.found.is_empty() => push(&mut blocks, &listed(&fresh(&findings.found, said))),
        _ => {
            points(&mut blocks, shape, earlier, said);
            given(&mut blocks, situation, said);
        }
    }
    if !findings.asides.is_empty() {
        blocks.push(aside(&findings.asides.join(" ")));
    } else if blocks.is_empty() && situation.step.memories.is_empty() && situation.step.notes.is_empty() {
        blocks.push(aside(&nothing_stated(&situation.step)));
    }
    blocks
}

/// What earlier results come to, as a list under a line that names them.
fn points(blocks: &mut Vec<String>, shape: Shape, earlier: &[Earlier], said: &mut Said) {
    let told: Vec<String> = match earlier {
        [one] => key_points(&one.lines, MAX_POINTS),
        several => several
            .iter()
            .take(MAX_RESULTS)
            .map(|result| result.line(320))
            .collect(),
    };
    let told = fresh(&told, said);
    if told.is_empty() {
        return;
    }
    let sources: Vec<String> = earlier.iter().map(Earlier::source).collect();
    let named = if sources.len() > MAX_NAMED {
        format!("{} earlier results", sources.len())
    } else {
        enumerated(&sources)
    };
    let lead = match shape {
        Shape::Analysis => "Key points of",
        Shape::Review => "To check in",
        _ => "From",
    };
    blocks.push(format!("{lead} {named}:\n\n- {}", told.join("\n- ")));
}

/// A text of paragraphs: each input, what the tools found, what the task states.
fn draft(
    blocks: &mut Vec<String>,
    situation: &Situation,
    earlier: &[Earlier],
    found: &[String],
    said: &mut Said,
) {
    for result in earlier.iter().take(MAX_RESULTS) {
        push(blocks, &said.fresh(&result.line(600)));
    }
    push(blocks, &fresh(found, said).join(" "));
    given(blocks, situation, said);
}

/// What the task states, without what was told already.
fn given(blocks: &mut Vec<String>, situation: &Situation, said: &mut Said) {
    let mut given = Given::of(&situation.step);
    given.statements = fresh(&given.statements, said);
    push(blocks, &given.told());
}

/// One or two sentences as a paragraph, more as a list.
fn listed(sentences: &[String]) -> String {
    match sentences {
        [] | [_] | [_, _] => sentences.join(" "),
        several => format!("- {}", several.join("\n- ")),
    }
}

fn fresh(texts: &[String], said: &mut Said) -> Vec<String> {
    let fresh = texts.iter().map(|text| match findings::memory_label(text) {
        Some((label, rest)) => match said.fresh(rest) {
            told if told.is_empty() => told,
            told => format!("{label}{told}"),
        },
        None => said.fresh(text),
    });
    fresh.filter(|text| !text.is_empty()).collect()
}

fn push(blocks: &mut Vec<String>, block: &str) {
    if !block.is_empty() {
        blocks.push(block.to_owned());
    }
}

/// A line on the answer rather than of it.
pub(super) fn aside(text: &str) -> String {
    format!("_{}_", condensed(text, 600))
}
