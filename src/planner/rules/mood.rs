//! Tells what asks for work from what only says how things are or how the work should be.

use super::lexicon::{Grammar, phrase_at};
use super::text::Word;

/// What a clause is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// Asks for work, or a question.
    Work,
    /// Says how the work should be. `about_last`: of what was just said ("keep it short").
    Rule { about_last: bool },
    /// Says how things are.
    Fact { about_last: bool },
    /// A greeting or thanks.
    Courtesy,
}

/// The mood of a clause without ordering words. `names` are those of the agents; `explained` says that the work is
/// asked for in a later sentence, so that a wish ("I need a site. Design it, …") is no work of its own.
pub(super) fn mood(
    text: &str,
    words: &[Word<'_>],
    grammar: &Grammar,
    names: &[String],
    explained: bool,
) -> Mood {
    let lexicon = grammar.lexicon;
    let Some(first) = words.first() else {
        return Mood::Fact { about_last: true };
    };
    if lexicon.greetings.contains(&&*first.lower) && words.len() <= 6 && !text.contains([':', '?']) {
        return Mood::Courtesy;
    }
    if text.trim_end().ends_with(['?', '？', '؟']) {
        return Mood::Work;
    }
    let about_last = words.iter().take(3).any(|word| {
        matches!(
            &*word.lower,
            "it" | "them"
                | "they"
                | "this"
                | "these"
                | "its"
                | "es"
                | "ihn"
                | "lo"
                | "le"
                | "la"
                | "les"
                | "isto"
                | "isso"
        )
    });
    if phrase_at(words, 0, lexicon.constraints).is_some() && !uses_to_work(words, grammar) {
        return Mood::Rule {
            about_last: about_last || matches!(&*first.lower, "include" | "mention"),
        };
    }
    if words
        .get(1)
        .is_some_and(|word| matches!(&*word.lower, "nothing" | "nobody"))
    {
        return Mood::Rule { about_last: false };
    }
    if answers_in(words) {
        return Mood::Rule { about_last: false };
    }
    let labelled = text[first.end..].starts_with(':') && lexicon.labels.contains(&&*first.lower);
    if labelled {
        return Mood::Fact { about_last: false };
    }
    if grammar.is_verb(first)
        || lexicon.conditional.contains(&&*first.lower) && later_verb(text, words, grammar)
    {
        return Mood::Work;
    }
    if names_agent(words, grammar, names) || lexicon.questions.contains(&&*first.lower) {
        return Mood::Work;
    }
    let about_last = matches!(&*first.lower, "it" | "they" | "this" | "these" | "es" | "it's");
    if wishes(words) {
        return if explained {
            Mood::Fact { about_last: false }
        } else {
            Mood::Work
        };
    }
    let finite = words
        .iter()
        .take(10)
        .skip(1)
        .any(|word| lexicon.finite.contains(&&*word.lower));
    let told = lexicon.english && words.iter().take(4).skip(1).any(|word| is_told(word, grammar));
    if lexicon.subjects.contains(&&*first.lower) && (finite || told || words.len() > 2) {
        return Mood::Fact { about_last };
    }
    if lexicon.prepositions.contains(&&*first.lower) && !later_verb(text, words, grammar) {
        return Mood::Fact { about_last };
    }
    if finite || told {
        Mood::Fact { about_last }
    } else {
        Mood::Work
    }
}

/// "Use the calculator to compute it" is work; "use Rust" is a rule.
fn uses_to_work(words: &[Word<'_>], grammar: &Grammar) -> bool {
    matches!(
        &*words[0].lower,
        "use" | "nutze" | "verwende" | "benutze" | "utilise" | "usa" | "utiliza" | "utilizza"
    ) && words.windows(2).any(|pair| {
        matches!(
            &*pair[0].lower,
            "to" | "um" | "and" | "zu" | "pour" | "para" | "per"
        ) && grammar.is_verb(&pair[1])
    })
}

/// "Answer in German", "reply as JSON".
fn answers_in(words: &[Word<'_>]) -> bool {
    let [first, second, ..] = words else { return false };
    matches!(
        &*first.lower,
        "answer" | "respond" | "reply" | "return" | "format" | "present"
    ) && matches!(
        &*second.lower,
        "in" | "as" | "only" | "with" | "briefly" | "concisely"
    )
}

/// "We need a logo": a wish with no verb of work.
fn wishes(words: &[Word<'_>]) -> bool {
    let [first, second, ..] = words else { return false };
    matches!(&*first.lower, "i" | "we" | "i'd" | "we'd" | "ich" | "wir")
        && matches!(
            &*second.lower,
            "need" | "want" | "like" | "would" | "require" | "brauche" | "brauchen" | "möchte" | "will"
        )
}

/// A verb after a comma: "In the report, mention the cost".
fn later_verb(text: &str, words: &[Word<'_>], grammar: &Grammar) -> bool {
    words.windows(2).any(|pair| {
        let gap = &text[pair[0].end..pair[1].start];
        gap.contains([',', '，']) && grammar.is_verb(&pair[1])
            || matches!(&*pair[0].lower, "then" | "please") && grammar.is_verb(&pair[1])
    })
}

/// "The researcher should find sources".
fn names_agent(words: &[Word<'_>], grammar: &Grammar, names: &[String]) -> bool {
    let named = words.iter().take(3).position(|word| names.contains(&word.lower));
    named.is_some_and(|at| words[at + 1..].iter().take(5).any(|word| grammar.is_verb(word)))
}

/// "Sales dropped", "customers complain", said of someone.
fn is_told(word: &Word<'_>, grammar: &Grammar) -> bool {
    let past = word.lower.ends_with("ed") && grammar.base_form(&word.lower).is_some();
    let third = word
        .lower
        .strip_suffix('s')
        .is_some_and(|base| grammar.is_verb_form(base) && !grammar.is_doubtful(base));
    past || third
        || matches!(
            &*word.lower,
            "complain" | "dropped" | "went" | "came" | "said" | "grew" | "fell" | "rose"
        )
}
