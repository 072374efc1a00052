//! The final answer of a step: what was asked, what there is to go on, and what follows from it.

use super::{
    compared, findings,
    findings::closed,
    shape::Shape,
    situation::Situation,
    wording::{body, condensed, key_points},
};

/// Heading of the part that later steps are shown.
pub(super) const CONCLUSION: &str = "### Conclusion";

const DISCLAIMER: &str =
    "_Written by the offline model, which organises what it is given and knows nothing else._";
const BEYOND: &str = "_A language model would add";

/// Earlier results, memories or notes that the conclusion speaks of; the parts above name all.
const MAX_CONCLUDED: usize = 4;

const MAX_POINTS: usize = 5;

/// Whether a line is what the model says of itself rather than of its step.
pub(super) fn is_disclaimer(line: &str) -> bool {
    line == DISCLAIMER || line.starts_with(BEYOND)
}

/// The report of a step, as Markdown.
pub(super) fn write(situation: &Situation) -> String {
    let shape = Shape::of(situation);
    let step = &situation.step;
    let title = if step.title.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", condensed(&step.title, 120))
    };
    let mut parts = vec![
        DISCLAIMER.to_owned(),
        format!("## {}{title}", shape.heading()),
        format!("**Asked:** {}", closed(&condensed(&step.own_words(), 400))),
    ];
    parts.extend(
        situation
            .said_since
            .iter()
            .map(|said| format!("**Said since:** {}", closed(&condensed(said, 300)))),
    );
    let outcomes = situation
        .outcomes
        .iter()
        .map(|outcome| findings::sentence(outcome, 600));
    push_list(&mut parts, "### What the tools returned", outcomes);
    let results = step.results.iter().map(|result| {
        let agent = if result.agent.is_empty() {
            String::new()
        } else {
            format!(" ({})", result.agent)
        };
        format!(
            "**{}**{agent}: {}",
            condensed(&result.title, 120),
            told(&result.output, 320)
        )
    });
    push_list(&mut parts, "### Builds on", results);
    push_list(
        &mut parts,
        "### Recalled memories",
        step.memories.iter().map(|memory| told(memory, 240)),
    );
    let notes = step
        .notes
        .iter()
        .map(|(name, content)| format!("**{name}**: {}", closed(&condensed(content, 240))));
    push_list(&mut parts, "### Notes of the task", notes);
    let named = push_shaped(&mut parts, shape, situation);
    parts.push(format!("{CONCLUSION}\n\n{}", conclusion(situation, named)));
    parts.push(format!("{BEYOND} {}._", shape.beyond()));
    parts.join("\n\n")
}

fn push_list(parts: &mut Vec<String>, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if !items.is_empty() {
        parts.push(format!("{heading}\n\n{}", items.join("\n")));
    }
}

/// The part that depends on the kind of text; what it adds to the conclusion, if anything.
fn push_shaped(parts: &mut Vec<String>, shape: Shape, situation: &Situation) -> Option<String> {
    let material = material(situation);
    match shape {
        Shape::Findings => None,
        Shape::Analysis | Shape::Review => {
            let own = [situation.step.task.clone()];
            let texts = if material.is_empty() { &own[..] } else { &material };
            push_list(parts, "### Key points", key_points(texts, MAX_POINTS).into_iter());
            None
        }
        Shape::Comparison => {
            let step = &situation.step;
            let options = compared::options(&[&step.own_words(), &step.title, &step.task], &material);
            let lines = options.iter().map(|option| match option.mentions {
                0 => format!("**{}**: the material does not mention it.", option.name),
                1 => format!("**{}**: {}", option.name, closed(&option.first)),
                more => format!("**{}** ({more} mentions): {}", option.name, closed(&option.first)),
            });
            push_list(parts, "### Options", lines);
            let counted: Vec<String> = options
                .iter()
                .map(|option| format!("{} in {}", option.name, option.mentions))
                .collect();
            (!counted.is_empty()).then(|| {
                format!(
                    "Of the sentences at hand, these mention an option: {}; that shows where there is material, \
                     not which is better.",
                    counted.join(", ")
                )
            })
        }
        Shape::Draft => {
            parts.push(format!("### Draft\n\n{}", draft(situation)));
            None
        }
    }
}

/// A text of paragraphs, one for each input.
fn draft(situation: &Situation) -> String {
    let step = &situation.step;
    let subject = if step.task.trim().is_empty() {
        &step.instructions
    } else {
        &step.task
    };
    let mut paragraphs = vec![format!(
        "This text answers the request: {}",
        closed(&condensed(subject, 240))
    )];
    let results = step.results.iter();
    paragraphs.extend(results.map(|result| {
        format!(
            "*{}.* {}",
            condensed(&result.title, 120),
            told(&result.output, 600)
        )
    }));
    let found: Vec<String> = situation
        .outcomes
        .iter()
        .filter(|outcome| !outcome.failed)
        .map(|outcome| findings::sentence(outcome, 300))
        .collect();
    if !found.is_empty() {
        paragraphs.push(found.join(" "));
    }
    paragraphs.extend(
        step.memories
            .first()
            .map(|memory| format!("From earlier work: {}", told(memory, 240))),
    );
    paragraphs.join("\n\n")
}

fn conclusion(situation: &Situation, named: Option<String>) -> String {
    let step = &situation.step;
    let mut said: Vec<String> = situation
        .outcomes
        .iter()
        .map(|outcome| findings::sentence(outcome, 240))
        .collect();
    let results = step.results.iter().take(MAX_CONCLUDED);
    said.extend(results.map(|result| {
        format!(
            "From “{}”: {}",
            condensed(&result.title, 80),
            told(&result.output, 200)
        )
    }));
    if step.results.len() > MAX_CONCLUDED {
        said.push(format!(
            "{} more results are listed above.",
            step.results.len() - MAX_CONCLUDED
        ));
    }
    said.extend(
        step.memories
            .first()
            .map(|memory| format!("A recalled memory says: {}", told(memory, 200))),
    );
    said.extend(named);
    if said.is_empty() {
        let asked = closed(&condensed(&step.own_words(), 200));
        return format!(
            "Nothing but the assignment itself is at hand, with no tool result, earlier result or memory to draw on: \
             {asked}"
        );
    }
    said.join(" ")
}

/// What an earlier output comes to, in a line or two.
fn told(output: &str, most: usize) -> String {
    let digest = condensed(&body(output), most);
    if digest.is_empty() {
        "it has no text.".to_owned()
    } else {
        closed(&digest)
    }
}

/// Everything that was brought in, for key points and comparisons.
fn material(situation: &Situation) -> Vec<String> {
    let step = &situation.step;
    let results = step.results.iter().map(|result| body(&result.output));
    let notes = step.notes.iter().map(|(_, content)| content.clone());
    results
        .chain(step.memories.iter().map(|memory| body(memory)))
        .chain(notes)
        .chain(findings::texts(situation))
        .collect()
}
