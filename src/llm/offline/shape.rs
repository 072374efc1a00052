//! What kind of text a step wants, told by the words of its role.

use super::situation::Situation;

/// The kinds of report the offline model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// What was found.
    Findings,
    /// Key points of a material.
    Analysis,
    /// Options side by side.
    Comparison,
    /// A text put together from its inputs.
    Draft,
    /// A look over what others made.
    Review,
}

/// Beginnings of words and the shape they ask for.
const SIGNS: [(&str, Shape); 17] = [
    ("analy", Shape::Analysis),
    ("assess", Shape::Analysis),
    ("summar", Shape::Analysis),
    ("recommend", Shape::Comparison),
    ("compar", Shape::Comparison),
    ("decid", Shape::Comparison),
    ("advis", Shape::Comparison),
    ("choos", Shape::Comparison),
    ("writ", Shape::Draft),
    ("draft", Shape::Draft),
    ("compos", Shape::Draft),
    ("edit", Shape::Draft),
    ("review", Shape::Review),
    ("critic", Shape::Review),
    ("verif", Shape::Review),
    ("research", Shape::Findings),
    ("gather", Shape::Findings),
];

impl Shape {
    /// The sign that comes first decides: in the title, else in the role's first sentence, else in the instructions.
    pub(super) fn of(situation: &Situation) -> Self {
        let role = situation.system.split(['.', '\n']).next().unwrap_or_default();
        [situation.step.title.as_str(), role, &situation.step.own_words()]
            .into_iter()
            .find_map(first_sign)
            .unwrap_or(Self::Findings)
    }

    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Analysis => "Analysis",
            Self::Comparison => "Comparison",
            Self::Draft => "Draft",
            Self::Review => "Review",
        }
    }

    /// What a language model would do beyond this.
    pub(super) fn beyond(self) -> &'static str {
        match self {
            Self::Findings => "facts from its own training and their relevance here",
            Self::Analysis => "an interpretation of these points, causes and consequences",
            Self::Comparison => "a weighing of the options by their merits and a reasoned choice",
            Self::Draft => "finished prose in the tone that is asked for",
            Self::Review => "a judgement of correctness and style, with corrections",
        }
    }
}

fn first_sign(text: &str) -> Option<Shape> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.map(str::to_lowercase).find_map(|word| {
        SIGNS
            .iter()
            .find(|(sign, _)| word.starts_with(sign))
            .map(|(_, shape)| *shape)
    })
}
