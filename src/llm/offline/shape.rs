//! What kind of text a step wants, told by the words of its role.

use super::{options, situation::Situation};

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
const SIGNS: [(&str, Shape); 27] = [
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
    ("vergleich", Shape::Comparison),
    ("empf", Shape::Comparison),
    ("entscheid", Shape::Comparison),
    ("schreib", Shape::Draft),
    ("fass", Shape::Draft),
    ("比较", Shape::Comparison),
    ("对比", Shape::Comparison),
    ("推荐", Shape::Comparison),
    ("分析", Shape::Analysis),
    ("撰写", Shape::Draft),
];

impl Shape {
    /// The sign that comes first decides: in the title, else in the role's first sentence, else in the instructions.
    /// What is only analysed or found out becomes a comparison where the step asks between options.
    pub(super) fn of(situation: &Situation) -> Self {
        let role = situation.system.split(['.', '\n']).next().unwrap_or_default();
        let own_words = situation.step.own_words();
        let shape = [situation.step.title.as_str(), role, &own_words]
            .into_iter()
            .find_map(first_sign)
            .unwrap_or(Self::Findings);
        let is_open = matches!(shape, Self::Analysis | Self::Findings);
        if is_open && options::are_asked_for(situation) {
            return Self::Comparison;
        }
        shape
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
            Self::Findings => "what it knows",
            Self::Analysis => "an interpretation",
            Self::Comparison => "a weighing of the merits",
            Self::Draft => "finished prose",
            Self::Review => "a judgement",
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
